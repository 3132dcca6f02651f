from graphs.identity import principal_of
from graphs.query.steps import TRACE_ID_KEY
from providers.principal import local_principal
from providers.telemetry import Doing, Run, Span, SpanKind, root
from tools.running import run_config


def test_a_run_is_part_of_the_current_trace() -> None:
    ended: list[Span] = []
    run = Run(trace_id="a" * 32, sink=ended.append)
    with Doing(root("search_documents", SpanKind.TOOL, run)):
        config = run_config(local_principal())
    assert principal_of(config) == local_principal()
    assert config["configurable"][TRACE_ID_KEY] == "a" * 32


def test_without_a_trace_none_is_named() -> None:
    assert run_config(local_principal())["configurable"][TRACE_ID_KEY] is None
