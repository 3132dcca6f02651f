"""Letters of a page against letters of a quote."""

from providers.parser.page_text import PageText, find_quote


def covered(page: str, quote: str) -> str:
    return "".join(page[index] for index in find_quote(PageText.of(page), quote))


def test_case_space_and_punctuation_do_not_matter() -> None:
    assert covered("Set the\r\nDIAL to 4-5.", "set the dial to 45") == "SettheDIALto45"


def test_a_ligature_counts_as_its_letters() -> None:
    assert covered("a ﬁlter", "filter") == "ﬁlter"


def test_accents_are_folded_alike() -> None:
    assert covered("Gerät prüfen", "Gera\u0308t pru\u0308fen") == "Gerätprüfen"


def test_a_quote_that_runs_over_the_end_of_the_page_is_covered_as_far_as_it_goes() -> None:
    page = "some text before it. Close the valve before you remove the"
    quote = "Close the valve before you remove the filter housing."

    assert covered(page, quote) == "Closethevalvebeforeyouremovethe"


def test_a_quote_found_only_in_scraps_is_not_covered() -> None:
    assert covered("Close the lid.", "Close the valve before you remove the filter.") == ""


def test_a_quote_without_letters_covers_nothing() -> None:
    assert covered("--- . ---", "---") == ""
