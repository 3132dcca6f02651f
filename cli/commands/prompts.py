"""`cicerone prompts`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import JsonOption, examples

if TYPE_CHECKING:
    from prompts.catalogue import Catalogue
    from prompts.releasing import Activation

group = typer.Typer(
    no_args_is_help=True, help="Look at the prompts; compile, release and promote them."
)

NameArgument = Annotated[str, typer.Argument(help="The prompt, such as synthesize.")]
VersionArgument = Annotated[str, typer.Argument(help="The version, such as v2.")]
ActiveArgument = Annotated[
    str | None, typer.Argument(help="The version; the active one without it.")
]
FolderOption = Annotated[
    Path | None,
    typer.Option(help="The folder of prompts; the service's own without it.", show_default=False),
]
NoteOption = Annotated[str, typer.Option(help="Why; it stays in the catalogue.")]
FlagsOption = Annotated[
    list[str] | None,
    typer.Option("--flag", help="A flag to switch on; once for each.", metavar="FLAG"),
]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="prompts")


@group.command("list", epilog=examples("cicerone prompts list", "cicerone prompts list --json"))
def list_prompts(folder: FolderOption = None, as_json: JsonOption = False) -> None:
    """List the prompts with their versions; an asterisk marks the active one."""
    from cli.output import Output
    from cli.prompt_tables import describe_all, draw_list

    catalogue = _catalogue(folder)
    Output(as_json=as_json).show(
        {"prompts": describe_all(catalogue)}, lambda out: draw_list(out, catalogue)
    )


@group.command(
    "show",
    epilog=examples(
        "cicerone prompts show synthesize", "cicerone prompts show summarise v1 --json"
    ),
)
def show_prompt(
    name: NameArgument,
    version: ActiveArgument = None,
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a prompt as it was compiled, what it needs, and when it was promoted."""
    from cli.output import Output
    from cli.prompt_tables import describe_prompt, draw_prompt

    catalogue = _catalogue(folder)
    prompt = catalogue.get(name, version)
    entry = catalogue.manifest[name]
    Output(as_json=as_json).show(
        describe_prompt(prompt, entry), lambda out: draw_prompt(out, prompt, entry)
    )


@group.command(
    "render",
    epilog=examples(
        "cicerone prompts render hyde --set question='What does E05 mean?'",
        "cicerone prompts render sql --set dialect=SQLite --from-file schema=schema.txt "
        "--set question='How many orders?'",
        "cicerone prompts render summarise --flag with_summary --set max_tokens=200 "
        "--set summary='…' --from-file conversation=talk.txt --json",
    ),
)
def render_prompt(
    name: NameArgument,
    version: ActiveArgument = None,
    values: Annotated[
        list[str] | None,
        typer.Option("--set", help="The value of an input.", metavar="INPUT=TEXT"),
    ] = None,
    files: Annotated[
        list[str] | None,
        typer.Option("--from-file", help="A file that holds the value.", metavar="INPUT=PATH"),
    ] = None,
    flags: FlagsOption = None,
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fill a prompt in and print the messages that a model would get."""
    from cli.output import Output
    from cli.prompt_tables import describe_rendered, draw_rendered
    from cli.prompt_values import read_values

    given = read_values(values or (), files or ())
    switched = dict.fromkeys(flags or (), True)
    rendered = _catalogue(folder).get(name, version).render(given, switched)
    Output(as_json=as_json).show(
        describe_rendered(rendered), lambda out: draw_rendered(out, rendered)
    )


@group.command(
    "diff",
    epilog=examples(
        "cicerone prompts diff synthesize v1 v2", "cicerone prompts diff synthesize v1"
    ),
)
def diff_versions(
    name: NameArgument,
    old: VersionArgument,
    new: ActiveArgument = None,
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare the templates of two versions, line by line."""
    from cli.output import Output
    from cli.prompt_tables import draw_diff
    from prompts.comparing import compare

    home = _folder(folder)
    later = new or _catalogue(folder).get(name).ref.version
    lines = compare(home, name, old, later)
    document = {"name": name, "old": old, "new": later, "diff": lines}
    Output(as_json=as_json).show(document, lambda out: draw_diff(out, lines))


@group.command(
    "compile",
    epilog=examples("cicerone prompts compile synthesize v3", "cicerone prompts compile"),
)
def compile_templates(
    name: Annotated[
        str | None, typer.Argument(help="The prompt; without it, every template there is.")
    ] = None,
    version: Annotated[str | None, typer.Argument(help="The version; all without it.")] = None,
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compile templates as drafts; what is released must come out as it was.

    Needs POML: pip install 'cicerone[prompts]'.
    """
    from dataclasses import asdict

    from cli.output import Output
    from cli.prompt_tables import draw_outcomes
    from prompts.comparing import templates
    from prompts.releasing import compile_version

    output, home = Output(as_json=as_json), _folder(folder)
    outcomes = []
    with output.progress() as bar:
        for each_name, each_version in bar.track(
            templates(home, name, version), description="compiling"
        ):
            outcomes.append(compile_version(home, each_name, each_version))
    document = {"versions": [asdict(each) for each in outcomes]}
    output.show(document, lambda out: draw_outcomes(out, outcomes))


@group.command(
    "release",
    epilog=examples("cicerone prompts release synthesize v3 --note 'shorter answers'"),
)
def release_version(
    name: NameArgument,
    version: VersionArgument,
    note: NoteOption = "",
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compile a version and freeze it; it answers once it is promoted.

    Needs POML: pip install 'cicerone[prompts]'.
    """
    from dataclasses import asdict

    from cli.output import Output
    from cli.prompt_tables import draw_outcomes
    from prompts.releasing import release

    outcome = release(_folder(folder), name, version, note=note)
    Output(as_json=as_json).show(asdict(outcome), lambda out: draw_outcomes(out, [outcome]))


@group.command(
    "promote",
    epilog=examples("cicerone prompts promote synthesize v3 --note 'better on eval answers'"),
)
def promote_version(
    name: NameArgument,
    version: VersionArgument,
    note: NoteOption = "",
    new_inputs: Annotated[
        bool,
        typer.Option("--new-inputs", help="The code that asks for it has changed with its inputs."),
    ] = False,
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a released version the active one; a running server uses it within seconds."""
    from prompts.releasing import promote

    done = promote(_folder(folder), name, version, note=note, new_inputs=new_inputs)
    _show_activation(done, as_json=as_json)


@group.command(
    "rollback", epilog=examples("cicerone prompts rollback synthesize --note 'answers got longer'")
)
def roll_back_prompt(
    name: NameArgument,
    note: NoteOption = "",
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the version active again that was so before the last promotion."""
    from prompts.releasing import roll_back

    _show_activation(roll_back(_folder(folder), name, note=note), as_json=as_json)


@group.command(
    "push",
    epilog=examples(
        "cicerone prompts push --base-url http://localhost:3000",
        "LANGFUSE_BASE_URL=… LANGFUSE_PUBLIC_KEY=… LANGFUSE_SECRET_KEY=… cicerone prompts push",
    ),
)
def push_prompts(
    names: Annotated[list[str] | None, typer.Argument(help="The prompts; all without it.")] = None,
    base_url: Annotated[
        str, typer.Option(envvar="LANGFUSE_BASE_URL", help="Where Langfuse answers.")
    ] = "",
    public_key: Annotated[
        str, typer.Option(envvar="LANGFUSE_PUBLIC_KEY", help="The public key of a project.")
    ] = "",
    secret_key: Annotated[
        str,
        typer.Option(
            envvar="LANGFUSE_SECRET_KEY",
            help="Its secret key; better given in the environment.",
            show_default=False,
        ),
    ] = "",
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Copy the released versions into Langfuse's prompt management; nothing is taken from there."""
    from dataclasses import asdict

    from cli.output import Output
    from cli.problems import UsageProblemError
    from cli.prompt_tables import draw_pushed
    from prompts.publishing import PromptServer

    if not (base_url and public_key and secret_key):
        raise UsageProblemError(
            "set LANGFUSE_BASE_URL, LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY, or the options"
        )
    with PromptServer(base_url, public_key=public_key, secret_key=secret_key) as server:
        pushed = list(server.push(_catalogue(folder), names or ()))
    document = {"prompts": [asdict(each) for each in pushed]}
    Output(as_json=as_json).show(document, lambda out: draw_pushed(out, pushed))


def _folder(folder: Path | None) -> Path:
    from prompts.catalogue import FOLDER

    return FOLDER if folder is None else folder


def _catalogue(folder: Path | None) -> "Catalogue":
    from prompts.catalogue import Catalogue

    return Catalogue.read(_folder(folder))


def _show_activation(done: "Activation", *, as_json: bool) -> None:
    from dataclasses import asdict

    from cli.output import Output

    before = f", was {done.before}" if done.before else ""
    Output(as_json=as_json).show(
        asdict(done), lambda out: out.print(f"{done.name}: {done.active} is active{before}")
    )
