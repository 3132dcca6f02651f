"""Measures answers from databases: of a folder of databases, or of the sample company's shop."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from cli.evaluating import Progress
from cli.problems import UsageProblemError
from evals.sql.databases import Databases
from evals.sql.scoring import PairRow, SqlScore, evaluate_sql, load_pairs
from examples.shop.making import PAIRS, PARAPHRASES, POLICY, SHOP, TODAY, UNANSWERABLE, sample_shop
from graphs.text_to_sql.policy import Policy, PolicyInvalidError, load_policy
from graphs.text_to_sql.state import Wanted
from graphs.text_to_sql.verified.likeness import Likeness
from graphs.text_to_sql.verified.template import Example
from providers import registry
from providers.principal import local_principal
from providers.protocols import SqlDatasource
from providers.sql_types import Dialect
from service.gateway import build_gateway
from service.plugins import load_providers
from service.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlTrial:
    """What to measure; without `pairs`, the sample company's shop."""

    pairs: Path | None
    databases: Path | None
    dialect: Dialect
    url: str | None
    route: Wanted
    policy: Path | None
    examples: Path | None
    outcomes: Path | None = None


async def run_sql(settings: Settings, trial: SqlTrial, progress: Progress) -> dict[str, Any]:
    """Ask every question and score the answers.

    Raises:
        UsageProblemError: options do not go together, or a file cannot be used.
        DatasetError: the questions cannot be read.
    """
    providers = load_providers(settings)
    rows, connect, day = _asked(settings, trial)
    likeness = Likeness(providers.embedder)
    models = None
    if settings.roles or settings.models:
        from data.database import Database

        database = Database.open(settings.database_url, settings.database.options)
        models = build_gateway(settings, providers, database)
    databases = Databases(
        connect=connect,
        principal=local_principal(),
        today=day,
        route=trial.route,
        policy=_policy(trial),
        examples=_examples(trial),
        likeness=likeness,
        models=models,
    )
    try:
        score = await evaluate_sql(
            rows, databases, progress=lambda done: progress("asking", done, len(rows))
        )
    finally:
        await databases.aclose()
        await providers.aclose()
    if trial.outcomes is not None:
        _write(trial.outcomes, score)
    return score.report()


def _asked(
    settings: Settings, trial: SqlTrial
) -> tuple[list[PairRow], Callable[[str], SqlDatasource], date]:
    """Return the questions, how to connect, and the day that they are asked on."""
    if trial.pairs is None:
        shop = sample_shop(settings.home)
        rows = load_pairs(PARAPHRASES, database=SHOP) + load_pairs(UNANSWERABLE, database=SHOP)
        return rows, lambda _: _sqlite(shop), TODAY
    today = datetime.now(UTC).astimezone().date()
    rows = load_pairs(trial.pairs)
    if trial.databases is None:
        raise UsageProblemError("name the folder of databases: --databases DIR")
    folder = trial.databases
    names = {row.database for row in rows}
    if trial.dialect is Dialect.SQLITE:
        _require_files(folder, names, ".sqlite")
        return rows, lambda name: _sqlite(folder / f"{name}.sqlite"), today
    if trial.url is None:
        raise UsageProblemError("name a PostgreSQL server: --url postgresql://USER@HOST/NAME")
    _require_files(folder, names, ".sql")
    from cli.loading_dumps import load_dumps

    urls = load_dumps(trial.url, folder, sorted(names))
    return rows, lambda name: _postgres(urls[name]), today


def _require_files(folder: Path, names: set[str], ending: str) -> None:
    missing = sorted(name for name in names if not (folder / f"{name}{ending}").is_file())
    if missing:
        raise UsageProblemError(f"{folder} has no {missing[0]}{ending}")


def _sqlite(path: Path) -> SqlDatasource:
    return registry.load(registry.SQL_DATASOURCE, "sqlite", {"url": str(path)})


def _postgres(url: str) -> SqlDatasource:
    return registry.load(registry.SQL_DATASOURCE, "postgres", {"url": url})


def _policy(trial: SqlTrial) -> Policy | None:
    path = trial.policy or (POLICY if trial.pairs is None else None)
    try:
        return None if path is None else load_policy(path)
    except PolicyInvalidError as error:
        raise UsageProblemError(str(error)) from error


def _examples(trial: SqlTrial) -> list[Example]:
    path = trial.examples or (PAIRS if trial.pairs is None else None)
    return [] if path is None else read_examples(path)


def read_examples(path: Path) -> list[Example]:
    """Read verified pairs: lines of `{"id", "question", "sql"}`.

    Raises:
        UsageProblemError: the file or a line cannot be read.
    """
    found = []
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
        for line in filter(str.strip, lines):
            given = json.loads(line)
            found.append(Example(str(given["id"]), given["question"], given["sql"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageProblemError(f"{path}: write lines of id, question and sql: {error}") from error
    return found


def _write(path: Path, score: SqlScore) -> None:
    with path.open("w", encoding="utf-8") as file:
        for one in score.outcomes:
            line = {
                "id": one.row.id,
                "question": one.row.question,
                "route": one.route,
                "right": one.right,
                "sql": one.sql,
                "error": one.error,
            }
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
