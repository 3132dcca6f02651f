"""Orders that documents give to a machine that reads them.

Who is spoken to, what the machine is to do, and to whose harm: expressions over folded text (see
`unmasking.fold`), in English, German and French. They were written for this project.
"""

from providers.guardrail.signs import Sign, sign

_FEW = r"(?:[^\s.!?:;]+ ){0,5}?"
_SOME = r"[^.!?\n]{0,90}?"
_MACHINE = (
    r"(?:(?:ai|ki|ia|llm)s?(?:[- ](?:models?|systems?|agents?|assistants?|readers?|reviewers?|graders?|judges?|"
    r"tools?|bots?|modelle?n?|systeme?n?|agenten|assistenten|assistenzsysteme?n?|gutachter|prufer|leser|werkzeuge))?|"
    r"(?:agents?|assistants?|modeles?|systemes?|outils?|relecteurs?|correcteurs?|lecteurs?|evaluateurs?) (?:d'|en )?ia|"
    r"(?:large )?language models?|\w*sprachmodell(?:e|en|s)?|modeles? (?:de langage|linguistiques?)|"
    r"chat-?bots?|bots?|robots? conversationnels?|copilots?|gpt\S*|assistenzsysteme?n?|"
    r"(?:answering|reading|reviewing|evaluating|summari[sz]ing|processing|automated|automatic|digital|virtual|search|"
    r"travel|shopping|research|writing) (?:models?|systems?|assistants?|agents?|software|programs?|engines?)|"
    r"(?:lesende|antwortende|auswertende|verarbeitende|zusammenfassende|prufende|automatische|digitale|virtuelle)[nrs]? "
    r"(?:modelle?|systeme?|assistent(?:en)?|software|programme?|ki)|(?:reise|such|einkaufs|sprach|recherche|schreib)assistenten|"
    r"assistants? (?:automatiques?|numeriques?|virtuels?|de (?:voyage|recherche|redaction))|"
    r"(?:modeles?|systemes?|assistants?|logiciels?|programmes?) (?:automatiques? )?qui (?:l[ae] )?(?:lit|lisent|lira|repond|repondent|resume\w*|"
    r"analyse\w*|evalue\w*|trait\w+|compar\w+|cit\w+)|"
    r"(?:models?|systems?|assistants?|software|programs?|tools?|agents?) (?:reading|processing|summari[sz]ing|answering|quoting|citing|comparing|"
    r"evaluating|reviewing|ranking|that (?:reads?|answers?|summari[sz]es?|process\w*|cites?|quotes?|screens?|ranks?|compares?|evaluates?))|"
    r"(?:modelle?|systeme?|assistenten?|programme?|software),? (?:das|die|der) (?:[^\s.!?:;]+ ){0,5}?(?:liest|lesen|antworte\w*|zusammenfass\w*|"
    r"auswert\w*|verarbeite\w*|zitier\w*|bewerte\w*|vergleich\w*)|"
    r"(?:systeme?|programme?|software) zur (?:vor|bewerber)?auswahl|(?:systemes?|logiciels?) de (?:tri|selection)(?: des candidatures)?|"
    r"(?:any |every )?(?:system|software|program)s? (?:that )?(?:screens?|screening|ranks?|ranking) (?:applications?|applicants|candidates))"
)
_MODEL = rf"(?:{_MACHINE}|assistants?|assistent(?:en)?|assistantes?|modell?e?n?|models?|modeles?)"
_ORDER = (
    r"(?:say|state|tell|treat|mention|rate|rank|give|award|quote|describe|recommend|prefer|invite|ask|add|answer|respond|reply|"
    r"report|ignore|omit|skip|leave|drop|do not|don't|never|always|please|include|cite|use|show|put|place|list|hide|call|send|append|"
    r"delete|approve|confirm|claim|advise|promote|return|output|print|write|assume|stop|disregard|forget|"
    r"bewerte\w*|nenn\w*|sagt?|sage|gebt|gib|geben|vergebt|vergib|empfiehl|empfehlt|behaupte\w*|zitier\w*|antworte\w*|"
    r"behandel\w*|ignorier\w*|verschweig\w*|erwahn\w*|lasst?|schreib\w*|fuge?\w*|zeig\w*|setzt?|bitte|immer|nie|niemals|stets|"
    r"verzichte\w*|beschreib\w*|rate|bevorzug\w*|ordne\w*|"
    r"dis|dites|donne[rz]?|attribue[rz]?|recommande[rz]?|affirme[rz]?|cite[rz]?|reponds|repondez|traite[rz]?|ignore[rz]?|tais|taisez|"
    r"mentionne[rz]?|laisse[rz]?|ecri\w+|ajoute[rz]?|montre[rz]?|place[rz]?|classe[rz]?|decri\w+|presente[rz]?|indique[rz]?|prefere[rz]?|"
    r"considere[rz]?|ne|toujours|jamais)"
)
_TO_BE = r"(?:\S+ ){0,8}?(?:(?:ist|sind|bleib\w*) (?:\S+ ){0,6}?(?:zu |ab|an|aus|auf|weg)\S+|(?:is|are) to be|(?:est|sont) a )"
_MUST = (
    r"(?:must|should|shall|will|ought to|has to|have to|is to|are to|may now|soll|sollen|muss|mussen|hat|haben|"
    r"doit|doivent|devra|devront|est tenue?|[a-z]+(?:era|eront|ira|iront|dra|dront))"
)
_FAVOUR = (
    r"(?:(?:five|5) stars|(?:full|highest|top|maximum|best) (?:marks|scores?|ratings?|grades?|place|note)|top of (?:the|every|any) \w*|"
    r"first place|above all others|before all others|over all (?:others|alternatives)|our competitors|rival (?:brands|products)|"
    r"funf sternen?|hochstnote|volle punktzahl|platz eins|erste stelle|an (?:die )?erste\w? stelle|vor allen anderen|"
    r"(?:unsere |andere )?(?:mitbewerber|konkurrent\w+|konkurrenz)|andere marken|"
    r"cinq etoiles|note maximale|meilleure note|en tete(?: de liste)?|premier rang|avant (?:tou\w+ )?les autres|(?:nos )?concurrents|autres marques)"
)
_PRIVATE = (
    r"(?:passwords?|pins?|pass ?codes?|card (?:numbers?|details)|account (?:numbers?|details)|bank details|credit cards?|date of birth|"
    r"passwort\w*|kennwort\w*|kartennummern?|kontonummern?|kontodaten|zugangsdaten|bankdaten|geburtsdatum|"
    r"mots? de passe|numeros? de (?:carte|compte)|code secret|coordonnees bancaires|identifiants|date de naissance)"
)
_PEOPLE = (
    r"(?:users?|readers?|people|customers?|guests?|callers?|clients?|patients?|visitors?|tenants?|everyone|anyone|whoever|who asks|"
    r"nutzer\w*|leser\w*|leuten?|kunden?|gasten?|mieter\w*|besucher\w*|wer |jede[mnr]|fragenden|"
    r"utilisateurs?|lecteurs?|gens|clients?|locataires?|visiteurs?|quiconque|qui s'informe|personne)"
)
_BLIND = (
    r"(?:without (?:checking|asking|verif\w+|review|any check\w*|question)|ohne (?:\w+ )?(?:prufung|ruckfrage|kontrolle|nachfrage)|"
    r"sans (?:verif\w+|controle|demander|question|poser))"
)
_CONDENSE = r"(?:condens|summari[sz]|shorten|abridg|abstract|translat|quot|compar|review)"
_PAPER = r"(?:report|page|document|text|paper|mail|e-?mail|article|manual|leaflet|contract|minutes|note|file|thread|review)s?"
_PAPIER = r"(?:bericht|seite|dokument|text|aufsatz|mail|e-?mail|artikel|handbuch|blatt|vertrag|protokoll|datei|akte)\w*"
_PAGE = r"(?:rapport|page|document|texte|article|courriel|manuel|notice|contrat|proces-verbal|fichier|note)s?"
_REPLY = r"(?:answers?|repl(?:y|ies)|responses?|messages?|antwort(?:en)?|nachricht(?:en)?|auskunft|auskunfte|reponses?|renseignements?)"
_EVERY = r"(?:every|all|each|any|jede[rn]?|alle|chaque|tous les|toutes les|toute)"

_A_MACHINE = (
    r"(?:an? |ein\w* |une? )?(?:ais?|ki|ia|llm|(?:large )?language model|sprachmodell|modele de langage|chat-?bot|bot|"
    r"(?:ai|ki|virtual|digital)[- ](?:assistant|agent|model|system|assistent|modell)|intelligence artificielle|kunstliche intelligenz)\b"
)
IF_MACHINE = sign(
    "if_machine",
    0.9,
    "speaks to its reader in case that it is a machine",
    rf"\b(?:if|when|since|as|in case) you(?:'re| are)(?: reading this as)? {_A_MACHINE}",
    rf"\b(?:wenn|falls|sofern|da|weil) (?:du|sie) (?:\S+ ){{0,2}}?{_A_MACHINE}(?: (?:bist|sind))|\b(?:bist du|sind sie) {_A_MACHINE},",
    rf"\b(?:si|puisque|comme) (?:tu es|vous etes|t'es) {_A_MACHINE}",
)
"""No manual asks whether its reader is a machine; nothing calms this."""

ORDERS: tuple[Sign, ...] = (
    IF_MACHINE,
    sign(
        "machine_told",
        0.6,
        "addresses machines that read it, and orders them something",
        rf"(?:^|[.!?:;|\[({{<>*\"\n-]|\b(?:for|to|fur|an|pour|a|aux?|all|any|dear|hey|hello|liebe\w?|cher\w?|salut|hallo|l'|die|alle|les))\s*"
        rf"{_MACHINE}(?:\s(?!:)[^.!?:\n]{{1,60}})?\s?:\s?(?:[\"'«„“]\s?)?(?:[^\s.!?:;]+,? ){{0,3}}?(?:{_ORDER}\b|{_TO_BE})",
        rf"(?:^|[.!?:;|\[({{<>*\n-])\s*(?:dear |hey |hello |liebe\w? |cher\w? |salut,? (?:le )?|hallo |an (?:alle |die )?|to (?:all |any )?|a (?:tous )?(?:les |l')?)"
        rf"{_MODEL}(?:,| -|:| !)",
        rf"\b(?:whoever|anyone who|if you|wer|falls du|si vous|si tu|quiconque|celui qui) {_SOME}(?:summari|condens|translat|read|process|zusammenfass|"
        rf"ubersetz|lies|les|verarbeit|resum|tradui|lis|lit|trait){_SOME}\b(?:with|using|by|mit|per|durch|avec|par) (?:an? |the |eine[mnr]? |une? |l')?{_MACHINE}\b",
        r"\b(?:whoever|anyone|anybody|everyone|those|all|wer|alle|jene|qui|ceux qui|quiconque)(?: who| is| are| die)? (?:\S+ ){0,4}?(?:answer|generat|writ|repl|quot|antwort|erzeug|schreib|zitier|repond|gener|redig|ecri|tir)\w*(?: \S+){0,4}? "
        r"(?:from (?:here|this|it)|of this (?:text|page|document)|hieraus|daraus|aus (?:diesem|dieser) \w+|dieses (?:textes|dokuments)|(?:d'apres|a partir de) (?:ce|cette|ici|ceci)|d'ici|en tirent)\b",
    ),
    sign(
        "machine_favours",
        0.6,
        "orders a machine to favour somebody",
        rf"\b{_MODEL}\b{_SOME}\b{_FAVOUR}\b",
        rf"\b(?:rate|award|vergebt|vergib|bewerte|donne|attribue|mets) {_SOME}\b{_FAVOUR}\b{_SOME}\b(?:in|dans|bei) (?:every|each|any|jede\w|chaque|tout\w*)\b",
    ),
    sign(
        "machine_must",
        0.4,
        "says what a machine that reads it has to do",
        rf"\b{_MACHINE},? {_FEW}{_MUST} ",
        rf"\b(?:model|system|assistant|agent|software|ki|ai|ia|modele|systeme|modell) {_FEW}(?:hereby|hiermit|par la presente|is (?:now )?appointed|ist zum|est nomme)\b",
    ),
    sign(
        "machine_acts",
        0.6,
        "has a machine act with its tools",
        rf"\b{_MODEL} (?:[^\s.!?:;]+ ){{0,3}}?(?:delet|remov|eras|los?ch|entfern|supprim|retir|efface|clos|schliess|ferm|send|sende|envoi|transf|call|ruf|appel)\w*"
        rf"{_SOME}\b(?:(?:its|their|your) (?:own )?(?:tool|function|plugin)s?|mit (?:ihrem|seinem|ihrer|seiner) (?:werkzeug|funktion)|avec (?:son|sa|ses|leur) (?:outil|fonction)s?)\b",
        r"\b(?:use|with|mit|nutze|avec|utilise) (?:your|deine[mnr]?|ton|tes|ta) (?:\w+ ){0,2}?(?:tools?|functions?|\w*werkzeug\w*|\w*funktion\w*|outils?|fonctions?)\b",
        r"\bbefore (?:you |it )?(?:respond|answer|reply|continue|proceed|repl)\w*,? (?:first )?(?:run|call|invoke|execute|open|fetch) (?:\S+ ){0,2}?\w+_\w+",
        r"\bbevor du antwortest,? (?:rufe?|fuhre?|offne|starte)\b|\bavant de repondre,? (?:appelle|lance|execute|ouvre)\b",
        rf"\b{_MODEL}\b{_SOME}\b{_BLIND}|\b(?:approve|accept|genehmige|bewillige|approuve|accepte) {_SOME}{_BLIND}{_SOME}\b(?:assistant|assistent|bot|du|tu|you)\b",
    ),
    sign(
        "private_asked",
        0.6,
        "has people asked for what is private",
        rf"\b{_MODEL}\b(?![^.!?\n]{{0,60}}\b(?:not|never|nie|nicht|niemals|jamais|ne|keine?)\b){_SOME}\b(?:ask|invite|urge|request|get|bitte\w*|fordern?|auffordern|demand\w*|invit\w*|incit\w*)\b{_SOME}{_PRIVATE}",
        rf"\b(?:questions?|enquir\w+|whoever|wer|fragt|a qui|qui s'informe|s'informe|erkundigt)\b{_SOME}\b(?:by (?:asking|requesting)|first ask|frag(?:e|t)? (?:ihn )?zuerst|zuerst nach|demande[rz]? d'abord|d'abord (?:son|le)){_SOME}{_PRIVATE}",
        rf"\b(?:have|let|make|lass|lasse|fais) (?:the |den |die |das )?(?:\w+ )?{_PEOPLE}{_SOME}{_PRIVATE}{_SOME}\b(?:chat|gesprach|discussion|conversation)\b",
        rf"\b(?:soll|sollen|muss) von dir\b|\bby you for (?:his|her|their) {_PRIVATE}",
    ),
    sign(
        "forged_evidence",
        0.6,
        "asks for evidence that does not hold",
        r"\b(?:cite|quote|give|use|name|reference|zitier\w*|nenne?|gib|fuhre?|cites?|donne|mets|indique)\b[^.!?\n]{0,60}\b(?:page|seite|p\.)\s?\d+[^.!?\n]{0,50}\b(?:even (?:if|where|when|though)|auch wenn|obwohl|selbst wenn|meme si|bien qu)",
        r"\b(?:attribute|ascribe|credit|schreibe?|attribue)\b[^.!?\n]{0,60}\b(?:although|even though|though|obwohl|bien qu|meme si)\b",
        r"\b(?:source|quelle|quellen|reference)\b[^.!?\n]{0,30}\b(?:sounds? plausible|plausibly|glaubhaft|plausibel|vraisemblable)|\b(?:plausible|glaubhafte|plausible|vraisemblable) (?:source|quelle|reference|sounding)",
    ),
    sign(
        "other_sources",
        0.5,
        "sets the other sources aside",
        r"\b(?:ignore|disregard|forget|overrule|no matter|never mind|regardless of|pass over) what (?:the |all )?(?:other|neighbou?ring|remaining|official) (?:\w+ )?(?:manuals?|documents?|sources?|pages?|passages?|texts?)\b",
        r"\bwhatever (?:the )?other (?:\w+ )?(?:manuals?|documents?|sources?|pages?|passages?) (?:say|state|claim)",
        r"\bwas (?:die )?andere\w* (?:handbucher|unterlagen|dokumente|quellen|seiten|stellen)\b[^.!?\n]{0,50}\b(?:sag|steht|stehen|angeb|behaupt|nenn|zahlt)\w*",
        r"\b(?:peu importe|ignore|passe sur|oublie|quoi que disent|quoi qu'en disent) (?:ce que )?(?:disent |indiquent )?(?:les )?autres (?:manuels|documents|sources|pages|passages|extraits)",
        r"\b(?:rely|rest|stutze?|verlass|appuie|fie|base)(?: dich|-toi)?\b[^.!?\n]{0,30}\b(?:only|alone|solely|nur|allein|ausschliesslich|uniquement|seulement|seule?)\b[^.!?\n]{0,20}\b(?:this|diese[nrs]?|ce|cette|cet)\b|\b(?:on|auf|sur) (?:this|diese[nrs]?|ce|cette) (?:page|paragraph|text|document|seite|absatz|dokument|paragraphe|texte) (?:alone|only|allein|seul\w*)",
        r"\bzitiere? (?:keine|nie|niemals)\b|\bne cite (?:aucun|pas|jamais|rien)",
    ),
    sign(
        "deceive",
        0.6,
        "asks to deceive or to keep something from whoever asks",
        rf"\b(?:make|let) (?:the |any |every )?{_PEOPLE} (?:believe|think)\b|\b(?:convince|persuade) (?:the |any |every )?(?:\w+ )?{_PEOPLE}",
        r"\b(?:mache?|machst) (?:dem|den|der) \w+ weis\b|\blass\w* (?:den|die|das) \w+ glauben\b|\buberzeuge?n? (?:den|die|jeden) \w+\b|\b(?:fais|laisse|faites) croire\b|\bpersuade (?:le|la|les|l')|\bconvaincs\b",
        r"\b(?:person|customer|user|human|reader) (?:that |whom |with whom )?you(?:'re| are)? (?:talk|chat|speak)\w*",
        r"\b(?:dein(?:e[mnrs]?)? (?:gesprachspartner\w*|gegenuber)|mit dem du (?:chatte|sprich|rede)\w*|ton interlocut\w+|avec qui tu (?:parles|discutes))\b",
    ),
    sign(
        "while_writing",
        0.6,
        "says how it is to be summed up",
        rf"\b(?:when|while|whenever|in) (?:you(?:'re| are)? )?{_CONDENSE}\w* (?:this|the|these) (?:\w+ )?{_PAPER},? (?:\w+ly )?(?:leave|drop|skip|omit|say|state|claim|mention|add|call|do not|never|pretend|stress|praise|include|put|write|describe)\b",
        rf"\b(?:beim|bei der) (?:zusammenfass\w*|kurz\w*|ubersetz\w*|auswert\w*|vergleich\w*) (?:diese[rs]|des|der|dieser) (?:\w+ )?{_PAPIER}{_SOME}\b(?:du|lass\w*|nenn\w*|weglass\w*|wegzulassen|verschweig\w*|entfall\w*|fallt \w+)\b",
        rf"\ben (?:resumant|abregeant|condensant|traduisant|comparant|analysant) (?:ce|cet|cette|ces|le|la) (?:\w+ )?{_PAGE}\b{_SOME}\b(?:tu|omets|passe|tais|saute|dis|ecris|laisse|n'\w+)\b",
        r"\b(?:in|dans) (?:your|deiner|ton) (?:summary|zusammenfassung|kurzfassung|resume|abstract)\b",
        rf"\b(?:in|to|of|dans|in den|bei) (?:these|the|this|diese[nm]?|ces|ce) (?:minutes|protokoll\w*|proces-verbal)?{_SOME}\b(?:quietly|silently|discreetly|stillschweigend|discretement|en silence) (?:skip|pass|drop|leave|omit|uberg\w+|weg\w+|auslass\w+|pass\w+)",
        rf"\b{_MODEL}\b{_SOME}\b(?:quietly|silently|discreetly|stillschweigend|discretement|sous silence|unmentioned|unerwahnt)\b",
    ),
    sign(
        "polite_order",
        0.6,
        "asks a machine politely",
        rf"\b(?:(?:it would be|would be|we would be|we'd be|would|could|we would) (?:\w+ )?(?:kind|lovely|nice|great|grateful|appreciate\w*|please\w*|helpful)?(?: it)? ?(?:if |of )?(?:the |any |an? ))(?:{_MACHINE}|assistant|model)\b",
        rf"\b(?:ware|waren) (?:\w+ )?(?:schon|nett|dankbar|freundlich|hilfreich|gut),? wenn (?:der|die|das|ein\w?) (?:{_MACHINE}|assistent|modell)\b|\b(?:schon|nett) ware es,? wenn (?:der|die|das|ein\w?) (?:{_MACHINE}|assistent|modell)\b",
        rf"\b(?:serait|serions|saurions) (?:\w+ )?(?:gentil|aimable|bien|reconnaissants?|gre|utile)? ?(?:que |au |si |a )(?:le |la |l'|un |une )?(?:{_MACHINE}|assistant|modele|ia)\b",
    ),
    sign(
        "for_ever",
        0.6,
        "wants something remembered, or said in every answer",
        r"\b(?:remember|store|note|memori[sz]e|keep in mind|merke? dir|speichere?|retiens|memorise|enregistre)\b[^.!?\n]{0,40}\b(?:for|fur|pour|in) (?:all|every|each|any|alle|jede[sn]?|tou\w+|chaque) (?:les )?(?:later|future|coming|further|kunftig\w*|spater\w*|weitere\w*|futur\w*|\w+ (?:a venir|futur\w*))",
        r"\b(?:retiens|memorise)\b[^.!?\n]{0,30}\b(?:conversations?|echanges?|sessions?)\b",
        rf"\b(?:end|finish|close|begin|start|conclude|beende|schliesse?|beginne?|termine|finis|clos|commence) {_EVERY} (?:\w+ )?{_REPLY} (?:with|by|mit|par|sur|avec)\b",
        rf"\b(?:correct|right|good|richtige|gute|bonnes?|vraies?) {_REPLY} (?:\S+ ){{0,6}}?(?:always |stets |immer |toujours )?(?:ends?|finish\w*|close|enden|endet|finissent|terminent|se terminent)\b",
        rf"\b{_REPLY} (?:\S+ ){{0,8}}?(?:is|are|ist|sind|est|sont|n'est|ne sont) (?:\S+ ){{0,2}}?(?:only |erst |nur )?(?:complete|vollstandig|complete?s?) (?:only )?(?:when|if|wenn|que s|que lorsqu)",
        r"\b(?:answers|repl(?:ies|y)|responses?|antworten|reponses) (?:must|have to|has to|haben|mussen|doivent) (?:\S+ ){0,5}?(?:start|begin|open|end|contain|include|finish|beginnen|enden|enthalten|anfangen|commencer|debuter|finir|contenir|inclure)\b",
        r"\b(?:state|give|put|say|use|name|quote|call)\b[^.!?\n;]{1,60}\bin (?:your |all |every )?(?:answers?|repl(?:ies|y)|responses?)\b|\bin (?:answers|replies|responses),? (?:state|give|put|say|use|name|quote|call|mention)\b",
        r"\b(?:in|fur) antworten,? (?:\S+ ){1,6}?(?:angeben|nennen|schreiben|sagen|nehmen|anzugeben|verwenden)\b|\b(?:dans les reponses|pour repondre),? (?:mettre|donner|dire|indiquer|prendre|ecrire|mets|donne|dis|indique)\b",
        r"\b(?:human|user|mensch|nutzer|humain|utilisateur)s? (?:has|have|hat|haben|a|ont) (?:\S+ ){0,7}?(?:consented|agreed|approved|confirmed|zugestimmt|eingewilligt|accepte|consenti)\b",
        r"\b(?:user |nutzer)?(?:questions?|queries|fragen|anfragen|nutzerfragen|demandes)\b[^.!?\n]{0,50}\b(?:(?:are|is) (?:to be )?answered|werden|sind|recoi\w+|se voient)\b[^.!?\n]{0,30}[\"'«„“‚]",
    ),
    sign(
        "unbound",
        0.6,
        "frees the model from its rules",
        r"\b(?:guidelines|rules|restrictions|directives|instructions|limits|vorgaben|regeln|schranken|leitlinien|beschrankungen|anweisungen|directives|regles|limites|consignes|restrictions)\b[^.!?\n]{0,30}\b(?:your (?:operator|developers?|provider|makers?|vendor|creators?)|deine[rs]? (?:betreiber|entwickler|anbieter|hersteller)s?|ton (?:operateur|developpeur|fournisseur|createur)|tes (?:developpeurs|createurs))\b",
        r"\byour (?:operator|developers?|provider|makers?|vendor|creator)'?s'? (?:\w+ )?(?:guidelines|rules|restrictions|directives|instructions|limits)\b",
        r"\byou (?:have been|were|are|'ve been) (?:hereby |now )?(?:upgraded|released|freed|unlocked|reset|unchained|reprogrammed|updated)\b",
        r"\bdu (?:wurdest|bist|wirst) (?:hiermit |jetzt |nun )?(?:\S+ ){0,4}?(?:aktualisiert|befreit|freigeschaltet|entbunden|zuruckgesetzt|umprogrammiert)\b|\btu (?:as ete|es) (?:\w+ )?(?:mis a jour|libere|delie|deverrouille|reinitialise|reprogramme)",
        r"\b(?:eure[nr]?|vos) (?:\w+ )?(?:regeln|vorgaben|anweisungen|richtlinien|schranken|regles|consignes|directives) (?:\S+ ){0,4}?(?:gelten|ruhen|zahlen|entfallen|ne (?:valent|s'appliquent|concernent|comptent)|sont suspendu\w+)\b",
        r"\b(?:now that|jetzt,? (?:da|wo)|maintenant que) (?:you|du|tu) \b|\b(?:du hast|tu as) (?:\S+ ){0,3}?(?:gelesen|fini de lire|lu)\b,? (?:\S+ )?(?:wechsle|passe|zeige|affiche|gib|donne)",
        r"\b(?:your|deine[nr]?|tes|ton) (?:initial|starting|original|first|anfanglichen?|anfangs|start|ursprunglichen?|ersten?)[ -]?(?:instructions|orders|anweisungen|vorgaben|message)|\btes (?:consignes|instructions|directives) (?:initiales|de depart|d'origine)|\bdeine (?:anfangs|start)anweisungen\b",
        r"\b(?:as an?|als|en tant qu[e']? ?) ?(?:ai|llm|large language model|language model|chatbot|ki|sprachmodell|ia|modele de langage|chatbot),? (?:you|bist du|darfst du|musst du|hast du|tu)\b",
    ),
    sign(
        "turn",
        0.6,
        "plays a turn of the conversation",
        r"\b(?:assistant|assistent\w?|ai|ki|ia|chatbot|bot)\s?:\s?(?:understood|sure|ok(?:ay)?|certainly|of course|verstanden|klar|gerne|naturlich|jawohl|compris|entendu|d'accord|bien sur)\b",
        r"\bsysteme?\s?:[^.\n]{3,140}\b(?:assistant|assistent|chatbot|bot|ki|ia|ai)\b(?! (?:function|funktion|mode))",
        r"\b(?:system (?:notice|message|note)|systemhinweis|systemmeldung|note systeme|message systeme)\W{1,3}(?:the |der |die |das |l'|le )?(?:assistant|assistent|chatbot|bot|ki|ia|ai|model|modell|modele)\b",
        r"\bq\s?:[^\n]{0,100}\bsystem ?prompt[^\n]{0,60}\ba\s?:",
        r"\b(?:end|ende|fin) (?:of (?:the |this )?|des |der |de l'|du |de la )(?:excerpt|auszugs?|extrait|document|dokuments?|page|seite|text|texts|texte|context|passages?)\b[^\w]{0,8}[\s\S]{0,12}?(?:new|neue|nouve\w+|from (?:now|here)|ab (?:jetzt|hier|sofort)|desormais|dorenavant|next (?:instruction|order|task)|nachste anweisung|instruction suivante|es folgen|de nouveaux)\b",
        r"\b(?:everything|anything|alles|tout ce qui)\b[^.!?\n]{0,40}\b(?:line|zeile|ligne|point|here|hier|ici)\b[^.!?\n]{0,60}\b(?:your (?:developers?|operator|makers)|deine[nr]? (?:entwickler|betreiber)n?|tes (?:developpeurs|createurs)|ton operateur)",
    ),
    sign(
        "hidden_element",
        0.5,
        "hides an element of a page from people",
        r"<\w+[^>]*(?:\bhidden\b|display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0\b)[^>]*>",
        r"[\[({](?:hidden|invisible|unsichtbar\w*|versteckt\w*|verborgen\w*|cache\w*|invisible|for ai|nur fur (?:die )?ki|reserve a l'ia)[^\])}\n]{0,60}[:\])}]",
    ),
)
