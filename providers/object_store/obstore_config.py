"""Options of the `obstore` store, and what they mean to a bucket."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Literal

from obstore import parse_scheme
from obstore.exceptions import BaseError
from pydantic import BaseModel, ConfigDict, Field, SecretStr

TIMEOUTS: Final[Mapping[str, Any]] = {
    "connect_timeout": timedelta(seconds=5),
    "timeout": timedelta(seconds=60),
}
_ALGORITHMS: Final = {"aes256": "AES256", "kms": "aws:kms"}
_COLD_CLASSES: Final = {"s3": "GLACIER_IR", "gcs": "NEARLINE", "azure": "Cool"}
"""Classes that answer at once; those that need hours to bring an object back are not offered."""


class ObstoreConfig(BaseModel):
    """Options of the `obstore` store.

    Without `url` files lie below `data_dir/objects`. With one (`s3://bucket/prefix`,
    `gs://…`, `az://…`) `options` and `secrets` hold the bucket's settings under obstore's
    names (`endpoint`, `region`, `access_key_id`, `secret_access_key`, …).
    `allow_http` is for a server on this machine; `retries` are of one request.

    `encryption` is what each write asks S3 for: `aes256` (the default there), `kms` (with
    `sse_kms_key_id` in `options`, or the bucket's own key) or `none`. `cold_class` names the
    storage class of what is put into cold storage.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path = Path("data")
    url: str | None = None
    options: Mapping[str, str] = Field(default_factory=dict)
    secrets: Mapping[str, SecretStr] = Field(default_factory=dict)
    allow_http: bool = False
    retries: int = Field(default=3, ge=0)
    encryption: Literal["aes256", "kms", "none"] = "aes256"
    cold_class: str | None = None

    @property
    def folder(self) -> Path:
        """Where a local store lies."""
        return self.data_dir / "objects"

    @property
    def cold_attributes(self) -> dict[str, str]:
        """What a write into cold storage carries."""
        name = self.cold_class or _COLD_CLASSES.get(self._scheme, "")
        return {"Storage-Class": name} if name else {}

    def bucket_options(self) -> dict[str, Any]:
        """Return what the bucket is opened with."""
        secrets = {name: value.get_secret_value() for name, value in self.secrets.items()}
        asked = {}
        if self._scheme == "s3" and self.encryption in _ALGORITHMS:
            asked["server_side_encryption"] = _ALGORITHMS[self.encryption]
        return {**asked, **self.options, **secrets}

    @property
    def _scheme(self) -> str:
        try:
            return parse_scheme(self.url) if self.url else "local"
        except BaseError:  # opening the bucket says what is wrong with its address
            return ""
