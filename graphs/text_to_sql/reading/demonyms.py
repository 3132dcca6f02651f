"""Adjectives of countries, so that `Norwegian customers` finds the value `Norway`."""

from typing import Final

_PAIRS: Final = """
afghan=Afghanistan albanian=Albania algerian=Algeria american=United States,USA,US
argentinian=Argentina argentine=Argentina australian=Australia austrian=Austria
bangladeshi=Bangladesh belgian=Belgium bolivian=Bolivia brazilian=Brazil british=United Kingdom,UK
bulgarian=Bulgaria canadian=Canada chilean=Chile chinese=China colombian=Colombia
croatian=Croatia cuban=Cuba cypriot=Cyprus czech=Czech Republic,Czechia danish=Denmark
dutch=Netherlands egyptian=Egypt english=England estonian=Estonia ethiopian=Ethiopia
finnish=Finland french=France german=Germany greek=Greece hungarian=Hungary icelandic=Iceland
indian=India indonesian=Indonesia iranian=Iran iraqi=Iraq irish=Ireland israeli=Israel
italian=Italy japanese=Japan jordanian=Jordan kenyan=Kenya korean=South Korea,Korea
latvian=Latvia lebanese=Lebanon lithuanian=Lithuania luxembourgish=Luxembourg
malaysian=Malaysia maltese=Malta mexican=Mexico moroccan=Morocco nepalese=Nepal nigerian=Nigeria
norwegian=Norway pakistani=Pakistan peruvian=Peru philippine=Philippines polish=Poland
portuguese=Portugal romanian=Romania russian=Russia saudi=Saudi Arabia scottish=Scotland
serbian=Serbia singaporean=Singapore slovak=Slovakia slovenian=Slovenia spanish=Spain
swedish=Sweden swiss=Switzerland syrian=Syria taiwanese=Taiwan thai=Thailand tunisian=Tunisia
turkish=Turkey ukrainian=Ukraine vietnamese=Vietnam welsh=Wales
"""


def _read() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    word = ""
    for part in _PAIRS.split():
        if "=" in part:
            word, _, country = part.partition("=")
            found[word] = (country,)
        else:  # the rest of a name of two words
            *others, last = found[word]
            found[word] = (*others, f"{last} {part}")
    return {
        word: tuple(name for names in countries for name in names.split(","))
        for word, countries in found.items()
    }


ADJECTIVES: Final = _read()
"""Countries by their adjective, in lower case."""
BY_COUNTRY: Final = {
    country.casefold(): word for word, countries in ADJECTIVES.items() for country in countries
}
"""The adjective of a country, by its name in lower case."""
