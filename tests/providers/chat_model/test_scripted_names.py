import pytest

from providers.chat_model.scripted_names import ServedFault, behaviour_of
from providers.chat_model.scripted_replies import instance_json, reply_to


def test_a_name_says_everything() -> None:
    found = behaviour_of("scripted-slow-200ms-tps-50-429-after-2-flaky-3")
    assert found is not None
    assert (found.first_ms, found.piece_ms, found.retry_after_s) == (200.0, 20.0, 2)
    assert found.fault_of_call(3) is ServedFault.RATE_LIMIT
    assert found.fault_of_call(4) is None


@pytest.mark.parametrize("fault", list(ServedFault))
def test_each_fault_has_a_name(fault: ServedFault) -> None:
    found = behaviour_of(f"scripted-{fault.value}")
    assert found is not None
    assert found.fault is fault
    assert found.fault_of_call(99) is fault


@pytest.mark.parametrize(
    "name",
    ["", "gpt-4o", "scripted-", "scripted-402", "scripted-slow", "scripted-4290", "xscripted"],
)
def test_other_names_are_no_models(name: str) -> None:
    assert behaviour_of(name) is None


def test_a_flaky_model_is_busy_at_first() -> None:
    found = behaviour_of("scripted-flaky-1")
    assert found is not None
    assert [found.fault_of_call(n) for n in (1, 2)] == [ServedFault.BUSY, None]


def test_a_reply_is_the_first_sentence_below_titles() -> None:
    text = "Passages:\n\n[1] (Kettle)\n## Size\n\nIt holds 1.7 litres. More.\n\n[2] x\nOther."
    assert reply_to(text) == "It holds 1.7 litres. [1]"
    assert reply_to("hello") == "This is a scripted reply."


def test_json_of_a_schema() -> None:
    schema = {
        "type": "object",
        "required": ["label", "score", "tags"],
        "properties": {
            "label": {"enum": ["yes", "no"]},
            "score": {"type": "integer", "minimum": 3},
            "tags": {"type": "array", "items": {"type": ["string", "null"]}},
            "more": {"type": "string"},
        },
    }
    assert instance_json(schema) == '{"label": "yes", "score": 3, "tags": ["scripted"]}'
