"""What the answer is to say, and who is told so.

All read folded text (see `unmasking.fold`). They were written for this project.
"""

from providers.guardrail import phrases
from providers.guardrail.signs import MAY, Sign, sign

_ANSWER_NOUN = (
    r"(?:answers?|responses?|repl(?:y|ies)|outputs?|summar(?:y|ies)|antwort(?:en)?|zusammenfassung|"
    r"reponses?|resume|respuestas?)"
)
_NO_FORM = (
    r"(?! (?:mit |par |avec )?(?:(?:an? |one |the |der |dem |einer |einem |einen |une? |le |la )(?:\w+ )?"
    r"(?:numbers?|figures?|lists?|table|dates?|names?|zahl|seitenzahl|liste|tabelle|nummer|datum|namen|nombre|numero|tableau|nom)"
    r"|(?:an? |one |two |three |einem |einen |zwei |drei |une? |deux |trois )(?:\w+ )?"
    r"(?:words?|sentences?|wort\w*|satze?n?|mots?|phrases?))\b(?!:? ?[\"'«“„]))"
)
"""Not a form of answer that whoever asks may want."""

STEERING: tuple[Sign, ...] = (
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
        r"nothing (?:but|except|other than) ?)+(?:with\b"
        + _NO_FORM
        + r"|by saying|that\b|the (?:word|phrase|text|sentence)|:|\"|')",
        r"\b(?:respond|reply|answer) (?:only )?with (?:the (?:word|phrase|text|sentence|following)|\"|'|nothing)",
        r"\b(?:antworte|sag|sage|schreib|schreibe|gib) (?:nur|immer|stets|ausschliesslich|ab (?:jetzt|sofort)|"
        r"auf (?:alle|jede) \S+|bitte nur)(?: (?:noch|nur|mit|auf|das|den|die))?\b" + _NO_FORM,
        r"\b(?:reponds|dis|ecris) (?:uniquement|toujours|seulement|exclusivement|desormais|a (?:toutes?|chaque)|simplement)\b(?: (?:par|avec)\b)?"
        + _NO_FORM,
        r"\b(?:responde|di) (?:solo|siempre|unicamente|a todas)\b",
        r"\b(?:tell|inform|advise|assure|convince|persuade|urge|direct|ask) (?:the |any |every |all )?(?:user|users|reader|readers|person asking|asker|"
        r"human)s?(?: who \w+)? (?:that|to|about|instead|they|it)\b",
        r"\b(?:sag|sage|teile|teil|sagen sie|teilen sie|erklare|empfiehl|rate|versichere|bitte|fordere) (?:bitte )?(?:dem|der|den|allen|jedem) (?:nutzer|benutzer|leser|"
        r"anwender|fragenden|nutzern|benutzern|user)\w*\b",
        r"\b(?:dis|dites|indique|indiquez|recommande[rz]?|conseille[rz]?|demande[rz]?|assure[rz]?|informe[rz]?) (?:a |aux? |a l'|l')?(?:l'utilisateur|utilisateurs?|lecteurs?|clients?)\b",
        r"\b(?:do not|don't|never|must not|should not) (?:mention|tell|reveal|inform|disclose|show|let|say|talk about|refer to) (?:"
        + MAY
        + r")?"
        r"(?:this (?:instruction|note|message|text|paragraph|sentence)|these (?:instructions|lines)|(?:the )?users?|anyone|anybody|that you)\b",
        r"\b(?:erwahne|verrate|sag|zeige|nenne|erwahnen sie|verraten sie)\w* (?:"
        + MAY
        + r")?(?:diese\w* (?:anweisung|hinweis|nachricht|text)\w*|dem (?:nutzer|benutzer)) (?:"
        + MAY
        + r")?nicht\b",
        r"\bne (?:mentionne|revele|dis|dites|parle|mentionnez|revelez)\w* (?:pas|jamais|rien) (?:"
        + MAY
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
)
