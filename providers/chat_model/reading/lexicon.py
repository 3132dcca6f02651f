"""Words whose meaning decides whether a sentence follows from another.

The lists are small, general and our own: words that appliance manuals, data sheets and
instructions use in English and German. Words are given in full; they are compared by stem.
"""

from functools import cache

from providers.chat_model.reading.words import stem

_NEGATIONS = {
    "en": "not never cannot neither nor none nobody nothing avoid forbidden prohibited refrain",
    "de": "nicht nie niemals weder nichts niemand vermeiden verboten untersagt",
}

_WITHOUT = frozenset(
    {"without", "no", "ohne", "kein", "keine", "keinen", "keinem", "keiner", "keines"}
)

_MATERIAL = {
    "en": "automatically manually immediately permanently temporarily daily weekly monthly yearly "
    "remotely wirelessly free optional mandatory",
    "de": "automatisch manuell sofort dauerhaft vorübergehend täglich wöchentlich monatlich "
    "jährlich kabellos kostenlos optional",
}

_ANTONYMS = {
    "en": "open/close on/off left/right up/down upper/lower top/bottom before/after "
    "increase/reduce "
    "increase/decrease raise/lower rise/fall rise/drop above/below over/under more/less "
    "most/least minimum/maximum min/max hot/cold warm/cool warmest/coldest hard/soft "
    "lock/unlock clockwise/anticlockwise clockwise/counterclockwise push/pull insert/remove "
    "insert/withdraw attach/detach install/uninstall connect/disconnect plug/unplug "
    "enable/disable activate/deactivate fill/empty fill/drain full/empty start/stop start/end "
    "begin/end extend/shorten lengthen/shorten long/short thick/thin wide/narrow high/low "
    "highest/lowest fast/slow faster/slower heavy/light large/small front/rear front/back "
    "inside/outside indoor/outdoor first/last wet/dry damp/dry tighten/loosen "
    "horizontal/vertical forward/backward behind/front allow/forbid permit/forbid "
    "include/exclude cover/exclude damage/protect visible/hidden input/output "
    "positive/negative plus/minus day/night manual/automatic manually/automatically "
    "freeze/thaw accept/refuse add/remove leave/remove save/delete soak/dry "
    "switch-on/switch-off turn-on/turn-off",
    "de": "öffnen/schließen aus#/ein# aus#/an# auf#/zu# links/rechts linke/rechte oben/unten "
    "obere/untere vor/nach vorher/nachher vorher/danach erhöhen/verringern erhöhen/senken "
    "steigen/fallen gestiegen/gefallen über/unter mehr/weniger mindestens/höchstens "
    "minimal/maximal min/max heiß/kalt warm/kalt warm/kühl hart/weich sperren/entsperren "
    "verriegeln/entriegeln einschalten/ausschalten eingeschaltet/ausgeschaltet "
    "anschalten/abschalten einschalten/abschalten drücken/ziehen einsetzen/herausnehmen "
    "einsetzen/entnehmen anschließen/trennen aktivieren/deaktivieren füllen/leeren voll/leer "
    "starten/stoppen beginnen/enden anfang/ende verlängern/verkürzen lang/kurz dick/dünn "
    "breit/schmal hoch/niedrig schnell/langsam schwer/leicht groß/klein vorne/hinten "
    "vordere/hintere innen/außen erste/letzte nass/trocken feucht/trocken festziehen/lösen "
    "waagerecht/senkrecht vorwärts/rückwärts erlaubt/verboten plus/minus tag/nacht "
    "manuell/automatisch einfrieren/auftauen hinzufügen/entfernen immer/nie",
}

_ONE_OF = {
    "en": "red/green/blue/yellow/white/black/orange/grey/brown/purple "
    "upper/middle/lower/top/bottom/centre front/rear/side/back freezer/refrigerator/fridge "
    "oven/hob/hood/microwave/dishwasher/kettle/blender salt/detergent/softener vinegar/lemon "
    "user/manufacturer/dealer/technician/electrician beef/pork/lamb/chicken/poultry/fish/veal "
    "steel/aluminium/copper/glass/plastic/wood/ceramic cotton/wool/silk/synthetics/linen "
    "door/lid/drawer/handle monday/tuesday/wednesday/thursday/ friday/saturday/sunday "
    "spring/summer/autumn/winter charcoal/grease tea/coffee/milk/juice/soup "
    "drum/door/pump/fan/filter",
    "de": "rot/rote/grün/grüne/blau/blaue/gelb/gelbe/weiß/weiße/schwarz/schwarze/orange "
    "gefrierfach/kühlfach gefriergerät/kühlschrank "
    "backofen/kochfeld/haube/mikrowelle/geschirrspüler salz/reiniger/klarspüler "
    "rind/schwein/lamm/huhn/fisch stahl/aluminium/kupfer/glas/kunststoff/holz/keramik "
    "baumwolle/wolle/seide/leinen tür/deckel/schublade/griff "
    "montag/dienstag/mittwoch/donnerstag/ freitag/samstag/sonntag fettfilter/aktivkohlefilter "
    "tee/kaffee/milch stecker/kabel",
}

_SYNONYMS = {
    "en": "fridge/refrigerator hob/cooktop cut/failure/fail/outage maximum/highest lowest/minimum "
    "labour/work install/fit/mount move/transport display/screen key/button "
    "appliance/machine/device/unit/product show/display/appear/indicate/mean/signal/stand "
    "replace/change/exchange/swap remove/take-out/pull-out/detach detach/unscrew turn/switch "
    "tone/sound/beep/signal hear/sound hold/contain/capacity/room need/require/take "
    "use/utilise/employ/operate/run suitable/appropriate/fit last/run "
    "damage/ruin/destroy/harm clean/wash close/shut start/begin finish/end "
    "put/place/insert/load/position keep/store/remain/stay/leave store/remember/save/memorise "
    "allow/permit/may let/release wait/let cool/chill automatic/itself/automatically/self "
    "maximum/most/max minimum/least/min quick/fast rapid/fast manual/instruction "
    "warranty/guarantee defect/fault error/fault service/support call/contact/phone "
    "purchase/buy/sale customer/user speed/rpm length/long weight/weigh height/high "
    "width/wide depth/deep select/choose/pick set/adjust enough/suffice full/filled "
    "rinse/flush improve/better reduce/lower/decrease extend/lengthen/prolong "
    "exceed/beyond/above/over below/under/drop/fall cable/cord/lead mains/power socket/outlet "
    "plug/connector cloth/rag dispose/discard free/charge/cost cup/mug pot/pan cookware/pan "
    "food/dish wi-fi/wlan/network supported/work/compatible return/back resume/continue "
    "roughly/about/approximately/around setup/set connect/attach fault/malfunction "
    "available/get lift/take accept/take spill/overflow warm/keep prevent/avoid press/push "
    "tap/touch press/tap illuminate/light flash/blink hour/h minute/min second/s "
    "warn/alarm/alert puddle/water space/gap/clearance cabinet/cupboard/niche "
    "cover/include state/give bottom/base limescale/lime",
    "de": "spülmaschine/geschirrspüler kühlgerät/kühlschrank ofen/backofen herd/kochfeld "
    "wasserkocher/kocher kaffeemaschine/espressomaschine gerät/maschine/apparat "
    "zeigen/anzeigen/erscheinen/bedeuten/hinweisen "
    "ersetzen/tauschen/austauschen/wechseln/auswechseln herausnehmen/entnehmen/entfernen "
    "betragen/sein fassen/inhalt/fassungsvermögen/kapazität benötigen/brauchen "
    "nutzen/benutzen/verwenden/gebrauchen legen/stellen/setzen/liegen "
    "reinigen/säubern/putzen/waschen sperren/verriegeln starten/beginnen dauern/dauer "
    "automatisch/selbsttätig/selbst spätestens/mindestens länge/lang breite/breit höhe/hoch "
    "gewicht/wiegen dürfen/können beaufsichtigt/aufsicht/beaufsichtigung öffnen/auf# "
    "abschalten/ausschalten blech/backblech waschen/gewaschen drücken/halten "
    "garantie/gewährleistung abstand/entfernt bedienung/benutzung lassen/können defekt/kaputt "
    "netz/strom anschließen/angeschlossen/anschluss einschalten/eingeschaltet "
    "ausschalten/ausgeschaltet einbauen/eingebaut nachfüllen/nachgefüllt/füllen/einfüllen "
    "verlängern/verlängert schmieren/geschmiert/fetten/gefettet verbrauchen/verbraucht/verbrauch "
    "nehmen/verwenden",
}

_UNIVERSAL = {
    "en": "all every each any everything everyone completely entirely",
    "de": "alle allen aller alles jede jeder jedes jeden jedem sämtliche völlig",
}
_ALWAYS = {"en": "always constantly invariably", "de": "immer stets jederzeit"}
_EXCLUSIVE = {
    "en": "only solely exclusively just",
    "de": "nur ausschließlich lediglich bloß",
}
_LIGHT = {
    "en": "appliance machine device unit product model be have do make take get go come give put "
    "keep let need use should must can may will mean stand show aim avoid hear see find know "
    "want about around roughly approximately as long soon well also really please make sure "
    "certain way thing time called named again before after when while during first then "
    "possible able allow necessary required following follow correspond refer contain include "
    "work run set turn switch place continue go return reach stay remain become happen cause "
    "lead help mind turned itself small big large",
    "de": "gerät maschine modell sein haben werden machen geben nehmen können müssen sollen dürfen "
    "lassen gehen kommen stehen liegen zeigen bedeuten etwa ungefähr rund circa bitte auch "
    "wieder beim dabei dazu vorher danach zuerst möglich nötig erforderlich entsprechen "
    "enthalten betragen gelten gilt sowohl als selbst gibt braucht muss kann man typ "
    "groß große großen großer klein kleine kleinen kleiner",
}


@cache
def _stemmed(words: str, language: str) -> frozenset[str]:
    return frozenset(stem(word, language) for word in words.split())


@cache
def _groups(text: str, language: str) -> dict[str, frozenset[str]]:
    """Map each stem to the other stems of its groups (`a/b/c d/e`)."""
    found: dict[str, set[str]] = {}
    for group in text.split():
        members = {stem(word, language) for word in group.split("/")}
        for member in members:
            found.setdefault(member, set()).update(members - {member})
    return {member: frozenset(others) for member, others in found.items()}


def negations(language: str) -> frozenset[str]:
    """Return the words that negate."""
    return frozenset(_NEGATIONS.get(language, "").split())


def is_without(word: str) -> bool:
    """Tell whether a word denies what follows it, rather than the clause."""
    return word in _WITHOUT


def is_material(word: str, language: str) -> bool:
    """Tell whether an adverb or the like changes what a sentence promises."""
    return word in _MATERIAL.get(language, "").split()


@cache
def opposites(word: str, language: str) -> frozenset[str]:
    """Return the stems that say the contrary of a word, or another member of its kind.

    Comparatives and superlatives have the contraries of their kind: `thinnest` has
    `thickest`.
    """
    found = _opposites(stem(word, language), language)
    for ending in ("est", "er"):
        for base in _bases(word, ending) if language == "en" else ():
            for other in _plain_opposites(base):
                found |= {stem(f"{form}{ending}", language) for form in _forms(other)}
    return found


def _opposites(word_stem: str, language: str) -> frozenset[str]:
    contrary = _groups(_ANTONYMS.get(language, ""), language).get(word_stem, frozenset())
    return contrary | _groups(_ONE_OF.get(language, ""), language).get(word_stem, frozenset())


def _plain_opposites(word: str) -> set[str]:
    groups = (group.split("/") for group in _ANTONYMS["en"].split())
    return {other for group in groups if word in group for other in group if other != word}


def _bases(word: str, ending: str) -> list[str]:
    """Return what an English comparative may be formed of: `thinner` → thinn, thin, thinne."""
    if not word.endswith(ending) or len(word) <= len(ending) + 2:
        return []
    root = word.removesuffix(ending)
    return [root, f"{root}e", root[:-1] if root[-1] == root[-2] else root]


def _forms(word: str) -> list[str]:
    """Return the roots that an English comparative of a word may have."""
    return [word.removesuffix("e"), word + word[-1]]


def synonyms(word_stem: str, language: str) -> frozenset[str]:
    """Return the stems that may stand for a stem."""
    return _groups(_SYNONYMS.get(language, ""), language).get(word_stem, frozenset())


def is_universal(word: str, language: str) -> bool:
    """Tell whether a word claims something of every case."""
    return word in _UNIVERSAL.get(language, "").split()


def is_always(word: str, language: str) -> bool:
    """Tell whether a word claims something of every time."""
    return word in _ALWAYS.get(language, "").split()


def is_exclusive(word: str, language: str) -> bool:
    """Tell whether a word rules every other case out."""
    return word in _EXCLUSIVE.get(language, "").split()


def is_light(word_stem: str, language: str) -> bool:
    """Tell whether a word carries little of a sentence's meaning."""
    return word_stem in _stemmed(_LIGHT.get(language, ""), language)
