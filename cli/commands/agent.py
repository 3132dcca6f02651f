"""`cicerone agent`."""

from typing import Annotated

import typer

from cli.options import CollectionOption, JsonOption, examples


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "agent",
        epilog=examples(
            "cicerone agent 'How many orders came from Norway?'",
            "cicerone agent 'What does E05 mean on the oven?' -c sample --json",
            "cicerone agent 'Revenue by country' --datasource shop --conversation sales-1",
            "cicerone agent --resume 20261125-… --choose 2",
        ),
    )(ask_agent)


def ask_agent(
    ctx: typer.Context,
    question: Annotated[
        str | None, typer.Argument(help="The question; - reads standard input.")
    ] = None,
    collection: CollectionOption = "default",
    datasource: Annotated[
        str | None, typer.Option(help="The only database that may be asked; any without it.")
    ] = None,
    conversation: Annotated[
        str | None,
        typer.Option("--conversation", help="Carry this conversation on, or begin it."),
    ] = None,
    resume: Annotated[
        str | None, typer.Option(help="Go on with the run of this id, which asked back.")
    ] = None,
    choose: Annotated[
        str | None, typer.Option(help="The number of an option, or the question in other words.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Answer from documents or a database, whichever knows; say which it was.

    When it is not clear what is asked, the answer holds options: choose one with `--resume`.
    """
    from cli.asking_agent import draw_answer, follow, read_request
    from cli.output import Output
    from cli.session import run_backend
    from cli.wording import require_conversation_id

    if conversation is not None:
        require_conversation_id(conversation)
    request = read_request(
        question,
        collection=collection,
        datasource=datasource,
        conversation=conversation,
        resume=resume,
        choose=choose,
    )
    output = Output(as_json=as_json)
    live = None if as_json else output.out
    found = run_backend(ctx, lambda backend: follow(backend, request, live))
    output.show(found, lambda out: draw_answer(out, found))
    if found.error is not None:
        raise typer.Exit(1)
