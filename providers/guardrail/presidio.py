"""A guardrail that finds personal data, with presidio's pattern recognisers.

No language model is loaded: the recognisers get a blank tokeniser. Names of persons are found
only where the option `spacy_model` names an installed model.
"""

import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

import spacy
from anyio import to_thread
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine
from presidio_analyzer.predefined_recognizers import (
    CreditCardRecognizer,
    EmailRecognizer,
    IbanRecognizer,
    IpRecognizer,
    PhoneRecognizer,
    SpacyRecognizer,
)
from pydantic import BaseModel, ConfigDict, Field

from providers.errors import ProviderError
from providers.types import Finding, GuardStage, Health, Status

_RULES = {
    "EMAIL_ADDRESS": "email",
    "PHONE_NUMBER": "phone",
    "IBAN_CODE": "iban",
    "CREDIT_CARD": "credit_card",
    "IP_ADDRESS": "ip_address",
    "PERSON": "person",
}
_LANGUAGE = "en"
"""The patterns are those of all languages; presidio wants one name for them."""


class PresidioConfig(BaseModel):
    """Options of the `presidio` guardrail.

    `phone_regions` are ISO 3166 codes of the countries whose numbers are known without a
    country code. `spacy_model` is an installed model that knows names of persons.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_score: float = Field(default=0.4, ge=0.0, le=1.0)
    phone_regions: tuple[str, ...] = ("DE", "AT", "CH", "FR", "ES", "GB", "US")
    spacy_model: str | None = None


class _Tokens(NlpEngine):
    """Cuts texts into words, and finds names only where a model was named."""

    def __init__(self, model: str | None) -> None:
        try:
            self._pipeline: Any = spacy.load(model) if model else spacy.blank("xx")
        except OSError as error:
            raise ProviderError(f"the spaCy model {model!r} is not installed") from error

    def load(self) -> None:
        """Everything is loaded."""

    def is_loaded(self) -> bool:
        """It always is."""
        return True

    def process_text(self, text: str, language: str) -> NlpArtifacts:
        """Cut one text into words."""
        found = self._pipeline(text)
        words = [token.text.lower() for token in found]
        return NlpArtifacts(
            entities=list(found.ents),
            tokens=found,
            tokens_indices=[token.idx for token in found],
            lemmas=words,
            nlp_engine=self,
            language=language,
            scores=[0.85] * len(found.ents),
        )

    def process_batch(
        self,
        texts: Iterable[str],
        language: str,
        batch_size: int = 1,
        n_process: int = 1,
        **kwargs: Any,
    ) -> Iterator[tuple[str, NlpArtifacts]]:
        """Cut texts into words, one by one."""
        for text in texts:
            yield text, self.process_text(text, language)

    def is_stopword(self, word: str, language: str) -> bool:
        """Tell whether the word says little."""
        return bool(self._pipeline.vocab[word].is_stop)

    def is_punct(self, word: str, language: str) -> bool:
        """Tell whether the word is punctuation."""
        return bool(self._pipeline.vocab[word].is_punct)

    def get_supported_entities(self) -> list[str]:
        """Names of persons, where a model was named."""
        return ["PERSON"]

    def get_supported_languages(self) -> list[str]:
        """One name for all."""
        return [_LANGUAGE]


class PresidioGuardrail:
    """Finds `pii.email`, `phone`, `iban`, `credit_card`, `ip_address` and `person`."""

    config_type: ClassVar = PresidioConfig

    def __init__(self, config: PresidioConfig) -> None:
        self._config = config
        self._analyzer: AnalyzerEngine | None = None
        self._loading = threading.Lock()

    async def inspect(
        self, texts: Sequence[str], *, stage: GuardStage, language: str = "en"
    ) -> list[list[Finding]]:
        """Look at each text, at every stage alike.

        Raises:
            ProviderError: the named spaCy model is not installed.
        """
        return await to_thread.run_sync(self._inspect, texts)

    async def check(self) -> Health:
        """Load the recognisers."""
        try:
            await to_thread.run_sync(self._loaded)
        except ProviderError as error:
            return Health(status=Status.UNAVAILABLE, plugin="presidio", detail=str(error))
        detail = "" if self._config.spacy_model else "without names of persons"
        return Health(status=Status.READY, plugin="presidio", detail=detail)

    async def aclose(self) -> None:
        """Let go of the recognisers."""
        self._analyzer = None

    def _inspect(self, texts: Sequence[str]) -> list[list[Finding]]:
        analyzer = self._loaded()
        return [
            [
                Finding(
                    rule=f"pii.{_RULES[each.entity_type]}",
                    score=float(each.score),
                    start=each.start,
                    end=each.end,
                    message=f"holds what looks like a {_RULES[each.entity_type].replace('_', ' ')}",
                )
                for each in analyzer.analyze(
                    text, language=_LANGUAGE, score_threshold=self._config.min_score
                )
                if each.entity_type in _RULES
            ]
            for text in texts
        ]

    def _loaded(self) -> AnalyzerEngine:
        with self._loading:
            if self._analyzer is None:
                self._analyzer = self._build()
            return self._analyzer

    def _build(self) -> AnalyzerEngine:
        logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
        regions = list(self._config.phone_regions)
        recognisers: list[Any] = [
            EmailRecognizer(supported_language=_LANGUAGE),
            IbanRecognizer(supported_language=_LANGUAGE),
            CreditCardRecognizer(supported_language=_LANGUAGE),
            IpRecognizer(supported_language=_LANGUAGE),
            PhoneRecognizer(supported_language=_LANGUAGE, supported_regions=regions),
        ]
        if self._config.spacy_model:
            recognisers.append(SpacyRecognizer(supported_language=_LANGUAGE))
        registry = RecognizerRegistry(recognisers, supported_languages=[_LANGUAGE])
        return AnalyzerEngine(
            registry=registry,
            nlp_engine=_Tokens(self._config.spacy_model),
            supported_languages=[_LANGUAGE],
        )
