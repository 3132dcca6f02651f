"""What a question asks to be done: the operations that its words stand for."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from graphs.text_to_sql.reading.tokens import Token, stemmed


class Op(StrEnum):
    """An operation; the words for it are in `PHRASES`."""

    COUNT = "count"
    SUM = "sum"
    AVG = "avg"
    MAX = "max"
    MIN = "min"
    GROUP = "group"
    ORDER = "order"
    DESC = "desc"
    ASC = "asc"
    TOP = "top"
    DISTINCT = "distinct"
    NOT = "not"
    GT = ">"
    GE = ">="
    LT = "<"
    LE = "<="
    EQ = "="
    BETWEEN = "between"
    BEFORE = "before"
    AFTER = "after"
    SINCE = "since"
    UNTIL = "until"
    AND = "and"
    OR = "or"
    LIST = "list"
    MISSING = "missing"


PHRASES: Final[dict[Op, str]] = {
    Op.COUNT: "how many|how many times|how often|number of|count of|count|total number of"
    "|total count of|the number",
    Op.SUM: "sum of|sum|total|in total|altogether|overall|combined|how much|total amount of",
    Op.AVG: "average|mean|avg|on average|average of",
    Op.MAX: "highest|largest|maximum|max|biggest|greatest|most|latest|newest|most recent|last"
    "|longest|best|strongest|top selling|busiest|most frequent|priciest"
    "|most expensive|costliest|heaviest",
    Op.MIN: "lowest|smallest|minimum|min|least|fewest|earliest|oldest|first|shortest|worst"
    "|cheapest|least expensive|lightest|longest standing|weakest|slowest|lowest priced",
    Op.GROUP: "per|by|for each|for every|of each|of every|in each|in every|each|every|grouped by"
    "|broken down by|split by|by each|group by|breakdown by|across",
    Op.ORDER: "sorted by|ordered by|order by|sort by|sort them by|ranked by|order them by"
    "|starting from|starting with|ordered from|sorted from|sorted in|ordered in|ordered|sorted",
    Op.DESC: "descending|descending order|in descending order|desc|highest first|largest first"
    "|most first|highest to lowest|from highest to lowest|largest to smallest"
    "|from largest to smallest|most frequent first|biggest first|newest first|latest first"
    "|most recent first",
    Op.ASC: "ascending|ascending order|in ascending order|asc|lowest first|smallest first"
    "|lowest to highest|from lowest to highest|smallest to largest|alphabetically"
    "|alphabetical order|in alphabetical order|oldest first|earliest first",
    Op.TOP: "top",
    Op.DISTINCT: "distinct|different|unique",
    Op.NOT: "not|except|excluding|other than|apart from|don't|doesn't|isn't|aren't|wasn't"
    "|weren't|didn't|haven't|hasn't|never|non|neither|nor|nobody|none|left out|leaving out"
    "|left aside|aside from|ignoring|omitting|but not",
    Op.MISSING: "without|no|lacking|missing|without any|with no|have no|has no|do not have"
    "|does not have|do not have any|don't have|don't have any|have not had any",
    Op.GT: "more than|greater than|over|above|exceeding|higher than|larger than|bigger than"
    "|exceeds|exceed|exceeded|heavier than|longer than|>",
    Op.GE: "at least|no less than|not less than|minimum of|or more|or higher|>=",
    Op.LT: "less than|under|below|fewer than|lower than|smaller than|cheaper than|lighter than|<",
    Op.LE: "at most|up to|no more than|not more than|maximum of|or less|or fewer|or lower|<=",
    Op.EQ: "exactly|equal to|equals|=",
    Op.BETWEEN: "between",
    Op.BEFORE: "before|prior to|earlier than",
    Op.AFTER: "after|later than",
    Op.SINCE: "since|from the start of|on or after",
    Op.UNTIL: "until|till|through|up until|on or before",
    Op.AND: "and|as well as|together with",
    Op.OR: "or|either",
    Op.LIST: "list|show|give|which|what|who|whose|display|find|get|return|name|tell|see",
}
_BY_WORDS: Final = {
    tuple(phrase.split()): op for op, phrases in PHRASES.items() for phrase in phrases.split("|")
}
_LONGEST: Final = max(map(len, _BY_WORDS))
GLUE: Final = frozenset(
    "a an the of in on at for from to with is are was were be been being am do does did has have"
    " had having there that this these those it its they them their we our us i my me you your"
    " please can could would will shall want need like know all any some so as into than then"
    " currently just only also both here where when whom s us out up any such ones one s re"
    " made make makes exist exists existing come comes came belong belongs belonging placed"
    " information data details detail value values record records entry entries row rows"
    " i'm looking look ever yet already got get i'd i've we've we'd there's"
    " respectively located based database many much following set about because due still hold"
    " holds held live lives living situated recorded registered € $ £".split()
) - {"only", "both", "also"}
"""Words that say nothing about what is asked for, in questions about data."""
ADDITIVE: Final = frozenset(
    stemmed(word)
    for word in "revenue turnover sales quantity amount units pieces income spending sold".split()
)
"""Words for amounts that are added up when nothing else is said: revenue by country."""


def op_at(tokens: Sequence[Token], at: int) -> tuple[int, Op | None]:
    """Return the longest phrase for an operation that begins at a word."""
    for size in range(min(_LONGEST, len(tokens) - at), 0, -1):
        op = _BY_WORDS.get(tuple(token.text for token in tokens[at : at + size]))
        if op is not None:
            return size, op
    return 0, None
