"""Draws an exchange: progress, answer, notices and the list of its sources, as HTML."""

import html

from console.exchange import Exchange
from console.problems import Problem
from console.rich_text import rich_text
from console.wording import count, place, sentence
from service.schemas import Answer, Citation

_MS_IN_S = 1000


def answer_html(exchange: Exchange) -> str:
    """Draw what is known so far."""
    parts = [_text(exchange), *map(_flag, exchange.flags)]
    if exchange.problem is not None:
        parts.append(_problem(exchange.problem))
    if exchange.stopped:
        parts.append('<p class="aside">You stopped this answer.</p>')
    if not exchange.ended:
        parts.append(_progress(exchange.doing))
    if exchange.answer is not None and exchange.answer.degraded:
        parts.append(_degraded(exchange.answer.degraded))
    if exchange.citations and exchange.ended:
        parts.append(_sources(list(exchange.citations.values())))
    if exchange.answer is not None:
        parts.append(_footer(exchange.answer, len(exchange.citations)))
    return "".join(parts)


def _text(exchange: Exchange) -> str:
    if exchange.answer is not None and exchange.answer.abstained:
        return _abstained(exchange.text)
    if not exchange.text:
        return ""
    state = "" if exchange.ended else " streaming"
    return f'<div class="prose{state}">{rich_text(exchange.text, exchange.citations)}</div>'


def _abstained(text: str) -> str:
    said = html.escape(text) if text else "The documents do not answer this question."
    return _notice(
        "note",
        "search_off",
        "No answer in these documents",
        f'{said}<br><span class="advice">Ask in other words, choose another collection, or '
        '<a href="library">add documents</a> that answer it.</span>',
    )


def _progress(doing: str) -> str:
    return (
        '<p class="progress"><span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>'
        f"{html.escape(doing)}…</p>"
    )


def _flag(message: str) -> str:
    return _notice("warn", "shield", "A rule took effect", html.escape(message))


def _degraded(names: list[str]) -> str:
    said = " ".join(html.escape(sentence(name)) for name in names)
    return _notice("warn", "low_priority", "Answered with less than usual", said)


def _problem(problem: Problem) -> str:
    trace = (
        f' <span class="trace">Trace {html.escape(problem.trace_id)}</span>'
        if problem.trace_id
        else ""
    )
    return _notice("bad", "error", html.escape(problem.title), html.escape(problem.detail) + trace)


def _notice(tone: str, glyph: str, title: str, body: str) -> str:
    return (
        f'<div class="notice {tone}"><span class="icon" aria-hidden="true">{glyph}</span>'
        f"<div><strong>{title}</strong><p>{body}</p></div></div>"
    )


def _sources(citations: list[Citation]) -> str:
    items = "".join(_source(citation) for citation in sorted(citations, key=lambda c: c.marker))
    return f'<section class="sources"><h3>Sources</h3><ol>{items}</ol></section>'


def _source(citation: Citation) -> str:
    where = html.escape(place(citation.page, citation.heading_path))
    return (
        f'<li><button type="button" class="source" data-marker="{citation.marker}">'
        f'<span class="number">{citation.marker}</span>'
        f'<span class="what"><span class="name">{html.escape(citation.source)}</span>'
        f'<span class="where">{where}</span>'
        f'<span class="quote">{html.escape(citation.quote)}</span></span></button></li>'
    )


def _footer(answer: Answer, sources: int) -> str:
    parts = [count(sources, "source")] if sources else []
    if answer.timings_ms:
        parts.append(f"{sum(answer.timings_ms.values()) / _MS_IN_S:.1f} s")
    if answer.cached:
        parts.append("answered before")
    if answer.usage.model:
        parts.append(html.escape(answer.usage.model))
    if answer.usage.cost_usd:
        parts.append(f"${answer.usage.cost_usd:.4f}")
    return f'<p class="meta">{" · ".join(parts)}</p>'
