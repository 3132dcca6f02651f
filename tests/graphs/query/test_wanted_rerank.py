"""Who asks for one branch alone sees that branch's own order."""

import pytest

from graphs.query.retrieval import _wanted_rerank
from graphs.query.state import Context, Mode
from graphs.query.steps import Turn
from providers.principal import local_principal


@pytest.mark.parametrize(
    ("mode", "asked", "wanted"),
    [
        (Mode.HYBRID, None, None),
        (Mode.HYBRID, True, True),
        (Mode.SPARSE, None, False),
        (Mode.DENSE, None, False),
        (Mode.DENSE, True, True),
        (Mode.HYBRID, False, False),
    ],
)
def test_one_branch_is_not_reranked_unasked(
    mode: Mode, asked: bool | None, wanted: bool | None
) -> None:
    turn = Turn(
        principal=local_principal(),
        context=Context(mode=mode, rerank=asked),
        emit=lambda _event: None,
    )
    assert _wanted_rerank(turn) is wanted
