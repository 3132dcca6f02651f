"""Setting sources up: what is checked, what is refused, what a change does."""

import json
from pathlib import Path

import pytest

from data.models import Licence, OnGone
from providers.principal import Principal, Role
from service.container import Container
from service.errors import (
    ForbiddenError,
    SourceExistsError,
    SourceInvalidError,
    SourceNotFoundError,
)
from service.source_schemas import NewSource, ProductSpec, SourceChange, SourceSpec
from tests.service.crawls import OWNER, add_folder, crawl, documents

SECRET = "a secret of thirty-two characters"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "manuals").mkdir()
    (tmp_path / "manuals" / "kettle.md").write_text("# Kettle\n\nDescale it every 60 days.\n")
    return tmp_path / "manuals"


def web(**options: object) -> dict[str, object]:
    return {"plugin": "web", "options": {"start": ["https://docs.example.com/"], **options}}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"plugin": "nix"}, "plugin: no plugin 'nix'; installed: browser, bucket, folder"),
        ({"plugin": "folder"}, "options.root: Field required"),
        (web(max_pagez=1), "options.max_pagez: Extra inputs are not permitted"),
        (web(max_pages=0), "options.max_pages"),
        (web() | {"schedule": "daily"}, "schedule: 'daily' is no cron expression"),
        (web() | {"timezone": "Mars/Olympus"}, "timezone: there is no time zone"),
        (web() | {"window_start": "22:00"}, "window_start and window_end"),
        (web() | {"licence": "CC-BY"}, "licence: there is no licence 'CC-BY'"),
        ({"plugin": "push", "options": {"keys": {"acme": SECRET}}}, "options.keys.acme: a secret"),
        ({"plugin": "push", "options": {"keys": {"acme": "env:NOT_SET"}}}, "NOT_SET is not set"),
        ({"plugin": "push", "options": {"keys": {"acme": "file:/no/such"}}}, "/no/such cannot be"),
        ({"plugin": "push", "options": {"keys": {"acme": "env:SHORT"}}}, "options.keys.acme: "),
        ({"plugin": "folder", "options": {"root": "env:MARKED"}}, "options.root: 'env:MARKED'"),
        (web(start=["env:MARKED"]), "is no address of http or https"),
    ],
)
async def test_what_cannot_work_is_refused_at_once(
    container: Container,
    spec: dict[str, object],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SHORT", "short")
    monkeypatch.setenv("MARKED", "must-never-be-shown")
    with pytest.raises(SourceInvalidError) as caught:
        await container.sources.add(OWNER, NewSource.model_validate({"name": "site", **spec}))
    assert message in str(caught.value)
    assert "must-never-be-shown" not in str(caught.value)
    assert (await container.sources.list(OWNER)).sources == []


async def test_secrets_are_named_and_never_stored(
    container: Container, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_KEY", SECRET)
    (tmp_path / "secret").write_text(f"{SECRET}, the other one\n")
    options = {"keys": {"acme": "env:ACME_KEY"}, "upload_secret": f"file:{tmp_path}/secret"}
    spec = {"name": "partner", "plugin": "push", "options": options}

    read = await container.sources.add(OWNER, NewSource.model_validate(spec))

    assert read.options == options
    async with container.database.begin(OWNER, read_only=True) as tx:
        row = await tx.sources.by_name("partner")
        trail = await tx.audit.list()
    assert row is not None
    kept = json.dumps([row.options, row.rules_version, [event.detail for event in trail]])
    assert SECRET not in kept


async def test_a_single_value_stands_for_a_list_of_one(container: Container) -> None:
    spec = NewSource.model_validate(
        {"name": "site", "plugin": "web", "options": {"start": "https://docs.example.com/"}}
    )
    assert (await container.sources.add(OWNER, spec)).options["start"] == [
        "https://docs.example.com/"
    ]


async def test_a_source_is_declared_again_and_again(container: Container, folder: Path) -> None:
    spec = SourceSpec(
        plugin="folder",
        options={"root": str(folder)},
        vendor="Brisk",
        product="B-12",
        schedule="0 3 * * *",
    )
    first = await container.sources.put(OWNER, "manuals", spec)
    again = await container.sources.put(OWNER, "manuals", spec)
    changed = await container.sources.put(
        OWNER, "manuals", spec.model_copy(update={"schedule": None, "is_public": True})
    )

    assert [put.outcome for put in (first, again, changed)] == ["created", "unchanged", "updated"]
    assert (first.source.vendor, first.source.product) == ("Brisk", "B-12")
    assert first.source.next_crawl_at is not None
    assert first.source.next_crawl_at == again.source.next_crawl_at
    assert (changed.source.next_crawl_at, changed.source.is_public) == (None, True)
    with pytest.raises(SourceInvalidError, match="collection: it cannot change"):
        await container.sources.put(
            OWNER, "manuals", spec.model_copy(update={"collection": "other"})
        )
    with pytest.raises(SourceExistsError):
        await container.sources.add(OWNER, NewSource(name="manuals", **spec.model_dump()))


async def test_a_change_merges_options_and_null_removes(container: Container, folder: Path) -> None:
    await add_folder(
        container,
        folder,
        options={"include": ["*.md"], "max_mb": 5},
        schedule="0 3 * * *",
        window_start="22:00",
        window_end="06:00",
    )
    change = SourceChange.model_validate(
        {
            "options": {"max_mb": None, "exclude": ["old/*"]},
            "schedule": None,
            "window_start": None,
            "window_end": None,
            "on_gone": "keep",
        }
    )

    read = await container.sources.update(OWNER, "manuals", change)

    assert read.options == {"root": str(folder), "include": ["*.md"], "exclude": ["old/*"]}
    assert (read.schedule, read.window_start, read.next_crawl_at) == (None, None, None)
    assert (read.on_gone, read.enabled, read.timezone) == (OnGone.KEEP, True, "UTC")
    with pytest.raises(SourceInvalidError, match=r"options\.root"):
        await container.sources.update(
            OWNER, "manuals", SourceChange.model_validate({"options": {"root": None}})
        )
    with pytest.raises(SourceNotFoundError):
        await container.sources.update(OWNER, "nowhere", SourceChange())


async def test_documents_follow_what_their_source_says(container: Container, folder: Path) -> None:
    await add_folder(container, folder)
    await crawl(container)
    change = SourceChange(is_public=True, product="B-12")
    await container.sources.update(OWNER, "manuals", change)

    found = (await documents(container))["kettle.md"]

    (product,) = await container.origins.products(OWNER)
    assert (found.is_public, found.product_id) == (True, product.product_id)


async def test_a_licence_is_named(container: Container, folder: Path) -> None:
    async with container.database.begin(OWNER) as tx:
        tx.provenance._session.add(  # the repository of licences is another one
            Licence(id="l1", name="CC-BY", allowed_uses=["quote"], tenant_id=OWNER.tenant_id)
        )
    assert (await add_folder(container, folder, licence="CC-BY")).licence == "CC-BY"


@pytest.mark.parametrize("with_documents", [False, True])
async def test_a_source_is_removed_with_or_without_its_documents(
    container: Container, folder: Path, with_documents: bool
) -> None:
    await add_folder(container, folder)
    await crawl(container)

    removed = await container.sources.remove(OWNER, "manuals", delete_documents=with_documents)

    assert removed.documents_deleted == int(with_documents)
    assert len(await documents(container)) == int(not with_documents)
    with pytest.raises(SourceNotFoundError):
        await container.sources.show(OWNER, "manuals")
    await add_folder(container, folder)
    again = await crawl(container)
    assert again.fetched + again.unchanged == 1
    assert set(await documents(container)) == {"kettle.md"}


async def test_roles_are_enforced_and_tenants_do_not_meet(
    container: Container, folder: Path
) -> None:
    await add_folder(container, folder)
    editor = Principal(tenant_id="default", subject="e", roles=frozenset({Role.EDITOR}))
    reader = Principal(tenant_id="default", subject="r", roles=frozenset({Role.READER}))
    stranger = Principal(tenant_id="other", subject="s", roles=frozenset({Role.ADMIN}))
    spec = SourceSpec(plugin="folder", options={"root": str(folder)})
    for change in (
        container.sources.put(editor, "manuals", spec),
        container.sources.update(editor, "manuals", SourceChange()),
        container.sources.remove(editor, "manuals"),
        container.sources.crawl(reader, "manuals"),
        container.origins.add_product(reader, ProductSpec(sku="B-12")),
    ):
        with pytest.raises(ForbiddenError):
            await change
    assert [s.name for s in (await container.sources.list(reader)).sources] == ["manuals"]
    assert (await container.sources.list(stranger)).sources == []
    for look in (
        container.sources.show(stranger, "manuals"),
        container.sources.items(stranger, "manuals"),
        container.sources.history(stranger, "manuals"),
        container.sources.crawl(stranger, "manuals"),
    ):
        with pytest.raises(SourceNotFoundError):
            await look
