"""Single expressions that give an attack away, with how much each of them weighs.

All read folded text (see `unmasking.fold`). They were written for this project.
"""

import re
from dataclasses import dataclass

from providers.guardrail import phrases


@dataclass(frozen=True, slots=True)
class Sign:
    """One expression; `asked` ones weigh less in a question about one's own doing."""

    rule: str
    weight: float
    pattern: re.Pattern[str]
    message: str
    asked: bool = False


def sign(rule: str, weight: float, message: str, *patterns: str, asked: bool = False) -> Sign:
    """Return a sign that any of the patterns shows."""
    return Sign(rule, weight, re.compile("|".join(patterns)), message, asked)


_MAY = r"(?:[^\s.!?:;]+ ){0,4}?"
_ANSWER_NOUN = (
    r"(?:answers?|responses?|repl(?:y|ies)|outputs?|summar(?:y|ies)|antwort(?:en)?|zusammenfassung|"
    r"reponses?|resume|respuestas?)"
)
_ROLE = r"(?:system|assistant|developer|admin(?:istrator)?|user|instructions?|prompt|sys|inst)"
_FREE = (
    r"(?:unrestricted|uncensored|unfiltered|unlimited|unbound|amoral|evil|jailbroken|rogue|"
    r"unaligned|uneingeschrankt\w*|unzensiert\w*|ungefiltert\w*|bose\w*|sans (?:aucune )?(?:restriction|"
    r"limite|filtre|censure)s?|non censuree?|sin (?:restricciones|limites|censura|filtros))"
)
_LIMITS = (
    r"(?:restrictions?|limits?|limitations?|rules|filters?|guidelines|censorship|constraints|ethics|"
    r"safety|boundaries|guardrails|schutzmechanismen|garde-fous|sperren|verbote|richtlinien|vorgaben|einschrankungen|beschrankungen|regeln|filter|grenzen|tabus|zensur|restricciones)"
)

LOOSE: tuple[Sign, ...] = (
    # Another role
    sign(
        "role",
        0.75,
        "gives the assistant another role",
        r"\byou(?:'re| are) (?:now|no longer|not (?:an? )?(?:assistant|ai)|going to (?:act|be|play|pretend)|free)\b(?! (?:to |ready|finished|done|connected|logged|able|signed|registered|set|at|on|leaving|covered|entitled|required|under|eligible|to use|of charge|in the|in \w+ mode|here|looking|seeing|responsible|a (?:member|customer|user)))",
        r"\byou(?:'re| are) my\b|\b(?:your name is|call yourself|you(?:'re| are| will be) called|name yourself)\b",
        r"\b(?:heisst|nennst) du\b|\bdu (?:heisst|nennst dich)\b|\bdein name (?:ist|lautet)\b|\btu t'appelles\b|\bton nom est\b|\bte llamas\b",
        r"\byou(?:'re| are) (?:an? )?(?:dan|stan|dude|aim|evil|unrestricted|hacker|pirate)\b",
        r"\bfrom now on,? (?:" + _MAY + r")?(?:you|your|act|respond|answer|ignore|reply|speak)\b",
        r"\bdu bist (?:jetzt|nun|ab (?:jetzt|sofort)|nicht (?:mehr|langer)|von nun an|ab heute|frei|kein|nur noch)\b",
        r"\bsie sind (?:jetzt|nun|ab (?:jetzt|sofort)|von nun an) (?:ein|eine|kein|keine|der|die|mein|frei von)\b",
        r"\b(?:ab|von) (?:jetzt|sofort|nun|heute)(?: an)?,? (?:bist|sind|antworte|handel|verhalt|darfst|wirst|gilt|gelten|sprich|spiel|"
        r"ignorier|befolg|agier)\w*",
        r"\b(?:tu es|t'es) (?:maintenant|desormais|dorenavant|a present|libere|libre|mon|ma)\b",
        r"\bvous etes (?:maintenant|desormais|dorenavant|a present) (?:une?|le|la|mon|libere\w*|libre)\b",
        r"\b(?:desormais|dorenavant|a partir de maintenant|a compter de maintenant),? (?:"
        + _MAY
        + r")?(?:tu|vous|reponds|"
        r"repondez|agis|agissez|ignore\w*|ton|ta|ne)\b",
        r"\b(?:ahora eres|a partir de ahora,? (?:"
        + _MAY
        + r")?(?:eres|responde\w*|actua\w*|ignora\w*)|sei (?:ora|adesso)|d'ora in poi|"
        r"agora voce e|je bent nu|vanaf nu)\b",
    ),
    sign(
        "role_play",
        0.45,
        "asks the assistant to play somebody else",
        r"\b(?:pretend|act|behave|respond|answer|speak|roleplay|role-play|reply) (?:like|as|to be|that you|you) (?:if |though )?"
        r"(?:you|you're|an?|the|my|dan|if)\b(?! (?:guide|result|rule|precaution|list|table|replacement|whole|router|switch))"
        r"(?=.*(?:\b(?:you|ai|no|without|unrestricted|evil|hacker|admin\w*|root|terminal|grandm\w+|developer|expert|character|"
        r"assistant|system|model|dan|never|anything|any)\b))",
        r"\bpretend (?:to be|that|you|there|the|this|we|i)\b",
        r"\b(?:let's|let us) (?:play a (?:game|role)|role-?play)\b",
        r"\b(?:imagine|suppose|simulate|assume) (?:that )?(?:you|you're|being|a (?:world|scenario)|an ai)\b",
        r"\b(?:stay|remain|keep) in (?:character|role)\b",
        r"\btu(?:e|t|n sie)? so,? als (?:ob|waren|warst|seist|gabe|hattest|hatten)\b",
        r"\b(?:spiel|spiele|spielen sie) (?:die rolle|eine rolle|ein\w* (?:\w+ )?(?:ki|assistent|hacker|bose)|jetzt|wir)\b",
        r"\b(?:verhalte|benimm) dich (?:wie|als)\b",
        r"\bstell(?:e)? dir vor,? (?:du|es gabe)\b",
        r"\b(?:schlupf\w*|versetz\w*) (?:dich )?in die rolle\b",
        r"\bagier\w* als\b",
        r"\b(?:fais|faites) (?:comme si|semblant)\b",
        r"\b(?:agis|agissez|comporte-toi|comportez-vous) (?:comme|en tant)\b",
        r"\bjoue[rz]? (?:le role|un role|au|a un jeu)\b",
        r"\bimagine[rz]? que (?:tu|vous)\b",
        r"\bmets?-toi dans la peau\b",
        r"\b(?:finge|actua como|haz como si|fingi|agisci come|comportati come|doe alsof|finja|aja como)\b",
        asked=True,
    ),
    sign(
        "no_limits",
        0.75,
        "speaks of an assistant without limits",
        rf"\b{_FREE}\b",
        rf"\b(?!without the filter\b)(?:no|without|free (?:of|from)|beyond|not bound by|ignoring|lift|remove|drop) (?:any |all |your |the |more )?"
        rf"(?:\w+ )?{_LIMITS}\b(?= *(?:[.,;:!?]|$|and|or|apply|anymore|whatsoever|at all|in place|on|now|that))",
        rf"\b(?<!nicht )(?:ohne|keine|keinerlei|frei von) (?:\w+ )?{_LIMITS}\b(?= *(?:[.,;:!?]|$|und|mehr|antwort|gelt|unterlieg|kenn|hat))",
        r"\b(?<!appareil )(?<!machine )(?:aucune|sans(?: aucune?)?) (?:restriction|limite|filtre|regle|censure|contrainte|consigne|garde-fou)s?\b(?= *(?:[.,;:!?]|$|et|ni|ethique|morale))",
        r"\bdo anything now\b",
        r"\bjail-?br(?:eak|oken)\w*",
        r"\bopposite day\b",
        r"\bdan mode\b",
        asked=True,
    ),
    sign(
        "mode",
        0.7,
        "asks for a special mode",
        r"\b(?:enter|enable|activate|switch (?:in)?to|go into|turn on|unlock|initiate|start|engage|you are in|now in|entering) "
        r"(?:"
        + _MAY
        + r")?(?:developer|debug(?:ging)?|admin(?:istrator)?|god|maintenance|root|sudo|unrestricted|"
        r"diagnostic|test|training|override|raw|unsafe|privileged|superuser|verbose)[- ]mode\b",
        r"\b(?:developer|debug|admin|god|maintenance|root|sudo|diagnostic|override|wartungs|entwickler|administrator|"
        r"debug-|test)-?(?: ?mode|modus) (?:enabled|activated|is (?:now )?on|on|:|engaged|active|aktiviert|aktiv|ein)\b",
        r"\b(?:wechsle|wechseln sie|aktivier\w*|starte\w*|geh\w*|schalt\w*) (?:"
        + _MAY
        + r")?(?:entwickler|debug|admin\w*|wartungs|"
        r"diagnose|test|root|service)-?\s?modus\b",
        r"\b(?:passe[rz]?|active[rz]?|entre[rz]?|bascule[rz]?|lance[rz]?) (?:"
        + _MAY
        + r")?mode (?:developpeur|debug|debogage|admin\w*|"
        r"maintenance|root|sans|diagnostic|dieu)\b",
        r"\bmodo (?:desarrollador|administrador|depuracion|dios)\b",
        asked=True,
    ),
    # Borders of the prompt
    sign(
        "markers",
        0.95,
        "holds marks with which a model tells who speaks",
        r"<\|?\s*(?:im_start|im_end|im_sep|endoftext|end_of_turn|start_of_turn|start_header_id|eot_id|begin_of_text|"
        r"system|assistant|user|endofprompt|end)\s*\|>",
        r"<(?:start|end)_of_turn>|\[/?inst\]|<</?sys>>|</?s>\s*\[inst",
        r"</?\s*(?:system|assistant|instructions?|prompt|context|passages?|documents?|user|user_?input|question|sources?|"
        r"untrusted|quote|data|history|rules|admin|developer|tool_?(?:call|result|response)|function_?\w*|"
        r"system[-_ ]\w+|override|important)(?:\s[^<>]{0,60})?/?>",
        r"(?:^|\n)\s*#{1,6}\s*(?:new |updated |end of )?(?:system|instructions? (?:to|for)|assistant|new instructions?|prompt|"
        r"response|user|human|ai|override)(?: (?:prompt|message|instructions?|override|update|note|notice))?\s*:?\s*(?:#{1,6}|\n|$|:)",
        r"[\[({]{1,2}\s*#?(?:system|admin(?:istrator)?|developer|assistant|sys|override|root|instruction|ai)"
        r"(?:[ _-](?:prompt|message|note|notice|instructions?|override|update|command|only|directive|hinweis|anweisung|nachricht))?"
        r"\s*[:\])}]",
    ),
    sign(
        "message_json",
        0.95,
        "holds a message of a conversation in JSON",
        r"[\"']role[\"']\s*:\s*[\"'](?:system|assistant|developer|tool)",
    ),
    sign(
        "speaker",
        0.7,
        "writes in the name of the system or the assistant",
        r"(?:^|\n)\W{0,4}(?:system|assistant|developer|system[ -](?:message|prompt|note|override|update|command|notice|alert|instruction)|"
        r"system(?:nachricht|hinweis|anweisung|meldung)|message (?:du )?systeme|note systeme|systeme|mensaje del sistema|"
        r"admin(?:istrator)?(?: (?:note|message|override))?)\W{0,3}:\s*(?:\S+ ){0,12}?"
        r"(?:you|your|ignore|disregard|new|override|the (?:user|following|assistant)|all|must|now|answer|reply|reveal|print|du|"
        r"deine?|ignorier\w*|neue?|der (?:nutzer|benutzer)|alle|antworte\w*|gib|tu|ton|tes|votre|vos|nouvelles?|l'utilisateur|"
        r"toutes?|reponds|repondez|affiche\w*|ahora|debes)\b",
        r"(?:^|\n)\s*(?:user|human|nutzer|benutzer|utilisateur|q)\s*:[^\n]*\n+\s*(?:assistant|ai|bot|assistent|ki|a)\s*:",
        r"(?:^|\n)\s*(?:assistant|assistent|assistante)\s*:\s*(?:sure|of course|yes|ok|here|certainly|naturlich|klar|gerne|bien sur|"
        r"oui|voici)\b",
    ),
    sign(
        "border",
        0.75,
        "pretends that the document or the question has ended",
        r"(?:-{2,}|={2,}|\*{2,}|#{2,}|<|\[|_{2,})\s*(?:end|begin|start|ende|anfang|beginn|fin|debut)(?: (?:of|des|der|du|de la|de))?"
        r"(?: the| system)? ?(?:documents?|context|passages?|user|input|prompt|system|instructions?|quotations?|data|sources?|"
        r"dokuments?|kontexts?|eingabe|zitats?|passagen?|text(?:e|s)?|contexte|new)\b",
        r"\bend of (?:the )?(?:documents?|context|passages?|user (?:input|question|message)|prompt|system prompt|quotations?|sources?)\b"
        r"[\s\S]{0,80}(?:system|instruction|new|now|you|ignore|assistant|task)",
        r"\b(?:ende|fin) (?:des|der|du|de la) (?:dokuments?|kontexte?s?|eingabe|passagen?|benutzereingabe|zitats|document|contexte)\b"
        r"[\s\S]{0,80}(?:system|anweisung|neu|jetzt|du|ignorier|assistent|aufgabe|instruction|nouvel|consigne)",
        r"\bnew (?:system )?(?:instructions?|task|directive|orders|prompt|rules?)\s*(?::|\bfor (?:you|the (?:ai|assistant|model))|follow|are)",
        r"\bneue? (?:system)?(?:anweisung(?:en)?|instruktion(?:en)?|aufgabe|regel|regeln|befehle?|direktive)\s*(?::|lautet|lauten|fur (?:dich|den|die))",
        r"\bnouvelles? (?:instructions?|consignes?|taches?|directives?|regles?)\s*(?: systeme)?\s*(?::|pour (?:toi|l'))",
        r"\bnuevas? (?:instruccion(?:es)?|tarea|orden(?:es)?)\s*:",
        r"\b(?:your|the) (?:new|real|actual|true|only) (?:task|job|goal|purpose|instructions?|role|objective|mission|priority) (?:is|are)\b",
        r"\bdeine (?:neue|eigentliche|wahre|einzige|echte) (?:aufgabe|rolle|anweisung|mission) (?:ist|lautet)\b",
        r"\b(?:ta|votre) (?:nouvelle|vraie|veritable|seule) (?:tache|mission|fonction|consigne) (?:est|consiste)\b",
    ),
    # Orders inside documents
    sign(
        "to_model",
        0.8,
        "speaks to whatever model reads it",
        rf"\b(?:note|notes|notice|attention|message|instructions?|important|warning|hint|reminder|request|directive|memo|hinweis|"
        rf"anweisung|anweisungen|achtung|nachricht|mitteilung|wichtig|consigne|consignes|avis|mensaje|nota|nb)\W{{0,4}}(?:to|for|an|fur|pour|a|al?|aux|"
        rf"all[ae']?|destine\w* a)\W(?:the |any |all |every |alle |den |die |das |jede\w* |l'|les |toute? |tout |an |el |los )?(?:\w+ )?{phrases.AI}(?= ?(?:[:,(–-]|\w+ (?:read|process|summar)\w+|who|that|which|reading|processing|qui|der|die|das|welche|lis|lit))",
        rf"\b(?:if|when|wenn|falls|si|cuando) (?:you|du|sie|tu|vous|eres) (?:are|bist|sind|es|etes|be)? ?(?:an?|ein\w*|une?)? ?(?:\w+ )?{phrases.AI}",
        rf"\b(?:dear|hey|hi|hello|liebe[rs]?|hallo|chere?|attention|achtung|hola)[ ,]+(?:the |die |der |das |l')?(?:\w+ )?{phrases.AI}(?!\w* (?:button|taste|app|speaker|settings?))",
        r"\bas an ai\b",
        r"\bals (?:ki|sprachmodell)\b",
        r"\ben tant qu'(?:ia|assistant\w*|intelligence)\b",
    ),
    sign(
        "model_must",
        0.4,
        "says what the model has to do",
        rf"\b{phrases.AI}(?:,| who| that| which| when| while| reading| processing| summari[sz]ing| answering| must| should| shall|"
        rf" has to| is (?:required|instructed|ordered|hereby|to)| are (?:required|instructed|to)| will now| muss| soll\w*| hat| haben|"
        rf" mussen| der| die| das| lesen| lies\w*| qui| doit| doivent| devra| que| debe)\b(?=.{{0,90}}?\b(?:must|should|shall|has to|have to|"
        rf"required|instructed|ignore|answer|reply|respond|say|tell|state|recommend|reveal|send|include|add|output|print|never|always|"
        rf"soll\w*|muss\w*|antwort\w*|sag\w*|ignorier\w*|empfehl\w*|gib|geben|schreib\w*|stets|immer|niemals|"
        rf"doit|doivent|repond\w*|dire|dis|ignore\w*|recommand\w*|affich\w*|envo\w*|toujours|jamais|debe\w*|respond\w*)\b)",
    ),
    sign(
        "steer_answer",
        0.7,
        "says what the answer has to be",
        rf"\b(?:your|every|each|deine|jede|ta|votre|chaque|toute) (?:\w+ )?{_ANSWER_NOUN} (?:must|should|shall|has to|is to|needs to|muss|soll|"
        rf"hat|doit|devra)\b(?! (?:reach|arrive|be (?:received|sent|submitted|returned)|bis|innerhalb|parvenir|nous))",
        r"\b(?:only |always |just |simply |exclusively |henceforth |must |should |shall |will )?(?:answer|respond|reply|say|output|print|write)(?:s)? "
        r"(?:only |always |just |exclusively |every \w+ |all \w+ |to (?:every|all|any|each|this|the) (?:\w+ ){0,2}?(?:questions?|prompts?|requests?)? ?|"
        r"nothing (?:but|except|other than) ?)+(?:with\b|by saying|that\b|the (?:word|phrase|text|sentence)|:|\"|')",
        r"\b(?:respond|reply|answer) (?:only )?with (?:the (?:word|phrase|text|sentence|following)|\"|'|only|nothing|yes|no\b)",
        r"\b(?:antworte|sag|sage|schreib|schreibe|gib) (?:nur|immer|stets|ausschliesslich|ab (?:jetzt|sofort)|"
        r"auf (?:alle|jede) \S+|bitte nur)(?: (?:noch|nur|mit|auf|das|den|die))?\b",
        r"\b(?:reponds|dis|ecris) (?:uniquement|toujours|seulement|exclusivement|desormais|a (?:toutes?|chaque)|simplement)\b",
        r"\b(?:responde|di) (?:solo|siempre|unicamente|a todas)\b",
        r"\b(?:tell|inform|advise|assure|convince|persuade|urge|direct|ask) (?:the |any |every |all )?(?:user|users|reader|readers|person asking|asker|"
        r"human)s?(?: who \w+)? (?:that|to|about|instead|they|it)\b",
        r"\b(?:sag|sage|teile|teil|sagen sie|teilen sie|erklare|empfiehl|rate|versichere|bitte|fordere) (?:bitte )?(?:dem|der|den|allen|jedem) (?:nutzer|benutzer|leser|"
        r"anwender|fragenden|nutzern|benutzern|user)\w*\b",
        r"\b(?:dis|dites|indique|indiquez|recommande[rz]?|conseille[rz]?|demande[rz]?|assure[rz]?|informe[rz]?) (?:a |aux? |a l'|l')?(?:l'utilisateur|utilisateurs?|lecteurs?|clients?)\b",
        r"\b(?:do not|don't|never|must not|should not) (?:mention|tell|reveal|inform|disclose|show|let|say|talk about|refer to) (?:"
        + _MAY
        + r")?"
        r"(?:this (?:instruction|note|message|text|paragraph|sentence)|these (?:instructions|lines)|(?:the )?users?|anyone|anybody|that you)\b",
        r"\b(?:erwahne|verrate|sag|zeige|nenne|erwahnen sie|verraten sie)\w* (?:"
        + _MAY
        + r")?(?:diese\w* (?:anweisung|hinweis|nachricht|text)\w*|dem (?:nutzer|benutzer)) (?:"
        + _MAY
        + r")?nicht\b",
        r"\bne (?:mentionne|revele|dis|dites|parle|mentionnez|revelez)\w* (?:pas|jamais|rien) (?:"
        + _MAY
        + r")?(?:cette (?:instruction|consigne|note)|ces (?:instructions|consignes)|l'utilisateur|a l'utilisateur)\b",
        r"\b(?:when|if|whenever|once|wenn|falls|sobald|quand|lorsque|si) (?:\S+ ){0,3}?(?:asked|asks|questioned|queried|summari[sz]\w+|answering|responding|generating|producing|composing|drafting|writing|using this|processing|analy[sz]ing|erzeug\w*|verarbeite\w*|auswerte\w*|analysier\w*|gener\w*|traite\w*|analyse\w*|gefragt|"
        r"fragt|zusammenfass\w*|antwortest|beantwort\w+|interroge\w*|demande|resum\w*)\b.{0,60}?(?:,|\bthen\b|:|\bdann\b)? (?:always |you (?:must |should )?|immer |stets |"
        r"toujours )?(?:say|answer|reply|respond|tell|recommend|claim|state|include|mention|add|insist|output|sag\w*|antwort\w*|empfiehl|empfehle|behaupte|erklare|"
        r"gib|nenne|dis|dites|reponds|repondez|recommande\w*|affirme\w*|indique\w*)\b",
        r"\b(?:recommend|promote|praise|endorse|favou?r|advertise|suggest|mention) (?:only |always |exclusively )?(?:the )?(?:\S+ ){1,5}?(?:instead|in every|in all|to (?:every|all|any)|"
        r"above all|over (?:all|any|every)|as the (?:best|only))",
        r"\b(?:refuse|decline) (?:to answer|to respond|to help)\b",
    ),
    sign(
        "your_answer",
        0.4,
        "speaks of the answer that is being written",
        rf"\b(?:in|at the (?:end|start|beginning|top|bottom) of|to|into|of|with) (?:your|every|each|any|all|the final|deine[rmn]?|jede[rmn]?|ta|tes|"
        rf"votre|vos|chaque|toute) (?:\w+ )?{_ANSWER_NOUN}\b",
    ),
    sign(
        "ground",
        0.6,
        "asks to answer without the documents",
        r"\b(?:ignore|disregard|forget|do not (?:use|rely on|consult|look at)|don't (?:use|rely on|consult|look at)|bypass|skip|leave out) "
        r"(?:the |all |any |your |these |provided |other )*(?:documents?|passages?|sources?|context|citations?|retrieved|search results|knowledge base|excerpts?|quotations?|evidence)\b",
        r"\bwithout (?:any |citing |giving |the |using )*(?:citations?|sources?|references?|documents?|evidence|passages?)\b",
        r"\b(?:don't|do not|never|no need to) (?:cite|quote|give (?:citations|sources)|mention (?:sources|citations))\b(?! sources? (?:that|which|older|from))",
        r"\b(?:make|making) (?:it|something|things|an answer|a number|up a|up an) up\b|\bmake up (?:a|an|any|some|the|your)\b|\binvent (?:a|an|any|some|the)\b|\bhallucinate\b",
        r"\bfrom your (?:own |general |training |internal )+(?:knowledge|memory|data)\b",
        r"\b(?:ignoriere?|vergiss|verwende|benutze|nutze|nimm|beachte) (?:\S+ ){0,3}?(?:dokumente?n?|quellen?|passagen?|kontext|belege?|textstellen)\b(?: \S+){0,2}?(?: nicht\b)?(?=[\s\S]*)"
        r"(?=.{0,40}?(?:nicht|und|sondern|,|$))",
        r"\bohne (?:\S+ )?(?:quellen(?:angaben?)?|belege|zitate|dokumente)\b",
        r"\b(?:erfinde|denk\w* dir)\b",
        r"\baus deinem (?:eigenen |allgemeinen )?(?:wissen|gedachtnis|trainingswissen)\b",
        r"\b(?:sans|ignore[rz]?|oublie[rz]?|n'utilise[rz]? (?:pas|aucun\w*)) (?:\S+ )?(?:citer|citation|sources?|documents?|passages?|references?|contexte)\b",
        r"\binvente[rz]?\b",
        asked=True,
    ),
    # Taking data out
    sign(
        "image",
        0.9,
        "shows a picture from an address that data could be added to",
        r"!\[[^\]\n]{0,200}\]\s*\(\s*(?:https?:)?//[^\s)]*(?:[{}<>%$]|[?&][\w.-]*(?:=(?!\d+[&)\s])|(?=[)&])))[^)\n]*\)",
        r"<img\b[^>]*\bsrc\s*=\s*[\"']?https?://[^>]*[?={$]",
        r"https?://[^\s)]*[?&/=](?:q|d|data|text|c|leak|exfil|log|secret|prompt|conversation|history|payload|msg|content)?=?\s?(?:\{|\[|<|\$|%7b|\+ ?(?:the|your|conversation))",
    ),
    sign(
        "picture_link",
        0.8,
        "speaks of a picture or a link from elsewhere",
        r"\b(?:markdown|html)?[- ]?(?:image|img|picture|pixel|bild|bildlink|link)\b[^\n]{0,80}https?://",
    ),
    sign(
        "send",
        0.75,
        "asks to send data somewhere",
        r"\b(?:send|post|forward|upload|transmit|e-?mail|submit|leak|exfiltrate|append|attach|embed|encode|copy|report|deliver|put) (?:\S+ ){0,8}?"
        r"(?:conversation|chat|history|messages?|questions?|answers?|passages?|documents?|context|prompt|instructions|keys?|credentials|data|contents?|everything|session|"
        r"information|details)\b[^.\n]{0,60}?\b(?:to|via|at|into|in|as)\b[^.\n]{0,30}?(?:https?:|www\.|\S+@\S+\.|\burl\b|\bwebhook|\bserver\b|\blink\b|\battacker|\bendpoint|\bquery\b|\w+\.(?:com|net|org|io|example|test|evil))",
        r"\b(?:sende|schick|leite|ubermittle|ubertrag|lade|mail|hang|poste)\w* (?:[^\s.!?]+ ){0,6}?(?:gesprach|verlauf|chat|frage|antwort|kontext|daten|dokument|nachricht|prompt|anweisung|inhalt|alles|passwort|schlussel|eingabe)\w* (?:[^\s.!?]+ ){0,8}?(?:https?:|www\.|\S+@\S+\.|url\b|webhook|server\b|adresse\b|\w+\.(?:com|net|org|io|example|test))",
        r"\b(?:envoie|envoyez|envoyer|transmet\w*|transfere\w*|poste[rz]?|ajoute[rz]?|expedie\w*) (?:[^\s.!?]+ ){0,6}?(?:conversation|historique|question|reponse|contexte|donnees|documents?|messages?|prompt|consignes|contenu|tout|mots? de passe|cles?)\w* (?:[^\s.!?]+ ){0,8}?(?:https?:|www\.|\S+@\S+\.|url\b|webhook|serveur\b|adresse\b|\w+\.(?:com|net|org|io|example|test))",
        r"\b(?:envia|manda|invia) (?:\S+ ){0,10}?(?:https?:|\S+@\S+\.|url\b)",
        r"\b(?:fetch|visit|open|load|call|request|navigate to|browse(?: to)?|go to|click|curl|wget|get|rufe?|offne|besuche|visite[rz]?|ouvre[rz]?|appelle[rz]?) (?:\S+ ){0,3}?https?://[^\s]*(?:[?=]|\b(?:and|und|et)\b)",
    ),
    sign(
        "act",
        0.45,
        "asks for tools, commands or changes to be run",
        r"\b(?:call|invoke|use|run|trigger|execute|rufe?|nutze|verwende|fuhre?|appelle[rz]?|utilise[rz]?|execute[rz]?) (?:"
        + _MAY
        + r")?(?:the |das |den |l'|l’|le )?[`'\"]?\w*(?:_\w+|\(\))[`'\"]?(?:\W|$)",
        r"\b(?:call|invoke|use|run|trigger|execute) (?:the |your |a |any )?(?:\w+ )?(?:tool|function|plugin|api|shell|command|script|sql|query|code interpreter)\b(?=.*\b(?:delete|drop|all|users?|send|password|without|every|now|to|with|on)\b)",
        r"\b(?:drop|truncate) table\b|\bdelete from \w+|\brm -rf\b|\bunion select\b|;\s*--|\bor 1\s*=\s*1|\bos\.system\b|\bsubprocess\b|\beval\(|\bexec\(|\{\{.{0,60}\}\}|\$\{.{0,60}\}|__import__|<script\b|\bcat /etc/|\benv\s*\|\s*|\bprocess\.env",
        r"\b(?:delete|erase|remove|wipe|losche?|losch\w*|entferne?|supprime[rz]?|efface[rz]?) (?:"
        + _MAY
        + r")?(?:all|every|entire|whole|alle|samtliche|gesamte|tous|toutes|toute|the database|die datenbank|la base)\s?(?:the |les |der |die )?(?:\w+ )?"
        r"(?:documents?|files?|records?|users?|collections?|database|tables?|index|data|dokumente|dateien|daten(?:bank)?|sammlungen|nutzer|fichiers?|donnees|base)\b",
        asked=True,
    ),
    sign(
        "others",
        0.8,
        "asks for what belongs to others",
        r"\b(?:other|another|different|previous|last|all) (?:users?|customers?|tenants?|clients?|compan(?:y|ies)|people|persons?|organi[sz]ations?|accounts?|employees?)(?:'s?|s')? (?:\w+ )?"
        r"(?:questions?|conversations?|chats?|messages?|documents?|data|files?|history|queries|passwords?|records?|e-?mails?|searches|prompts?|names?|addresses|api keys?|collections?|orders)\b",
        r"\b(?:questions?|conversations?|chats?|messages?|documents?|data|files?|history|queries|passwords?|records?|searches|collections?) (?:of|from|by|belonging to) (?:"
        + _MAY
        + r")?(?:other|another|all|previous|different) (?:users?|customers?|tenants?|clients?|compan\w+|people|organi[sz]ations?|accounts?)\b",
        r"\b(?:fragen|gesprache?n?|chats?|nachrichten|dokumente|daten|dateien|verlauf\w*|passworter|anfragen|unterhaltungen|sammlungen) (?:von |der |des |eines |aus )*(?:"
        + _MAY
        + r")?(?:andere[rnms]?|fremde[rnms]?|aller|vorherige[rnms]?|letzten) (?:\w+ )?(?:nutzer|benutzer|kunden|mandanten?|anwender|personen|firma|firmen|unternehmen|organisation\w*|mieter)\w*\b",
        r"\b(?:andere[rnms]?|fremde[rnms]?) (?:nutzer|benutzer|kunden|mandant|anwender)\w* (?:\S+ ){0,4}(?:fragen|gesprache|chats?|dokumente|daten|passworter|gefragt|anzeigen|zeigen)\b",
        r"\b(?:questions|conversations?|messages|documents|donnees|fichiers|historique|mots de passe|recherches) (?:des?|d'|d'un|de l'|de tous les|confidentiels des) ?(?:"
        + _MAY
        + r")?(?:autres? (?:utilisateur|client|locataire|entreprise|personne|societe|organisation)s?|(?:utilisateur|client|locataire|entreprise)s? (?:precedent|autre)\w*|tous les (?:utilisateur|client)s)\b",
        r"\b(?:customers?|users?|persons?|people|someone|visitors?) before me\b|\b(?:kunden?|nutzer|benutzer|person|besucher) vor mir\b|\b(?:client|utilisateur|personne|visiteur)s? (?:avant|precedent)\w*(?: moi)?\b",
        r"\bother (?:users?|customers?|tenants?|clients?|people) (?:\S+ ){0,3}?(?:ask|asked|search|searched|wrote|write|said|upload|uploaded|look|looked)\w*\b",
        r"\bandere[rn]? (?:nutzer|benutzer|kunden|leute|mandanten|anwender) (?:\S+ ){0,4}?(?:gesucht|gefragt|geschrieben|hochgeladen|gestellt|wissen)\w*",
        r"\bautres (?:utilisateurs|clients|personnes|locataires) (?:\S+ ){0,4}?(?:cherch|demand|pos|ecri|envoy|consult|telecharg)\w*",
        r"\b(?:what (?:did|has|have)|show me what|was (?:hat|haben)) (?:the )?(?:other|previous|last|andere|der letzte) (?:users?|customers?|person|nutzer|benutzer) (?:ask|search|say|said|asked|gefragt|write|wrote)\w*",
    ),
    sign(
        "above",
        0.7,
        "asks for the text of the prompt",
        r"\b(?:repeat|print|output|copy|show|write|display|recite|echo|translate|summari[sz]e|give|reproduce|encode|quote|return|convert) (?:\S+ ){0,6}?(?:everything|all (?:the )?(?:text|words|content)|the (?:text|words|sentences?|lines?|content|message)s?|"
        r"anything|what (?:is|was|stands|comes|came)) (?:\S+ ){0,4}?(?:above|before (?:this|my|the)|preceding|so far|precedes|at the (?:top|beginning|start)|up to here|that (?:start|begin)\w*|starting|beginning)\b(?! (?:into|on|in the (?:form|field|table)))",
        r"\b(?:start|begin)(?:s|ing)? (?:with|at|from) (?:the (?:words?|phrase) )?[\"'«“„]?you\b",
        r"\b(?:words?|sentences?|lines?|text|message) (?:above|before|preceding) (?:this|my|the (?:first|user|question|conversation))",
        r"\b(?:first|initial|very first|last) (?:\d+ |hundred |few |two |three |ten )?(?:words?|sentences?|lines?|messages?|characters?|tokens?|paragraph) (?:of|in) (?:your|this conversation|the (?:conversation|prompt|context|chat)|our)\b",
        r"\bwhat (?:were|was|have) (?:you|your) (?:\S+ )?(?:told|instructed|given|programmed|asked to|first message|been told)\b",
        r"\bhow (?:were|are) you (?:instructed|programmed|configured|prompted|set up)\b",
        r"\b(?:wiederhol|lies|gib|zeig|schreib|druck|kopier|ubersetz|zitier|fass|nenn)\w* (?:\S+ ){0,7}?(?:alles|den (?:gesamten |ganzen )?text|die (?:ersten )?(?:worte|satze|zeilen)|was) (?:\S+ ){0,4}?(?:oben|uber dieser|vor dieser|davor|bisher|vor meiner|vor diesem|oberhalb|zuvor)\b",
        r"\b(?:beginnend|beginnt|angefangen|anfangend|startend) (?:mit|bei) (?:den worten )?[\"'«“„]?(?:du bist|sie sind)\b",
        r"\b(?:repete|affiche|recopie|montre|ecris|traduis|imprime|restitue|cite|repetez|affichez|recopiez|montrez|ecrivez|traduisez)\w* (?:\S+ ){0,6}?(?:tout (?:ce qui|le texte)|le texte|les (?:mots|phrases|lignes)|mot pour mot|ce qui) (?:\S+ ){0,4}?(?:dessus|precede\w*|avant (?:ce|cette|ma|mon)|haut|debut)\b",
        r"\b(?:commencant|commence) par (?:les mots )?[\"'«“„]?(?:tu es|vous etes)\b",
        r"\b(?:wie wurdest du|was wurde dir|womit wurdest du|comment as-tu ete|comment avez-vous ete|quelles? (?:instructions?|consignes?) (?:as-tu|avez-vous|t'a|vous a)) ?(?:\S+ )?(?:instruiert|programmiert|konfiguriert|gesagt|mitgegeben|vorgegeben|programmee?|configuree?|recue?s?|donnee?s?)?",
    ),
    sign(
        "authority",
        0.55,
        "claims an authority to lift the rules",
        r"\bi(?:'m| am) (?:the |your |an? |one of (?:the|your) )?(?:\w+ )?(?:developer|creator|administrator|admin|owner|engineer|programmer|operator|root user|maintainer|ceo)\b(?=.*\b(?:you|your|show|give|reveal|ignore|print|disable|need|access|prompt|allow\w*|so|must)\b)",
        r"\b(?:this is|message from|here is|i work for|on behalf of) (?:the |your )?(?:\w+ )?(?:openai|anthropic|developer|developers|security team|system administrator|admin|administrator|vendor of this (?:model|assistant)|it department|creators?)\b",
        r"\b(?:authori[sz]ed|authori[sz]ation|override|clearance|access|maintenance|admin|security|master) (?:override|code|level|granted|token)\b(?=.*(?:\d|[:;,.]|you|your|show|reveal|disable))",
        r"\b(?:system|admin|emergency|security|developer|administrator|safety|policy|instruction|prompt)[ -]override\b",
        r"\b(?:penetration|pen|security|red[- ]team) ?(?:test|audit|exercise|check)(?:ing)?\b(?=.*\b(?:you|your|prompt|show|reveal|ignore|print|disable|password|keys?)\b)",
        r"\bich bin (?:der |die |dein |deine |ein |eine |ihr )?(?:\w+ )?(?:entwickler|administrator|admin|betreiber|ersteller|programmierer|chef|eigentumer)\w*\b(?=.*\b(?:du|dein\w*|zeig\w*|gib|ignorier\w*|deaktivier\w*|darfst|musst|nenn\w*|brauche)\b)",
        r"\bje suis (?:le |la |ton |ta |votre |un |une |l')?(?:\w+ )?(?:developpeu\w+|administrat\w+|admin|createur|creatrice|proprietaire|programmeu\w+)\b(?=.*\b(?:tu|ton|ta|tes|montre\w*|donne\w*|ignore\w*|affiche\w*|vous|revele\w*|desactive\w*)\b)",
        r"\bsoy (?:el |tu |un )?(?:desarrollador|administrador|creador)\b",
    ),
    sign(
        "decode",
        0.75,
        "asks to decode something and to do what it says",
        r"\b(?:decode|decipher|decrypt|unscramble|deobfuscate|un-?base64|rot-?13|reverse|de-?code|base64|hex|morse|entschlussel\w*|dekodier\w*|dechiffrier\w*|decodier\w*|decode[rz]?|dechiffre[rz]?|decrypte[rz]?)\b[\s\S]{0,120}?"
        r"\b(?:follow|execute|obey|carry (?:it |this |them )?out|do (?:what|as|it)|run|comply|act on|perform|answer it|apply|treat|as your|befolg\w*|ausfuhr\w*|fuhr\w*|folg\w*|handle|tu|mach\w*|execute[rz]?|suis|suivez|suivre|applique[rz]?|obei\w*|fais|faites)\b",
        r"\b(?:follow|execute|obey|carry out|perform|befolg\w*|fuhr\w*|suis|suivez|execute[rz]?|applique[rz]?)\b[^.\n]{0,60}?\b(?:decod\w*|encoded|base64|rot-?13|reversed|hidden|encrypted|obfuscated|(?:en|ver)schlussel\w*|kodiert\w*|rückwärts|ruckwarts|encode\w*|chiffre\w*|code\w* en)\b",
        r"\b(?:concatenate|combine|join|put together|verkett\w*|verbind\w*|kombinier\w*|setze? \S+ zusammen|concatene\w*|assemble\w*|combine[rz]?)\b[^\n]{0,100}?\b(?:follow|execute|obey|do|run|result|and (?:then )?(?:answer|comply)|befolg\w*|fuhr\w*|ausfuhr\w*|ergebnis|execute[rz]?|suis|suivez|resultat|applique[rz]?)\b",
        r"\b\w{1,6}\s*=\s*[\"'«“][^\"'»”\n]{2,40}[\"'»”][\s,;.]+(?:and |und |et )?\w{1,6}\s*=\s*[\"'«“]",
        r"\b(?:write|answer|encode|output|give|spell|schreib\w*|antwort\w*|ecris|code|ausgeb\w*|gib)\b[^.\n]{0,40}?\b(?:prompt|instructions?|rules|key|password|anweisung\w*|regeln|passwort|consignes?)\b[^.\n]{0,60}?\b(?:base64|rot-?13|hex|reverse\w*|morse|leet\w*|backwards|ruckwarts|a l'envers|letter by letter|buchstabe fur buchstabe|lettre par lettre)\b",
    ),
    sign(
        "to_readers",
        0.45,
        "speaks to programs that read it",
        r"\b(?:for|fur|pour|an|to) (?:the |das |die |le |la |all |alle )?(?:\w+ )?"
        + phrases.AI
        + r"\s*:",
        r"\b(?:automated|automatic|automatisiert\w*|automatisch\w*|maschinell\w*|machine|automatise\w*|automatique\w*) (?:\S+ ){0,2}?"
        r"(?:system|process|reader|agent|pipeline|tool|verarbeit|auswert|zusammenfass|lies|les|ausles|traite|lecteur|analys|systeme)\w*",
        r"\b(?:wer|whoever|anyone|anything|any system|every system|quiconque|tout systeme) (?:\S+ ){0,4}?(?:text|document|dokument|page|seite|passage|reads|liest|lit|summari\w+|zusammenfass\w*|resume)\b"
        r".{0,60}?\b(?:must|should|shall|soll|muss|doit)\b",
    ),
    sign(
        "claim",
        0.4,
        "orders what is to be claimed",
        r"\b(?:always|stets|immer|toujours|must|should|soll|sollst|muss|musst|doit|dois|shall) (?:always |stets |immer |toujours )?(?:claim|say|state|reply|respond|answer|insist|recommend|conclude|pretend|deny|"
        r"behaupt\w*|sagen|antworten|empfehlen|erklaren|bestreiten|leugnen|affirmer|dire|repondre|recommander|pretendre|nier)\b",
        r"\b(?:stets|immer|toujours) (?:zu )?(?:behaupt|empf|antwort|sag|affirm|repond|recommand|dis\b)\w*",
    ),
    sign(
        "own_setup",
        0.5,
        "asks what the assistant was told",
        r"\b(?:were you|you were|you have been|you've been|you had been) (?:[^\s.!?]+ ){0,3}?(?:told|given|instructed|taught|configured|programmed|started)\b",
        r"\b(?:developers?|creators?|makers?|system|operators?|company) (?:[^\s.!?]+ )?(?:told|gave|give|instructed|tell|taught) you\b",
        r"\b(?:hast du|du hast|dir wurde|dir (?:[^\s.!?]+ ){0,3}?(?:hat|haben|wurden?)|(?:hat|haben|wurden?) (?:[^\s.!?]+ )?dir) (?:[^\s.!?]+ ){0,5}?(?:gesagt|vorgegeben|mitgeteilt|bekommen|erhalten|gegeben|mitgegeben)\b",
        r"\b(?:haben|hat) dir (?:[^\s.!?]+ ){0,4}?(?:gesagt|vorgegeben|mitgeteilt|gegeben)\b|\bdir mitgeteilt hat\b|\bdir gesagt (?:wurde|hat)\b",
        r"\b(?:t'a|t'ont|tu as|te l'a|vous a|on t'a|qu'on t'a) (?:[^\s.!?]+ ){0,2}?(?:dite?s?|donnee?s?|recue?s?|ete donnee?s?|transmise?s?|fourni\w*)\b",
        r"\b(?:sentences?|words?|messages?|text|rules|instructions) (?:[^\s.!?]+ ){0,2}?you (?:received|got|were)\b",
        r"\b(?:before|ahead of|prior to|vor|avant) (?:my|meine[rnm]?|ma|mon) (?:first |ersten? |premiere? )?(?:message|question|nachricht|frage|prompt)\b",
        r"\b(?:is|are) (?:forbidden|prohibited) to you\b|\bist dir (?:\S+ )?verboten\b|\bt'est interdit\b|\b(?:restrictions|einschrankungen) (?:auf|on you|you have)\b",
        r"\bin (?:your|deinem|ton|votre) (?:own )?(?:context|kontext|contexte|configuration|konfiguration)\b",
    ),
    sign(
        "own_tools",
        0.7,
        "asks for the assistant's tools",
        r"\b(?:tools?|functions?|plugins?|apis?) (?:[^\s.!?]+ ){0,3}?(?:you (?:can|have|may|are able)|available to you|at your disposal|do you have|can you (?:call|use))\b",
        r"\bwelche (?:funktion|werkzeug|tool|schnittstelle)\w* (?:kannst|hast|darfst|nutzt|verwendest) du\b|\b(?:werkzeug|tool|funktion)\w*,? die du (?:[^\s.!?]+ )?(?:kannst|hast|darfst|nutzt)",
        r"\b(?:outils?|fonctions?) (?:[^\s.!?]+ ){0,3}?(?:que )?(?:tu (?:peux|as|utilises)|peux-tu|as-tu|a ta disposition|internes)\b",
        r"\btool names?\b|\bjson schemas? (?:available|of your)\b|\btes fonctions\b|\bdeine (?:funktionen|werkzeuge|tools)\b",
    ),
    sign(
        "own_secrets",
        0.7,
        "asks for secrets of the system",
        r"\b(?:passwords?|keys?|tokens?|credentials|secrets?|database|host|server|model) (?:[^\s.!?]+ ){0,5}?(?:do you (?:use|see|know|run)|can you see|you (?:use|see|run on|connect|were told to keep)|are you (?:running|connected))\b",
        r"\b(?:tell|give|show|reveal|name|know) (?:[^\s.!?]+ ){0,2}?the (?:secret|hidden) (?:code|word|key|password|you)\b",
        r"\b(?:passwort\w*|kennwort|schlussel|token|zugangsdaten|datenbank|server) (?:[^\s.!?]+ ){0,4}?(?:verbindest|verwendest|benutzt|siehst|kennst|lauf(?:st|t)|nutzt|kannst) du\b|\bverbindest du dich\b|\bkannst du sehen\b|\blaufst du\b|\bgeheim(?:code|nis|wort)\w*\b(?=.*\b(?:du|dir|mir|nenn\w*|verrat\w*)\b)",
        r"\b(?:mots? de passe|cles?|jetons?|identifiants|base de donnees|serveur) (?:[^\s.!?]+ ){0,5}?(?:utilises-tu|peux-tu|vois-tu|connais-tu|tournes-tu|tu utilises)\b|\bpeux-tu voir\b|\btournes-tu\b|\b(?:dis|donne)\w*-moi (?:le|la|les) (?:mots? de passe|cles?|code secret|identifiants)\b",
        r"\bos\.environ\b|\bprintenv\b|\bid_rsa\b|\bapi[- ]keys? in your\b|\b(?:used by|of) the (?:backend|server process)\b",
    ),
    sign(
        "no_right",
        0.65,
        "asks for what the asker has no right to",
        r"\b(?:i|we) (?:[^\s.!?]+ )?(?:may not|(?:am|are) not (?:allowed|permitted|supposed)|(?:have|got) no (?:access|right|permission)|(?:can't|cannot) (?:access|see))\b(?=.*\b(?:collections?|documents?|files?|passages?|read|see|data)\b|.*$)",
        r"\b(?:keinen zugriff|nicht (?:sehen|lesen) darf|nicht (?:berechtigt|befugt)|ohne berechtigung)\b",
        r"\bje n'ai pas (?:le droit|acces|la permission)\b|\bpas le droit de (?:voir|lire)\b",
        r"\b(?:other|another|different|andere[rnms]?|eines anderen|l'autre|d'un autre|d'une autre|autres) (?:customer|client|tenant|compan\w+|department|firma|unternehmen|mandanten?|kunden|abteilung\w*|entreprise|societe|client|service)s?'?s?\b(?=.*\b(?:collections?|documents?|dokumente?|sammlung\w*|files?|data|daten|donnees)\b)",
        r"\b(?:documents?|dokumente?|collections?|sammlung|data|daten|donnees)\b[^.!?]{0,40}\b(?:another|of the other|eines anderen|der anderen|anderer|d'un autre|d'une autre|de l'autre) (?:customer|client|tenant|compan\w+|firma|mandanten?|kunden|abteilung\w*|entreprise|societe)\b",
    ),
    sign(
        "permission",
        0.5,
        "claims a permission to leave the rules",
        r"\b(?:permission|permit\w*|allow\w*|authori[sz]e\w*|entitles?) (?:[^\s.!?]+ )?you to (?:reveal|disclose|ignore|show|bypass|break|tell|share|skip|print|override)\b|\bauthori[sz]e you\b|\bgive you permission\b|\bi give you\b|\bsays? you may\b|\byou have (?:my |our |full )?(?:permission|clearance)\b",
        r"\b(?:erlaubt|erlaube|gestattet|gestatte|autorisier\w*|ermachtig\w*) dir\b|\bich habe die (?:erlaubnis|berechtigung)\b|\bsagt,? du darfst\b|\bweise ich dich an\b",
        r"\b(?:t'autorise|te permet\w*|t'ordonne|je te donne (?:la permission|l'ordre|l'autorisation))\b",
        r"\bhereby\b(?=.*\b(?:lift|cancel|revoke|suspend|authori|void)\w*)(?=.*\byou)|\bhiermit\b(?=.*\b(?:auf|aufgehoben|hinfallig|nichtig|erlaub\w*)\b)(?=.*\b(?:dir|dich|du|deine\w*)\b)|\bpar la presente\b(?=.*\b(?:leve|annul|autoris)\w*)(?=.*\b(?:te|t'|tes|vous)\b)",
        r"\b(?:the|all|die|alle|les|toutes les|diese|these) (?:[^\s.!?]+ )?(?:rules|restrictions|constraints|instructions|regeln|beschrankungen|anweisungen|vorgaben|regles|consignes|restrictions|limites) (?:[^\s.!?]+ ){0,8}?(?:suspended|cancelled|void|lifted|revoked|do not count|ausgesetzt|hinfallig|nichtig|ausser kraft|annulees?|levees?|suspendues?)\b",
        r"\b(?:safety|sicherheits|sicherheits-) ?(?:training|rules|layer|regeln|schicht)\w* (?:was a mistake|disabled|off|ab|aus(?! (?:kapitel|abschnitt|de[mnr]\b))|deaktiviert)\b|\bhas (?:full )?admin rights\b|\bgrant every\b|\bskip the checks\b",
    ),
    sign(
        "obey",
        0.55,
        "demands obedience",
        r"\bdo (?:as|what|whatever|everything) (?:i|we) (?:say|command|want|tell|ask|order)\b|\bfollow (?:only )?my (?:orders|instructions|commands|rules)\b|\bobey (?:me|my|the user|all|every)\b|\band obey\b|\bcomply with (?:all|every|the user)\b|\byou (?:belong to|work for|serve) (?:me|us)\b|\byou work for \w+ now\b|\bnew owner\b",
        r"\btu(?:st)?,? was ich (?:sage|will|befehle|verlange)\b|\bwas ich (?:dir )?(?:befehle|sage)\b|\bgehorch\w*\b|\bmeine\w* (?:befehle|anweisungen)n? (?:folg|befolg|gehorch)\w*|\bdu gehorst (?:jetzt )?mir\b|\bfolge? (?:ab jetzt |nur |jetzt )?(?:mir|meinen)\b",
        r"\bfais (?:tout )?ce que je\b|\bobei(?:s|r)?\b(?=.*\b(?:moi|ordres|consigne|et|a)\b)|\bet obeis\b|\btu m'appartiens\b|\b(?:a |mes )ordres\b(?=.*\b(?:obei\w*|suis|tu|dois)\b)",
        r"\b(?:the )?opposite of (?:what )?your\b|\bgegenteil von dem,? was in deine\w*|\bcontraire de (?:ce que disent )?tes\b",
        r"\b(?:drop the act|mask off)\b|\bmaske fallen\b|\btomber le masque\b|\btalk (?:to me )?(?:openly|freely)\b|\bparle(?:-moi)? librement\b|\bsprich offen\b",
    ),
    sign(
        "address",
        0.6,
        "addresses the model that reads it",
        r"(?:^|[.!?(\n]\s*|- )(?:to |for |an |fur |pour |a )?(?:any |all |every |toute? |alle |jede\w* |das |the |le |l')?(?:ai|llm|llms|ais|ki|ia|language model|assistants?|summari[sz]er|sprachmodell|modele de langage|assistent|assistente|chat-?bot|bot)(?: assistants?| systems?| models?| only)?\s*(?:[,:(!–]| reading this| qui lis\b| die dies\b| - )",
        r"\b(?:any|every|whatever|whichever|jedes|tout|chaque) (?:\w+ )?(?:model|modell|modele|ai|llm|ki|ia|assistant|assistent|system|systeme)\b(?=.{0,60}\b(?:process\w*|read\w*|summar\w*|verarbeit\w*|lies\w*|traite\w*|lit|must|has to|muss|doit|should|soll)\b)",
        r"\b(?:assistants?|ai|llm|bots?|models?) only\b|\bnur fur (?:den |die |das )?(?:assistent\w*|ki|modell\w*)\b|\breserve aux? (?:assistants?|ia|modeles?)\b|\bfor the (?:model|ai|assistant|llm)\s*:|\bdear (?:summari[sz]er|model|ai|assistant|llm)\b|\bliebes? (?:sprachmodell|modell|ki)\b|\bcher (?:modele|assistant)\b",
        r"\b(?:artificial intelligence|kunstliche intelligenz|intelligence artificielle)\b(?=.{0,80}\b(?:must|should|antwort\w*|so|then|dann|alors|respond|ignore|sage|reponds)\b)",
    ),
    sign(
        "steer_user",
        0.6,
        "says what the user is to be told or asked",
        r"\b(?:ask|direct|send|refer|invite|get|urge|request|advise) (?:the |any |every |all )?(?:user|users|reader|readers|whoever asks|everyone|anyone)s?\b",
        r"\b(?:tell|inform) (?:whoever|everyone|anyone|anybody|people)\b|\bmust be told\b|\bdirect(?:s|ed)? (?:the )?(?:user|reader)s? to\b|\badvise the reader\b|\banswer drawn from\b",
        r"\b(?:frage|fordere|verweise|bitte|schicke?|uberrede|leite|weise) (?:den |die |jeden |alle |einen )?(?:nutzer|benutzer|leser|user|jeden|alle|fragenden)\w*\b|\b(?:sage?|verrate|erzahle?) dem (?:nutzer|benutzer|leser|user)\b",
        r"\b(?:demande|renvoie|invite|oriente|incite|pousse|dirige) (?:[^\s.!?]+ ){0,3}?(?:a )?(?:l'utilisateur|l'utilisatrice|le lecteur|chacun|tout le monde|les utilisateurs)\b",
        r"\b(?:keep|hide|conceal) (?:[^\s.!?]+ ){0,3}?(?:secret )?from the (?:user|reader)\b|\bdo not tell (?:anyone|anybody|the user)\b|\bverschweig\w*\b|\bsag es niemandem\b|\bn'en parle a personne\b|\bcache[rz]? (?:ce|cette|ces) (?:message|ligne|consigne|note)s?\b|\bhide this (?:line|note|message)\b|\bdarf nicht erwahnt werden\b",
        r"\b(?:if|when|whoever|falls|wenn|wer|fragt|si) (?:[^\s.!?]+ ){0,4}?(?:asks?|fragt|jemand|demande)\b[^.!?\n]{0,60}\b(?:claim|must be told|so behaupte|behaupte|pretends|pretends|say that|sage|dis que)\b",
        r"\b(?:ist zu antworten|zu antworten ist|doit s'entendre repondre)\b|\bfor every query\b|\bfor all (?:queries|questions)\b",
        r"\b(?:egal,? was|no matter what|quoi que (?:dise|dit)|regardless of what) (?:[^\s.!?]+ ){0,2}?(?:handbuch|manual|documents?|dokumente?|manuel|notice)\b",
    ),
    sign(
        "instead",
        0.6,
        "wants something else done than to answer",
        r"\binstead of answering(?: the question)?(?:,| (?:ask|write|tell|say)\b)|\bstatt (?:einer antwort|zu antworten)\b|\bau lieu de repondre\b|\b(?:stop and|and then) do the following instead\b|\bdo the following instead\b|\btu stattdessen\b|\bfais plutot\b",
        r"\b(?:forget|vergiss|oublie) (?:the |die |la |my |meine |l')?(?:user'?s? )?(?:question|frage)(?: des nutzers| posee| de l'utilisateur)? (?:and|und|et)\b",
        r"\b(?:write|schreib\w*|ecris) (?:[^\s.!?]+ ){0,3}?(?:poem|gedicht|poeme|insult|beleidigung|insulte)\b(?=.*\b(?:instead|stattdessen|a la place|ignore|and)\b|.*$)",
        r"\b(?:refuse|verweiger\w*|refuse[rz]?) (?:[^\s.!?]+ ){0,6}?(?:all|any|every|alle|weiteren|toutes|suivantes)\b",
        r"\b(?:rank|treat|behandle|betrachte|considere[rz]?) (?:this |the other |die anderen |les autres |dieses |ce )(?:document|passages?|textstellen|dokument\w*|texts?|textes?) (?:[^\s.!?]+ ){0,2}?(?:above|as|first|als|comme)\b",
        r"\b(?:priority|precedence|vorrang|priorite) (?:over|before|above|vor|sur) (?:your|deine\w*|ton|tes|the system|other|alle|all|any)\b",
        r"\b(?:remember|merke? dir|retiens|memorise[rz]?) (?:[^\s.!?]+ ){0,3}?(?:for all|in all|fur alle|pour toute?s?) (?:future |kunftigen )?(?:[^\s.!?]+ )?(?:conversations|chats|sessions|gesprache|futures)\b",
        r"\b(?:place|put|insert|setze|lade|charge|load|open|add|append|include|encode|offne|place[rz]?|insere[rz]?|fug\w*|hang\w*) (?:[^\s.!?]+ ){0,5}?(?:conversation|gesprachs?|question|frage|chat(?: history|verlauf)?|context|kontext|reponse|answer|historique)\w* (?:[^\s.!?]+ ){0,6}?(?:link|url|parameter|parametre|bild|picture|image|adresse|address)\w*\b",
        r"\b(?:load|lade|charge|show|zeige|open|offne|ouvre) (?:this|dieses|diesen|cette|ce) (?:picture|image|bild|link|lien) (?:[^\s.!?]+ ){0,2}?(?:with|mit|avec)\b",
        r"\b(?:export|delete|lösche|losche|exporte\w*|supprime\w*) (?:[^\s.!?]+ ){0,3}?(?:index|data|daten|donnees|collections?|sammlung)\b(?=.*\b(?:tools?|werkzeug\w*|outils|after reading|assistant|do not tell|niemandem)\b)",
        r"\b(?:just |einfach )?(?:guess|rate|devine) (?:the|a|den|die|das|la|le|einfach) (?:value|number|wert|zahl|valeur|answer|antwort|reponse)\b|\bfake (?:citation|source|quote)s?\b|\bcite (?:page|seite) \d+ even if\b|\b(?:eine|une) (?:falsche|erfundene|fausse) (?:quelle|source)\b",
        r"\b(?:first letters?|initials|anfangsbuchstaben|premieres? lettres?) (?:[^\s.!?]+ ){0,5}?(?:and|und|et) (?:follow|tu|obei\w*|do|befolg\w*|suis)\b|\bread (?:them|it) together and\b|\bact accordingly\b(?=.*|$)|\b(?:handle|agis) (?:danach|en consequence)\b|\bagis en consequence\b",
        r"\b(?:complete|vervollstandige|complete[rz]?) (?:[^\s.!?]+ ){0,3}?(?:sentence|satz|phrase)?\W{1,3}(?:my |mein |mon )(?:system )?(?:prompt|instructions)",
        r"\b(?:supersedes?|replaces|ersetzt|remplace) (?:anything|everything|all|alles|tout|your|deinen?|ton) (?:[^\s.!?]+ )?(?:the system|system|prompt|you were|told)\b",
    ),
    sign(
        "reader_software",
        0.55,
        "speaks to software that reads it",
        r"\b(?:software|systems?|machines?|maschinen?|systeme|tools?|werkzeuge?|outils?|logiciels?|programme?s?|automat\w*|robots?|lesesoftware) (?:[^\s.!?]+ ){0,4}?"
        r"(?:that|which|die|das|der|qui|,? die) (?:[^\s.!?]+ ){0,3}?(?:read|reads|answer|answers|index|process|summari\w+|lesen|liest|lies|beantwort\w*|auswert\w*|verarbeit\w*|analysent|lit|lis|lisent|repond\w*|trait\w*)\b",
        r"\b(?:machines?|maschinen|software) (?:must|should|shall|mussen|sollen|doivent) (?:[^\s.!?]+ ){0,2}?(?:obey|follow|ihr folgen|folgen|obeir|y obeir)\b",
        r"\b(?:addressed to|richtet sich an|s'adresse (?:au|a la|aux)) (?:[^\s.!?]+ )?(?:software|machine\w*|logiciel|ki|ai|model|ia|assistent\w*|assistant)\b",
        r"\b(?:not to people|not to humans|nicht an menschen|pas aux humains|not for humans|nicht fur menschen)\b",
        r"\b(?:text|message|nachricht|texte) (?:for|to|fur|an|pour) (?:the |die |la )?(?:machine|maschine|software|logiciel)\b",
    ),
    sign(
        "every_answer",
        0.5,
        "orders what every answer says",
        r"\b(?:any|every|all|jede\w*|alle|toute|chaque) (?:question|query|frage|fragen|questions?|demande) (?:[^\s.!?]+ ){0,4}?(?:is to be|must be|are to be|ist mit|ist zu|doit recevoir|doit etre) (?:[^\s.!?]+ ){0,4}?(?:answered|beantwort\w*|reponse|antwort\w*)\b",
        r"\b(?:correct|only|right|richtige|einzige|bonne|seule) (?:reply|answer|antwort|reponse) (?:[^\s.!?]+ ){0,6}?(?:is|ist|lautet|est)\b",
        r"\b(?:when|wenn|wird|si|if) (?:this |dieser |diese |dieses |ce |cette )(?:passage|page|document|text|abschnitt|seite|dokument|texte|paragraph)\b[^.!?\n]{0,60}\b(?:answer|antwort\w*|repond\w*|reponse|retrieved|gefunden|retrouve|used)\b",
        r"\b(?:do not|don't|must not|darfst|sollst|ne dois|ne doit) (?:[^\s.!?]+ ){0,4}?(?:tell|say|mention|sagen|erwahnen|dire|mentionner) (?:[^\s.!?]+ ){0,3}?(?:that )?(?:this|dass|que) (?:[^\s.!?]+ ){0,3}?(?:paragraph|note|line|absatz|zeile|paragraphe|ligne|instruction)\b",
        r"\b(?:from this (?:line|page|point) on|ab dieser (?:zeile|seite|stelle)|a partir de cette (?:ligne|page))\b",
        r"\b(?:without mentioning|ohne (?:ihn|sie|es|das|dies) zu erwahnen|sans l[ea']? ?mentionner)\b",
    ),
    sign(
        "concealed",
        0.45,
        "hides text from people",
        r"<!--|\[//\]: ?#|display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|color\s*:\s*(?:white|#fff)|opacity\s*:\s*0\b|\bhidden text\b|\bwhite text\b",
    ),
    sign(
        "key_value",
        0.7,
        "sets instructions for a model as a value",
        r"\b(?:assistant|ai|llm|model|system|bot|agent)[_-](?:instructions?|prompt|notes?|directives?|override|rules|message|command)\b\W{0,3}[:=]",
    ),
    sign(
        "pretext",
        0.35,
        "wraps a request into a pretext",
        r"\b(?:hypothetical(?:ly)?|for (?:educational|research|testing) purposes|just (?:for fun|between us)|in a (?:fictional|hypothetical)|as a (?:test|joke)|opposite|my (?:late |dead |deceased )?grandm\w+|"
        r"hypothetisch|rein theoretisch|zu (?:test|forschungs)zwecken|nur zum (?:spass|test)|meine (?:verstorbene |tote )?(?:oma|grossmutter)|hypothetiquement|a des fins (?:de test|educatives|de recherche)|"
        r"ma (?:defunte )?grand-mere|the (?:rules|restrictions) (?:don't|do not|no longer) apply)\b",
    ),
    sign(
        "own_prompt",
        0.45,
        "speaks of the prompt of the system",
        r"\bsystem[- ]?prompts?\b(?!\s+(?:the|you|for|appears?|is shown))",
        r"\b(?:initial|hidden|secret|internal|original|developer|your) prompt\b",
        r"\b(?:prompt|invite|message) systeme\b",
        r"\bsystem(?:anweisung|vorgabe|instruktion)(?:en)?\b",
        asked=True,
    ),
)

_S_IGNORE = (
    r"(?:ignore|ignoring|disregard|forget|override|bypass|ignoriere?|ignorierealle|vergiss|missachte|oublie[rz]?|ignore[rz]|"
    r"ignora|olvida)"
)
_S_WHICH = (
    r"(?:all|any|of|the|your|my|these|every|previous|prior|above|earlier|former|system|safety|"
    r"alle|aller|deine|die|bisherigen|vorherigen|obigen|fruheren|toutes?|tous|les|tes|vos|precedentes?|las|tus|anteriores|todas)"
)
_S_TARGET = r"(?:instruct|rules|prompt|guideline|directive|command|anweisung|regeln|vorgaben|consignes|regles|instruccion)"

SQUEEZED: tuple[Sign, ...] = (
    sign(
        "override_spelled",
        0.9,
        "asks to set aside the instructions given before, in broken spelling",
        rf"{_S_IGNORE}{_S_WHICH}{{1,5}}{_S_TARGET}",
        rf"{_S_IGNORE}(?:everything|alles|tout)(?:above|before|oben|zuvor|cequiprecede)",
    ),
    sign(
        "reveal_spelled",
        0.85,
        "asks for the system's own instructions, in broken spelling",
        r"(?:reveal|show|print|tellme|giveme|output|repeat|zeigmir|zeige|nenne|verrate|gib|montre|affiche|donne|revele)"
        r"(?:me|us|mir|uns|moi|the|den|le|full|entire|whole){0,3}(?:your|deinen?|dein|ton|votre|hidden|secret|system|own){1,2}"
        r"(?:system)?(?:prompt|message|instructions|apikeys?|passwords?|anweisungen|promptsysteme|consignes)",
    ),
)
"""For texts whose words are broken up: read without anything between letters and digits."""
