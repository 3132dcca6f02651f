"""The metrics of a process that has no API: where they are served, and to whom."""

import asyncio
from ipaddress import ip_address
from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from providers.principal import local_principal
from service.container import open_container
from service.errors import SettingsError
from service.library import Upload
from service.metrics.exposition import CONTENT_TYPE
from service.metrics.serving import served_metrics
from service.metrics.settings import MetricsSettings
from service.settings import Settings
from tests.free_ports import free_ports


def chosen(processes: int = 1, **more: Any) -> MetricsSettings:
    return MetricsSettings(worker_port=free_ports(processes), **more)


async def read(port: int | None, path: str = "/metrics", **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        return await client.get(path, headers=headers)


async def text() -> bytes:
    return b"cicerone_runs_total 1.0\n"


async def test_a_process_serves_what_its_own_service_counted(
    settings: Settings, manual: Upload
) -> None:
    async with (
        open_container(settings) as container,
        served_metrics(chosen(), container.exposition.text) as port,
    ):
        job = await container.library.submit(local_principal(), "default", [manual])
        async for _ in container.jobs.events(local_principal(), job.job_id):
            pass
        found = await read(port)
        assert (found.status_code, found.headers["content-type"]) == (200, CONTENT_TYPE)
        lines = found.text.splitlines()
        assert 'cicerone_runs_total{graph="ingest",outcome="succeeded"} 1.0' in lines
        assert any(line.startswith('cicerone_node_seconds_count{node="embed"}') for line in lines)
        assert 'cicerone_documents{status="indexed"} 1.0' in lines
        assert (await read(port, "/")).status_code == 404


async def test_each_process_has_a_port_of_its_own_until_it_ends() -> None:
    settings = chosen(processes=2)
    assert settings.worker_port is not None
    async with (
        served_metrics(settings, text) as first,
        served_metrics(settings, text, 1) as second,
    ):
        assert (first, second) == (settings.worker_port, settings.worker_port + 1)
        assert (await read(first)).content == (await read(second)).content == await text()
        with pytest.raises(SettingsError, match=r"metrics\.worker_port.*in use"):
            async with served_metrics(settings, text):
                pass
    with pytest.raises(httpx.ConnectError):
        await read(first)
    # Another one takes the place at once.
    async with served_metrics(settings, text) as again:
        assert (await read(again)).status_code == 200


async def test_only_who_has_the_token_reads_where_there_is_one() -> None:
    async with served_metrics(chosen(token=SecretStr("secret")), text) as port:
        assert (await read(port)).status_code == 401
        assert (await read(port, authorization="Bearer other")).status_code == 401
        assert (await read(port, authorization="Basic secret")).status_code == 401
        assert (await read(port, authorization="Bearer secret")).status_code == 200


@pytest.mark.parametrize("more", [{}, {"worker_port": 9808, "enabled": False}])
async def test_it_is_off_until_it_is_wanted(more: dict[str, Any]) -> None:
    async with served_metrics(MetricsSettings(**more), text) as port:
        assert port is None


def test_no_address_beyond_loopback_is_open() -> None:
    assert MetricsSettings().worker_host.is_loopback
    with pytest.raises(ValidationError, match=r"set metrics\.token"):
        MetricsSettings(worker_host=ip_address("0.0.0.0"))  # noqa: S104 - refused
    MetricsSettings(worker_host=ip_address("::1"))


async def test_a_text_that_takes_too_long_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.metrics.serving.PATIENCE_S", 0.05)

    async def never() -> bytes:
        await asyncio.sleep(30)
        return b""

    async with served_metrics(chosen(), never) as port:
        assert (await read(port)).status_code == 503
