"""Keeps what is secret in the database unreadable without the key of the home."""

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from service.errors import SettingsError

KEY_FILE = "sealing.key"


class Seal:
    """Encrypts with a key that lies in the home folder and is made when first needed.

    Fernet (AES-128-CBC with HMAC-SHA256) of the package cryptography. Who has a copy of the
    database alone reads nothing; processes that share a database share the key file too.
    """

    def __init__(self, home: Path) -> None:
        self._path = home / KEY_FILE

    def seal(self, text: str) -> str:
        """Encrypt a text."""
        return Fernet(self._key()).encrypt(text.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """Decrypt a text.

        Raises:
            SettingsError: the key of the home is not the one that it was encrypted with.
        """
        try:
            return Fernet(self._key()).decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise SettingsError(
                f"{self._path} is not the key that this was encrypted with; copy the right one "
                "here, or remove the datasource and add it again"
            ) from error

    def _key(self) -> bytes:
        try:
            place = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return self._path.read_bytes().strip()
        key = Fernet.generate_key()
        with os.fdopen(place, "wb") as file:
            file.write(key)
        return key
