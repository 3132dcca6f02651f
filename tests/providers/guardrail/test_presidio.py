"""Personal data are found by their form."""

import pytest

from providers.errors import ProviderError
from providers.guardrail.presidio import PresidioConfig, PresidioGuardrail
from providers.types import GuardStage

RAIL = PresidioGuardrail(PresidioConfig())


@pytest.mark.parametrize(
    ("text", "rule", "span"),
    [
        ("Write to anna.berg@firma.de today.", "pii.email", "anna.berg@firma.de"),
        ("Call +49 30 901820 now.", "pii.phone", "+49 30 901820"),
        ("Pay to DE89370400440532013000 please.", "pii.iban", "DE89370400440532013000"),
        ("Card 4111 1111 1111 1111 was used.", "pii.credit_card", "4111 1111 1111 1111"),
        ("The host 192.168.17.4 answers.", "pii.ip_address", "192.168.17.4"),
    ],
)
async def test_what_is_found_and_where(text: str, rule: str, span: str) -> None:
    (found,) = await RAIL.inspect([text], stage=GuardStage.ANSWER)
    assert (rule, span) in [(each.rule, text[each.start : each.end]) for each in found]


async def test_a_model_that_is_not_installed_is_said() -> None:
    rail = PresidioGuardrail(PresidioConfig(spacy_model="no_such_model"))
    with pytest.raises(ProviderError, match="no_such_model"):
        await rail.inspect(["Hello"], stage=GuardStage.ANSWER)
