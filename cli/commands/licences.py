"""`cicerone licences`."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.options import JsonOption, examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from service.curation_schemas import DocumentTerms, ExclusionRead, LicenceRead, LicenceReport

group = typer.Typer(
    no_args_is_help=True, help="Say what may be done with documents, and see what is."
)

KindName = Literal["source", "uri", "sha256", "vendor", "licence"]
NameArgument = Annotated[str, typer.Argument(help="The licence's name.")]
AllowOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allow",
        help="A use that is allowed: index, quote, original or train; once for each.",
        metavar="USE",
    ),
]
AttributionOption = Annotated[str | None, typer.Option(help="Whom a citation has to name.")]
ExpiresOption = Annotated[
    datetime | None,
    typer.Option("--expires", help="When it ends, in UTC.", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"]),
]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="licences")


@group.command(
    "add",
    epilog=examples(
        "cicerone licences add CC-BY-4.0 --allow index --allow quote --allow original "
        "--attribution '© the authors, CC BY 4.0'",
        "cicerone licences add trial --allow index --allow quote --expires 2027-01-31",
    ),
)
def add_licence(
    ctx: typer.Context,
    name: NameArgument,
    allow: AllowOption = None,
    attribution: AttributionOption = None,
    expires: ExpiresOption = None,
    url: Annotated[str | None, typer.Option(help="Where its text stands.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Describe a licence, or change it; what is not allowed is forbidden."""
    from cli.output import Output
    from cli.session import run_backend
    from service.curation_schemas import LicenceBody

    body = LicenceBody.model_validate(
        {
            "name": name,
            "allowed_uses": allow or [],
            "attribution": attribution,
            "expires_at": _utc(expires),
            "url": url,
        }
    )
    made = run_backend(ctx, lambda backend: backend.put_licence(body))
    Output(as_json=as_json).show(made, lambda out: _draw_licences(out, [made]))


@group.command("list", epilog=examples("cicerone licences list --json"))
def list_licences(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List the licences."""
    from cli.output import Output
    from cli.session import run_backend

    found = run_backend(ctx, lambda backend: backend.licences())
    Output(as_json=as_json).show(
        {"licences": [each.model_dump(mode="json") for each in found]},
        lambda out: _draw_licences(out, found),
    )


@group.command(
    "set",
    epilog=examples(
        "cicerone licences set CC-BY-4.0 -c manuals",
        "cicerone licences set trial --document 8c5e… --allow index --expires 2026-12-31",
        "cicerone licences set --none --source vendor-site",
    ),
)
def set_licence(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(help="The licence's name.")] = None,
    none: Annotated[bool, typer.Option("--none", help="Take the licence away.")] = False,
    document: Annotated[str | None, typer.Option(help="The id of a document.")] = None,
    source: Annotated[str | None, typer.Option(help="The name of a source.")] = None,
    collection: Annotated[
        str | None, typer.Option("--collection", "-c", help="A collection.")
    ] = None,
    allow: AllowOption = None,
    attribution: AttributionOption = None,
    expires: ExpiresOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a document, a source or a collection a licence; the most specific one holds.

    For a document, --allow, --attribution and --expires narrow the licence.
    """
    from cli.output import Output
    from cli.problems import UsageProblemError
    from cli.session import run_backend
    from service.curation_schemas import AssignmentBody

    if (name is None) is not none:
        raise UsageProblemError("name the licence, or say --none to take it away")
    body = AssignmentBody.model_validate(
        {
            "licence": name,
            "document_id": document,
            "source": source,
            "collection": collection,
            "allowed_uses": allow,
            "attribution": attribution,
            "expires_at": _utc(expires),
        }
    )
    run_backend(ctx, lambda backend: backend.assign_licence(body))
    target = document or source or collection
    Output(as_json=as_json).show(
        {"licence": name, "target": target},
        lambda out: out.print(f"{target}: {name or 'no licence of its own'}", markup=False),
    )


@group.command("show", epilog=examples("cicerone licences show 8c5e… --json"))
def show_terms(
    ctx: typer.Context,
    document_id: Annotated[str, typer.Argument(help="The document's id.", metavar="DOCUMENT_ID")],
    as_json: JsonOption = False,
) -> None:
    """Show what holds for a document, and where that comes from."""
    from cli.output import Output
    from cli.session import run_backend
    from cli.wording import require_document_id

    require_document_id(document_id)
    found = run_backend(ctx, lambda backend: backend.document_terms(document_id))
    Output(as_json=as_json).show(found, lambda out: _draw_terms(out, [found]))


@group.command("report", epilog=examples("cicerone licences report --within 90 --json"))
def report(
    ctx: typer.Context,
    within: Annotated[int, typer.Option(min=0, max=3650, help="Days to look ahead.")] = 30,
    as_json: JsonOption = False,
) -> None:
    """Count documents by licence; name those whose terms end soon or that are excluded."""
    from cli.output import Output
    from cli.session import run_backend

    found = run_backend(ctx, lambda backend: backend.licence_report(within))
    Output(as_json=as_json).show(found, lambda out: _draw_report(out, found))


@group.command(
    "exclude",
    epilog=examples(
        "cicerone licences exclude source 'drafts/*' --reason 'not published yet'",
        "cicerone licences exclude vendor 'Acme*' --reason 'the maker asked us to'",
    ),
)
def exclude(
    ctx: typer.Context,
    kind: Annotated[KindName, typer.Argument(help="What the pattern is compared with.")],
    pattern: Annotated[str, typer.Argument(help="A pattern with * and ?; a hash as it is.")],
    reason: Annotated[str, typer.Option(help="Why; people read it.")],
    as_json: JsonOption = False,
) -> None:
    """Never take in what fits, and from now on never answer from it."""
    from cli.output import Output
    from cli.session import run_backend
    from service.curation_schemas import ExclusionBody

    body = ExclusionBody.model_validate({"kind": kind, "pattern": pattern, "reason": reason})
    made = run_backend(ctx, lambda backend: backend.exclude(body))
    Output(as_json=as_json).show(made, lambda out: _draw_exclusions(out, [made]))


@group.command("exclusions", epilog=examples("cicerone licences exclusions --json"))
def list_exclusions(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List the exclusions."""
    from cli.output import Output
    from cli.session import run_backend

    found = run_backend(ctx, lambda backend: backend.exclusions())
    Output(as_json=as_json).show(
        {"exclusions": [each.model_dump(mode="json") for each in found]},
        lambda out: _draw_exclusions(out, found),
    )


@group.command("include", epilog=examples("cicerone licences include 8c5e…"))
def include(
    ctx: typer.Context,
    exclusion_id: Annotated[
        str, typer.Argument(help="The exclusion's id.", metavar="EXCLUSION_ID")
    ],
    as_json: JsonOption = False,
) -> None:
    """Remove an exclusion; what it alone forbade answers again."""
    from cli.output import Output
    from cli.session import run_backend
    from cli.wording import could_be_id, excerpt
    from service.errors import ExclusionNotFoundError

    if not could_be_id(exclusion_id):
        raise ExclusionNotFoundError(f"no exclusion {excerpt(exclusion_id, 80)!r}")
    run_backend(ctx, lambda backend: backend.include(exclusion_id))
    Output(as_json=as_json).show(
        {"exclusion_id": exclusion_id, "removed": True},
        lambda out: out.print(f"removed {exclusion_id}"),
    )


def _utc(moment: datetime | None) -> datetime | None:
    from datetime import UTC

    return None if moment is None else moment.replace(tzinfo=UTC)


def _day(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(sep=" ", timespec="minutes")


def _draw_licences(out: "Console", licences: "Sequence[LicenceRead]") -> None:
    from cli.tables import table

    rows = table("licence", "allows", "attribution", "ends", "text")
    for each in licences:
        ends = _day(each.expires_at)
        rows.add_row(each.name, ", ".join(each.allowed_uses), each.attribution, ends, each.url)
    out.print(rows.grid)


def _draw_exclusions(out: "Console", exclusions: "Sequence[ExclusionRead]") -> None:
    from cli.tables import table

    rows = table("exclusion", "kind", "pattern", "reason", "by")
    for each in exclusions:
        rows.add_row(each.exclusion_id, each.kind.value, each.pattern, each.reason, each.created_by)
    out.print(rows.grid)


def _draw_terms(out: "Console", found: "Sequence[DocumentTerms]") -> None:
    from cli.tables import table

    rows = table("document", "source", "licence", "from", "allows", "ends", "excluded")
    for each in found:
        rows.add_row(
            each.document_id,
            each.source,
            each.licence,
            each.origin,
            ", ".join(each.allowed_uses),
            _day(each.expires_at),
            each.excluded,
        )
    out.print(rows.grid)


def _draw_report(out: "Console", report: "LicenceReport") -> None:
    from cli.tables import table

    rows = table("licence", "allows", "ends", "documents", "answering")
    for each in report.licences:
        rows.add_row(
            each.licence or "(none)",
            ", ".join(each.allowed_uses),
            _day(each.expires_at),
            each.documents,
            each.answering,
        )
    out.print(rows.grid)
    if report.expiring:
        out.print(f"Terms that end within {report.within_days} days, or have ended:")
        _draw_terms(out, report.expiring)
    if report.excluded:
        out.print("Excluded:")
        _draw_terms(out, report.excluded)
