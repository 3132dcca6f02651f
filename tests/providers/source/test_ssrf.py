"""No address that is not public is reached, by whatever way it is named."""

import ssl
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from providers.source.types import Failed, Fetched, Skipped, SkipReason
from providers.source.web import WebConfig, WebSource
from tests.providers.source.crawls import crawl, only, web
from tests.providers.source.site import Served, serving
from tests.providers.source.worlds import LOOPBACK


def locked(port: int, *starts: str) -> WebSource:
    """A source that may reach the public internet only."""
    config = {"start": starts, "ports": [80, 443, port], "delay_s": 0, "retries": 0}
    return WebSource(WebConfig.model_validate(config))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "user@127.0.0.1",
        "169.254.169.254",
        "[fd00:ec2::254]",
    ],
)
async def test_a_private_address_is_refused_in_every_spelling(
    served: Served, tmp_path: Path, host: str
) -> None:
    served.page("/", "secret")
    arrival = await only(locked(served.port, f"http://{host}:{served.port}/"), tmp_path)
    assert isinstance(arrival, Skipped)
    assert arrival.reason is SkipReason.PRIVATE_ADDRESS
    assert "allow_networks" in arrival.message
    assert served.hits.total() == 0


async def test_a_redirect_to_a_private_address_is_refused(served: Served, tmp_path: Path) -> None:
    with serving("127.0.0.2") as inside:
        inside.page("/", "secret")
        target = f"http://127.0.0.2:{inside.port}/"
        served.text("/a", "", 302, Location=target)
        source = web(
            served,
            "/a",
            allow_networks=["127.0.0.1/32"],
            allow_prefixes=[served.root, target],
            ports=[served.port, inside.port],
        )
        arrival = await only(source, tmp_path)
        assert isinstance(arrival, Skipped)
        assert arrival.reason is SkipReason.PRIVATE_ADDRESS
        assert inside.hits.total() == 0


async def test_ports_that_are_not_for_the_web_are_refused(served: Served, tmp_path: Path) -> None:
    served.page("/", "secret")
    arrival = await only(web(served, "/", ports=[80, 443]), tmp_path)
    assert isinstance(arrival, Skipped)
    assert arrival.reason is SkipReason.OUTSIDE
    assert served.hits.total() == 0


class Changing:
    """A name server that answers something public first, and something private then."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


async def test_a_name_that_changes_its_address_is_checked_where_it_is_connected_to(
    served: Served, tmp_path: Path
) -> None:
    served.page("/a", "one", Connection="close")
    served.page("/b", "secret")
    served.text("/robots.txt", "", Connection="close")
    names = Changing(["127.0.0.1"], ["127.0.0.1"], ["169.254.169.254"])
    root = f"http://rebinding.example:{served.port}"
    config = {
        "start": [f"{root}/a", f"{root}/b"],
        "ports": [served.port],
        "allow_networks": LOOPBACK,
        "delay_s": 0,
        "retries": 0,
    }
    source = WebSource(WebConfig.model_validate(config), resolver=names)
    first, second = await crawl(source, tmp_path)
    assert isinstance(first, Fetched)
    assert isinstance(second, Skipped)
    assert second.reason is SkipReason.PRIVATE_ADDRESS
    assert served.headers["/a"][0]["Host"] == f"rebinding.example:{served.port}"
    assert names.asked == 3  # once a connection: what was checked is what was connected to


async def test_one_private_address_among_public_ones_refuses_the_name(
    served: Served, tmp_path: Path
) -> None:
    names = Changing(["8.8.8.8", "10.0.0.1"])
    config = {"start": ["http://mixed.example/"], "delay_s": 0, "retries": 0}
    source = WebSource(WebConfig.model_validate(config), resolver=names)
    arrival = await only(source, tmp_path)
    assert isinstance(arrival, Skipped)
    assert "10.0.0.1" in arrival.message


async def test_a_name_that_is_not_known_may_be_known_later(tmp_path: Path) -> None:
    config = {"start": ["http://nobody.example/"], "delay_s": 0, "retries": 0}
    source = WebSource(WebConfig.model_validate(config), resolver=Changing([]))
    arrival = await only(source, tmp_path)
    assert isinstance(arrival, Failed)
    assert arrival.transient


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """Make a certificate for a name, and the file of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    written = folder / "certificate.pem"
    written.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    private = folder / "key.pem"
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return written, private


@pytest.fixture
def names_asked() -> list[str]:
    return []


@pytest.fixture
def secure(tmp_path: Path, names_asked: list[str]) -> Iterator[Served]:
    """A server with TLS for `secure.example`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(tmp_path, "secure.example"))

    def note(_connection: object, name: str | None, _context: object) -> None:
        names_asked.append(name or "")

    context.sni_callback = note
    with serving(tls=context) as found:
        found.page("/a", "secret no more")
        yield found


@pytest.mark.parametrize(("name", "trusted"), [("secure.example", True), ("other.example", False)])
async def test_the_certificate_is_checked_for_the_name_and_not_the_address(
    secure: Served, tmp_path: Path, names_asked: list[str], name: str, trusted: bool
) -> None:
    config = {
        "start": [f"https://{name}:{secure.port}/a"],
        "ports": [secure.port],
        "allow_networks": LOOPBACK,
        "ca_file": tmp_path / "certificate.pem",
        "delay_s": 0,
        "retries": 0,
    }
    source = WebSource(WebConfig.model_validate(config), resolver=Changing(["127.0.0.1"]))
    arrival = await only(source, tmp_path / "into")
    assert set(names_asked) == {name}
    if trusted:
        assert isinstance(arrival, Fetched)
        assert secure.headers["/a"][0]["Host"] == f"{name}:{secure.port}"
    else:
        assert isinstance(arrival, Failed)
        assert "certificate" in arrival.message.lower()
