"""Requests of JSON to one server."""

import pytest
from pydantic import BaseModel, HttpUrl, SecretStr, ValidationError

from providers.errors import ProviderError, TransientProviderError
from providers.hosted.http_json import JsonClient, ServerUrl, StatusError
from tests.providers.source.site import Served


class Options(BaseModel):
    url: ServerUrl


def client(served: Served, path: str = "") -> JsonClient:
    return JsonClient(HttpUrl(served.root + path), api_key=SecretStr("k3y"), timeout_s=5)


async def test_the_path_of_the_address_comes_first_and_the_key_goes_along(served: Served) -> None:
    served.text("/base/info", '{"a": 1}')
    asked = client(served, "/base/")
    assert await asked.get("/info") == {"a": 1}
    await asked.aclose()
    await asked.aclose()
    assert await asked.get("/info") == {"a": 1}
    await asked.aclose()
    (first, _) = served.headers["/base/info"]
    assert first["Authorization"] == "Bearer k3y"
    assert first["Accept"] == "application/json"


@pytest.mark.parametrize(
    ("status", "body", "kind", "message"),
    [
        (400, '{"error": "too long"}', StatusError, "replied 400: too long"),
        (400, '{"message": "too long"}', StatusError, "replied 400: too long"),
        (422, "<html>no</html>", StatusError, "replied 422: <html>no</html>"),
        (404, "", StatusError, "replied 404: Not Found"),
        (401, "", StatusError, r"options\.api_key is missing or wrong"),
        (307, "", StatusError, r"give the final address in options\.url"),
        (418, "x" * 5000, StatusError, "x{300}$"),
        (425, "", TransientProviderError, "replied 425"),
        (599, "", TransientProviderError, "replied 599"),
        (200, "no json", ProviderError, "something else than JSON"),
    ],
)
async def test_what_a_server_may_say(
    served: Served, status: int, body: str, kind: type[ProviderError], message: str
) -> None:
    served.text("/ask", body, status, Location="/elsewhere")
    asked = client(served)
    with pytest.raises(kind, match=message) as caught:
        await asked.post("/ask", {"q": 1})
    assert type(caught.value) is kind
    assert f"127.0.0.1:{served.port}" in str(caught.value)
    assert served.hits["/elsewhere"] == 0
    await asked.aclose()


@pytest.mark.parametrize(
    "url", ["http://user:secret@host/", "https://user@host", "file:///x", "//host", "host"]
)
def test_an_address_is_http_and_holds_no_secret(url: str) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate({"url": url})


def test_an_address_with_path_and_port_is_fine() -> None:
    assert Options.model_validate({"url": "https://host:8443/tei"}).url.port == 8443
