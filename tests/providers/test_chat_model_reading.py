import pytest

from providers.chat_model.reading.identifiers import identifiers
from providers.chat_model.reading.languages import detect
from providers.chat_model.reading.quantities import (
    Quantity,
    parse_number,
    quantities,
    spoken_quantities,
)
from providers.chat_model.reading.sentences import UnitKind, split, units
from providers.chat_model.reading.words import begins_compound, content_stems, related, same_head


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It holds 1.7 l. Fill it.", ["It holds 1.7 l.", "Fill it."]),
        ("Use water, e.g. tap water. Wait.", ["Use water, e.g. tap water.", "Wait."]),
        ("See Fig. 3 and ch. 4. Done!", ["See Fig. 3 and ch. 4.", "Done!"]),
        ("Am 3. Mai prüfen, z. B. abends. Fertig.", ["Am 3. Mai prüfen, z. B. abends.", "Fertig."]),
        ("Ca. 5 Min. warten. Dann öffnen.", ["Ca. 5 Min. warten.", "Dann öffnen."]),
        ("What? Nothing… Go (now.) Stop", ["What?", "Nothing…", "Go (now.)", "Stop"]),
        ("Wrapped over\nlines here. Next", ["Wrapped over\nlines here.", "Next"]),
        ("First: 1. Open it. 2. Close it.", ["First:", "1. Open it.", "2. Close it."]),
        ("- one\n- two", ["- one", "- two"]),
        ("Title\n\nText here.", ["Title", "Text here."]),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert split(text) == expected


def test_units_point_into_the_text() -> None:
    text = "# Care\n\nWipe it.  Dry it.\n\n1. Open.\n2. Close.\n\n| A | B |\n|---|---|\n| 1 | 2 |\n"
    found = units(text)
    assert [unit.kind for unit in found] == [
        UnitKind.HEADING,
        UnitKind.SENTENCE,
        UnitKind.SENTENCE,
        UnitKind.STEP,
        UnitKind.STEP,
        UnitKind.ROW,
    ]
    assert all(text[unit.start : unit.end] == unit.text for unit in found)
    assert found[3].block == found[4].block != found[2].block
    assert found[5].header == "| A | B |"


def test_rows_of_a_table_without_lines_stay_apart() -> None:
    row = "E01 Door open for a long while, please look Close the door"
    text = f"Code Meaning What to do\n{row}\nE02 Hot"
    assert len(split(text)) == 3


def test_a_table_without_lines_gives_whole_rows_below_their_header() -> None:
    text = (
        "9.1 Codes\nCode Meaning What to do\nE01 Door open Close the door. Wait.\n"
        "E03 Too hot, above 200 °C Let it cool.\nHA It was warm at 9 °C Check it. Press the key.\n"
        "These codes are shown by every oven of the\nfamily. Write them down.\n"
    )
    found = units(text)
    assert [unit.kind for unit in found] == [
        UnitKind.SENTENCE,
        UnitKind.HEADER,
        *[UnitKind.ROW] * 3,
        *[UnitKind.SENTENCE] * 2,
    ]
    assert found[2].text == "E01 Door open Close the door. Wait."
    assert {unit.header for unit in found[2:5]} == {"Code Meaning What to do"}
    assert all(text[unit.start : unit.end] == unit.text for unit in found)


def test_rows_of_full_width_are_not_joined_as_wrapped_lines() -> None:
    text = (
        "KX 40 KX 60\nOutside width, height and depth 595 × 455 mm\nVolume of the cavity 40 l 62 l"
    )
    assert [unit.kind for unit in units(text)] == [UnitKind.HEADER, UnitKind.ROW, UnitKind.ROW]


def test_prose_is_no_table() -> None:
    text = (
        "Care\nWipe the outside with a cloth. Rinse\nthe inside. It dries within 5\n"
        "minutes in air.\n"
    )
    assert {unit.kind for unit in units(text)} == {UnitKind.SENTENCE}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("half a kilo of carrots", [Quantity(500.0, "gram")]),
        ("a full litre", [Quantity(1.0, "litre")]),
        ("eine halbe Stunde", [Quantity(1800.0, "second")]),
        ("a cup of half decent tea", []),
    ],
)
def test_quantities_told_in_words(text: str, expected: list[Quantity]) -> None:
    assert spoken_quantities(text) == expected


@pytest.mark.parametrize(
    ("one", "other", "language", "head", "beginning"),
    [
        ("kochsalz", "speisesalz", "de", True, False),
        ("salzanzeig", "salz", "de", False, True),
        ("kochsalz", "speisesalz", "en", False, False),
        ("tank", "bank", "de", False, False),
    ],
)
def test_compounds(one: str, other: str, language: str, head: bool, beginning: bool) -> None:
    assert same_head(one, other, language) is head
    assert begins_compound(one, other, language) is beginning


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("1,000 W", "en", [Quantity(1000.0, "watt")]),
        ("1.000 W", "de", [Quantity(1000.0, "watt")]),
        ("1,5 kW", "de", [Quantity(1500.0, "watt")]),
        ("4 to 8 °C", "en", [Quantity(4.0, "celsius"), Quantity(8.0, "celsius")]),
        ("220–240 V", "en", [Quantity(220.0, "volt"), Quantity(240.0, "volt")]),
        ("180 °F", "en", [Quantity(180.0, "fahrenheit")]),
        ("three minutes", "en", [Quantity(180.0, "second")]),
        ("drei Stunden", "de", [Quantity(10800.0, "second")]),
        ("2:30 h", "de", [Quantity(9000.0, "second")]),
        ("level 3", "en", [Quantity(3.0)]),
        ("-18 °C", "en", [Quantity(-18.0, "celsius")]),
        ("no numbers", "en", []),
    ],
)
def test_quantities(text: str, language: str, expected: list[Quantity]) -> None:
    assert quantities(text, language) == expected


@pytest.mark.parametrize(
    ("written", "language", "value"),
    [
        ("1,000.5", "en", 1000.5),
        ("1.000,5", "de", 1000.5),
        ("12 000", "en", 12000.0),
        ("0,5", "en", 0.5),
    ],
)
def test_numbers(written: str, language: str, value: float) -> None:
    assert parse_number(written, language) == value


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("The KX-200 and the kx-300, 230V, 5L", (), {"KX200"}),
        ("E14, CR2032 and G9", (), {"E14", "CR2032", "G9"}),
        ("Rill 10, Rill 17 and Rill 17 T", ("rill",), {"RILL10", "RILL17", "RILL17T"}),
        ("Table 3 and Rill 17", ("rill",), {"RILL17"}),
        ("Rill 17 litres", ("rill",), set()),
        ("Kern 5 und 7", ("kern",), {"KERN5", "KERN7"}),
    ],
)
def test_identifiers(text: str, names: tuple[str, ...], expected: set[str]) -> None:
    assert identifiers(text, names) == expected


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How do I descale it?", "en"),
        ("Wie entkalke ich das Gerät?", "de"),
        ("Wasserhärte einstellen", "de"),
        ("water hardness", "en"),
        ("E14", "en"),
        ("", "en"),
    ],
)
def test_languages(text: str, language: str) -> None:
    assert detect(text, ("en", "de")) == language


def test_a_single_language_needs_no_detection() -> None:
    assert detect("Wie geht das?", ("en",)) == "en"


def test_stems() -> None:
    assert content_stems("Cleaning the filters", "en") == content_stems("clean filter", "en")
    assert related("wassertank", "tank")
    assert related("wasserbehalt", "behalt")
    assert not related("tank", "bank")
    assert not related("tan", "titan")
