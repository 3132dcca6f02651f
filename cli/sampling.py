"""Sets up the sample company's shop."""

from pathlib import Path

from cli.backend import Backend
from cli.evaluating_sql import read_examples
from examples.shop.making import PAIRS, POLICY, SHOP
from graphs.text_to_sql.policy import load_policy
from service.datasource_schemas import NewDatasource
from service.sql_schemas import NewExample


async def load_shop(backend: Backend, path: Path) -> int:
    """Add the shop's database as a datasource, and approve its questions.

    What is there already stays. Returns how many verified questions it has.
    """
    there = {one.name for one in (await backend.datasources.list()).datasources}
    if SHOP not in there:
        await backend.datasources.add(
            NewDatasource(name=SHOP, url=f"sqlite:///{path}", policy=load_policy(POLICY))
        )
    known = {one.question for one in (await backend.sql.examples(SHOP)).examples}
    wanted = [
        NewExample(datasource=SHOP, question=one.question, sql=one.sql)
        for one in read_examples(PAIRS)
        if one.question not in known
    ]
    if wanted:
        await backend.sql.approve_all(wanted)
    return len(known) + len(wanted)
