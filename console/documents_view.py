"""Draws documents, one by one and as a table, as HTML."""

import html
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from console.wording import STATUS, ago, count, reason, sentence, size
from service.schemas import DocumentRead, DocumentStatus

_COLUMNS: Final = ("Document", "Status", "Pages", "Chunks", "Size", "Version", "Updated", "")


def table_html(documents: Sequence[DocumentRead], *, may_delete: bool) -> str:
    """Draw a table; buttons carry `data-action` and `data-id`."""
    head = "".join(f'<th scope="col">{name or _hidden("Actions")}</th>' for name in _COLUMNS)
    body = "".join(_row(document, may_delete=may_delete) for document in documents)
    return f'<table class="documents"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _hidden(text: str) -> str:
    return f'<span class="sr-only">{text}</span>'


def _row(document: DocumentRead, *, may_delete: bool) -> str:
    name = html.escape(document.source)
    identity = html.escape(document.document_id)
    title = "" if not document.title or document.title == document.source else document.title
    under = " · ".join(
        part for part in (html.escape(title), html.escape(document.collection)) if part
    )
    delete = _action("delete", identity, "delete", f"Delete {name}") if may_delete else ""
    return (
        f'<tr data-id="{identity}"><td class="name">'
        f'<button type="button" class="plain" data-action="details" data-id="{identity}">'
        f'{name}</button><span class="under">{under}</span></td>'
        f'<td data-label="Status">{status_html(document)}</td>'
        f'<td class="figure" data-label="Pages">{_figure(document.pages)}</td>'
        f'<td class="figure" data-label="Chunks">{_figure(document.chunks)}</td>'
        f'<td class="figure" data-label="Size">{size(document.bytes)}</td>'
        f'<td class="figure" data-label="Version">{document.version}</td>'
        f'<td data-label="Updated">{_time(document)}</td>'
        f'<td class="actions">{_original(document)}{delete}</td></tr>'
    )


def _figure(number: int | None) -> str:
    return "–" if not number else f"{number:,}"


def _time(document: DocumentRead) -> str:
    exact = document.updated_at.strftime("%Y-%m-%d %H:%M")
    return (
        f'<time datetime="{document.updated_at.isoformat()}" title="{exact}">'
        f"{ago(document.updated_at)}</time>"
    )


def _action(action: str, identity: str, glyph: str, label: str) -> str:
    return (
        f'<button type="button" class="button ghost small" data-action="{action}" '
        f'data-id="{identity}" aria-label="{label}" title="{label}">'
        f'<span class="icon" aria-hidden="true">{glyph}</span></button>'
    )


def _original(document: DocumentRead) -> str:
    label = f"Open the original of {html.escape(document.source)}"
    return (
        f'<a class="button ghost small" href="{_original_of(document)}" '
        f'target="_blank" rel="noopener" aria-label="{label}" title="{label}">'
        '<span class="icon" aria-hidden="true">open_in_new</span></a>'
    )


def _original_of(document: DocumentRead) -> str:
    return original_path(document.document_id, version=document.version)


def original_path(document_id: str, *, version: int, page: int | None = None) -> str:
    """Return where an original is served, relative to the console; `page` counts from 1."""
    fragment = "" if page is None else f"#page={page}"
    return f"documents/{quote(document_id, safe='')}/original?version={version}{fragment}"


def status_html(document: DocumentRead) -> str:
    """Draw a status with its reason; the whole story is in the title."""
    said, tone = STATUS[document.status]
    why, _ = reason(document.reason)
    told = f' title="{html.escape(document.message)}"' if document.message else ""
    tail = f'<span class="why">{html.escape(why)}</span>' if why else ""
    return f'<span class="status {tone}"{told}>{said}</span>{tail}'


def details_html(document: DocumentRead) -> str:
    """Draw everything that is known of one document, with advice when it is not usable."""
    facts = [
        ("Title", document.title),
        ("Collection", document.collection),
        ("Version", str(document.version)),
        ("Type", document.media_type),
        ("Language", document.language),
        ("Pages", None if document.pages is None else f"{document.pages:,}"),
        ("Chunks", f"{document.chunks:,}"),
        ("Size", f"{size(document.bytes)} ({count(document.bytes, 'byte')})"),
        ("Added", document.created_at.strftime("%Y-%m-%d %H:%M UTC")),
        ("Updated", document.updated_at.strftime("%Y-%m-%d %H:%M UTC")),
        ("SHA-256", document.sha256),
        ("Id", document.document_id),
    ]
    rows = "".join(
        f"<div><dt>{name}</dt><dd>{html.escape(value)}</dd></div>" for name, value in facts if value
    )
    return (
        f'<p class="standing">{status_html(document)}</p>{_advice(document)}'
        f'<dl class="facts">{rows}</dl>'
    )


def _advice(document: DocumentRead) -> str:
    if document.status not in {DocumentStatus.QUARANTINED, DocumentStatus.FAILED}:
        return ""
    why, advice = reason(document.reason)
    said = sentence(document.message or advice or "Add the file again.")
    return (
        '<div class="notice warn"><span class="icon" aria-hidden="true">report</span><div>'
        f"<strong>{html.escape(why or 'It could not be added')}</strong>"
        f"<p>{html.escape(said)}</p></div></div>"
    )
