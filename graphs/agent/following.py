"""A follow-up that only names another value: the earlier question is asked for that one."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from graphs.agent.databases import Databases
from graphs.agent.settings import AgentSettings
from graphs.agent.steps import Turn
from graphs.errors import GraphError
from graphs.text_to_sql.desk import Desk
from graphs.text_to_sql.reading.mentions import Mention
from graphs.text_to_sql.reading.pieces import Reading
from graphs.text_to_sql.recalling import read_question
from graphs.text_to_sql.settings import SqlSettings
from providers.errors import ProviderError

Swap = Callable[[str, Sequence[str], Turn], Awaitable[str | None]]
"""Given a question and those before it, returns the earlier one for the new value."""


async def swap_value(
    question: str,
    earlier: Sequence[str],
    turn: Turn,
    *,
    databases: Databases,
    settings: AgentSettings,
    sql: SqlSettings,
) -> str | None:
    """Ask the question before again for the value that is named now.

    `How many orders came from Norway?`, then `And from Sweden?`: both are values of one column,
    so the one takes the other's place; a third question takes it from there. Returns None when
    that is not what is asked.
    """
    for name in await chosen_names(turn, databases, settings):
        try:
            desk = await databases.open(turn.principal, name)
        except (GraphError, ProviderError):
            continue  # the tool itself will say that it is not there
        topic = ""
        for asked in earlier:
            topic = _swapped(asked, topic, desk, sql) or asked
        found = _swapped(question, topic, desk, sql)
        if found is not None:
            return found
    return None


async def chosen_names(turn: Turn, databases: Databases, settings: AgentSettings) -> Sequence[str]:
    """Return the databases that a turn may look at."""
    if turn.context.datasource is not None:
        return [turn.context.datasource]
    return list(await databases.names(turn.principal))[: settings.datasources]


def _swapped(question: str, earlier: str, desk: Desk, sql: SqlSettings) -> str | None:
    now, before = read_question(question, desk, sql), read_question(earlier, desk, sql)
    if len(now.mentions) != 1 or not _only_value(now):
        return None
    value = now.mentions[0]
    rivals = [one for one in before.mentions if _alike(one, value)]
    if len(rivals) != 1 or len(before.pieces) <= len(now.pieces):
        return None
    rival = rivals[0]
    return f"{earlier[: rival.start]}{value.text}{earlier[rival.end :]}"


def _only_value(reading: Reading) -> bool:
    """Tell whether a question says nothing but a value: no names, no operations of its own."""
    told = [piece for piece in reading.pieces if piece.mention is None and not piece.is_glue]
    return all(piece.text.lower() in _LEADS for piece in told)


_LEADS: Final = frozenset("and or but what about how for the same und oder aus was ist mit".split())


def _alike(one: Mention, other: Mention) -> bool:
    """Tell whether two values may stand in each other's place."""
    if one.kind != other.kind:
        return False
    if one.kind == "text":
        columns = {(place.table, place.column) for place in one.places}
        return any((place.table, place.column) in columns for place in other.places)
    return one.kind == "period"
