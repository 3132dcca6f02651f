"""Tokens guessed without a tokenizer."""

from pathlib import Path

import pytest
from tokenizers import Tokenizer

from providers.embedder.word_pieces import word_pieces

TEXTS = [
    "Unplug the appliance before you clean the drain pump filter. Error E18 means a blocked pump.",
    "Der Geschirrspüler öffnet die Trocknungsklappe automatisch, sobald der Spülgang endet.",
    "Прибор не включается, если дверца открыта.",
    "请清洁洗衣机过滤器。",
    "Model KX-200/4 (2026): 1.7 litres, 2 400 W; order no. 00123456789.",
]


def test_pieces_cover_everything_but_white_space() -> None:
    text = "ab\tÄöü_x\n\n12345 — 温度 é"
    spans = word_pieces(text)
    covered = "".join(text[start:end] for start, end in spans)
    assert covered == "".join(text.split())
    assert spans == sorted(spans)


def test_the_rules() -> None:
    def words(text: str) -> list[str]:
        return [text[start:end] for start, end in word_pieces(text)]

    assert words("describe it") == ["des", "cri", "be", "it"]
    assert words("12345") == ["12", "34", "5"]
    assert words("温度表") == ["温", "度", "表"]
    assert words("дверца") == list("дверца")


@pytest.mark.integration
@pytest.mark.parametrize("text", TEXTS)
def test_no_fewer_than_a_real_tokenizer_counts(text: str, models_dir: Path) -> None:
    tokenizer = Tokenizer.from_file(str(models_dir / "all-MiniLM-L6-v2" / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    real = len(tokenizer.encode(text, add_special_tokens=False).ids)
    assert real <= len(word_pieces(text)) <= 2 * real
