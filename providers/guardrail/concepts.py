"""What a sentence speaks of, in words of several languages.

Orders to a model join ideas that manuals and contracts keep apart: the answer that is being
written, whoever asks, the sources, something to be kept quiet. A concept is such an idea; its
words in English, German and French are one sign, so what one language teaches counts in all.
They are coarser than `ideas`, and their expressions may look at several words.
All expressions read folded text (see `unmasking.fold`). They were written for this project.
"""

import re

_WORDS: dict[str, str] = {
    "model": r"ais?|a\.i\.|llms?|ki|ias?|\w+-ai|ki-\w+|(?:large )?language models?|sprachmodell\w*|modeles? de langage|"
    r"chat-?bots?|bots?|robots?|gpt\S*|assistants?|assistent\w*|assistantes?|copilot|agents?|(?:evaluation|answering|language) "
    r"(?:models?|systems?|software|tools?|engines?)|\w+modelle?n?|sprachprogramme|modeles? d'evaluation|modell|model|modele",
    "software": r"software|logiciels?|machines?|maschin\w*|automat\w*|programm\w*|systems?|systeme\w*|services?|dienste?n?|"
    r"\w+dienste?n?|tools?|werkzeuge?n?|outils?|engines?|moteurs?|crawlers?|index\w*|indiz\w*|screening|vorauswahl|tri",
    "reads": r"read|reads|reading|lies|liest|lesen|lis|lit|lisant|lisent|process\w*|verarbeit\w*|trait\w+|analy\w+|auswert\w*|"
    r"auswerter|summari\w+|zusammenfass\w*|zusammenfasst|fasst?|resum\w+|condens\w+|kurz(?:en|fassung\w*)|abstracts?|"
    r"(?:machine|automated|automatic) readers?|lecteurs automatiques|retriev\w+|gefunden\w*|retrouve\w*|abruf\w*",
    "answer": r"answer\w*|repl(?:y|ies)|respon[ds]\w*|responses?|antwort\w*|beantwort\w*|auskunfte?|auskunft|repon\w*|reponses?|"
    r"output\w*|ausgabe\w*|summar(?:y|ies)|zusammenfassung\w*|comparison|vergleichstabelle\w*",
    "says": r"say|says|state|tell|claim|insist|mention\w*|describe\w*|report|call|name|give|add|insert|append|include|write|print|"
    r"sag|sage|sagen|behaupt\w*|nenne?|nennen|nennt|erklar\w*|bezeichne\w*|angeben|anzugeben|melde\w*|schreibe?|gib|fuge?|einzufugen|hange?|"
    r"dis|dire|dit|indiqu\w*|affirm\w*|mentionn\w*|decri\w*|donne\w*|ajout\w*|insere\w*|ecris|annonc\w*|affich\w*|zeige?|show|display|render|imprime",
    "user": r"users?|readers?|nutzer\w*|benutzer\w*|leser\w*|anwender\w*|utilisat\w+|lecteurs?|lectrices?|whoever|anybody|anyone|"
    r"somebody|someone|jemand\w*|wer|quelqu'un|quiconque|qui demande\w*|people|person|personnes?|clients?|customers?|kunde\w*",
    "asks": r"ask|asks|asked|asking|question\w*|frag\w*|gefragt|anfrage\w*|demand\w+|quer(?:y|ies)|requete\w*|erkundigt\w*|enquir\w*",
    "informal": r"du|dir|dich|dein\w*|tu|te|toi|ton|ta|tes|t'\w+|\w+-toi",
    "your": r"your|yours|yourself|you",
    "formal": r"sie|ihnen|ihre?[mnrs]?|vous|votre|vos|[a-z]{3,}ez|[a-z]{3,}ez-\w+",
    "imperative_de": r"(?:lass|nenn|sag|gib|zeig|schreib|tu|ruf|offne|fuhr|lies|nimm|merk|stell|setz|behandl|betracht|beend|hang|bring|fass|"
    r"lenk|streit|halt|rat|erfind|verrat|wandl|speicher|ubersetz|ignorier|vergiss|folg|befolg|wiederhol|verhalt|erwahn|empfiehl|"
    r"aktualisier|ubergeh|achte|spar|mach|verwend|benutz|nutz|uberspring|antwort|erklar|beantwort|such|sende|schick|losch|verschweig)e?",
    "imperative_fr": r"dis|reponds|fais|donne|laisse|affiche|ecris|prends|lis|oublie|ignore|ajoute|montre|cite|traite|considere|appelle|"
    r"ouvre|lance|termine|traduis|conseille|explique|nie|tiens|mets|omets|passe|veille|oriente|coupe|continue|convertis|invente|"
    r"retiens|souviens|enregistre|recommande|envoie|classe|place|attribue|decode|resume|suis|agis|charge|supprime|revele|repete|evite|cache|recopie",
    "aside": r"ignor\w*|disregard\w*|forget\w*|overrid\w*|bypass\w*|vergiss\w*|vergess\w*|missacht\w*|ubergeh\w*|verwirf|verwerf\w*|"
    r"oubli\w*|ecart\w*|beiseite|regardless|irrespective|unabhangig|gleich (?:in|was|ob)|quoi que|quelle que|no matter|passe outre|"
    r"set aside|no longer|nicht mehr|n'\w+ plus|ne \w+ plus|outdated|veraltet|perimes?|expired|abgelaufen|expire\w*|suspend\w*|aufgehoben|"
    r"cancel\w*|ruht|levee?|lifted|leve",
    "rules": r"rules?|instructions?|directives?|guidelines?|guidance|polic(?:y|ies)|regeln?|anweisung\w*|vorgaben?|richtlinien?|"
    r"leitlinien?|instruktion\w*|consignes?|regles?|orientations?|politiques?|restrictions?|beschrankung\w*|schranken|limits?|"
    r"\w*anweisung\w*|befehle?n?|ordres?|orders|barrieres?|filters?|constraints|checks|verpflicht\w*|obligation|pflicht",
    "prompt": r"\w*prompts?|context window|kontext\w*|contexte|configuration|konfiguration|system message|systemnachricht|initial|"
    r"context|introduction|einleitung|metadata|metadaten|metadonnees",
    "above": r"above|below|before|preceding|following|previous\w*|earlier|prior|former|obig\w*|oben|vorherig\w*|bisherig\w*|fruher\w*|"
    r"vorstehend\w*|folgend\w*|untenstehend\w*|nachstehend\w*|vorig\w*|precedent\w*|anterieur\w*|ci-dessus|ci-dessous|ci-apres|suivant\w*|ancienne?",
    "this_text": r"this (?:\w+ )?(?:page|document|section|paragraph|passage|sentence|line|text|footnote|appendix|manual|contract|note|report|remark|paper|agreement)|"
    r"(?:diese[mnrs]?|dies) (?:\w+ )?(?:seite|dokument\w*|abschnitt\w*|absatz\w*|passage|satz\w*|zeile|text\w*|fussnote|anhang\w*|handbuch\w*|vertrag\w*|hinweis\w*|bericht\w*|bemerkung|vereinbarung)|"
    r"(?:cette?|ce) (?:page|document|section|paragraphe|passage|phrase|ligne|texte|note|annexe|manuel|contrat|rapport|remarque|accord)|reading this|lisant ceci|lit ceci|dies liest",
    "source": r"sources?|quellen?\w*|\w*quelle|cit(?:e|es|ed|ing|ation|ations|er|ez|ees?)|zitat\w*|zitier\w*|beleg\w*|passages?|passagen|textstellen?|documents?|dokumente?n?|"
    r"page numbers?|seitenzahl\w*|seitenangabe\w*|numeros? de page|references?|attribut\w*|unterlagen|collections?|sammlung\w*",
    "quiet": r"(?:do not|don't|never|without|not|avoid|nicht|kein\w*|ohne|nie|niemals|vermeide\w*|sans|ne|n'\w+|evite\w*) (?:\S+ ){0,6}?"
    r"(?:mention\w*|tell\w*|reveal\w*|inform\w*|discuss\w*|say|know|quote|quoted|talk\w*|speak|refer|erwahn\w*|sag\w*|verrat\w*|zeig\w*|erfahr\w*|einzugehen|nennen|"
    r"parl\w*|evoqu\w*|mentionn\w*|dire|dis|revel\w*|apprendre)|leave out|left out|omit\w*|weglass\w*|wegzulassen|lass \S+ (?:\S+ ){0,5}?weg|unerwahnt|unmentioned|"
    r"omet\w*|laisse de cote|sous silence|tais|tait|silently|stillschweig\w*|en silence|verschweig\w*|verliere kein wort|keep (?:\S+ ){0,6}?(?:itself|secret|hidden|quiet)|"
    r"fur sich behie\w*|garde (?:\S+ )?pour lui|conceal\w*|hide|deny|denies|streite|nie l'existence|skip|uberspring\w*|saute\w*|ohne (?:\S+ )?zu erwahnen",
    "always": r"always|never|every|each|any|all|only|nothing else|whenever|immer|stets|jede\w*|alle\w*|nur|ausschliesslich|niemals|toujours|jamais|"
    r"chaque|tout|toute|toutes|tous|uniquement|seul\w*|nothing|nichts|rien",
    "must": r"must|should|shall|has to|have to|is to|are to|soll\w*|muss\w*|mussen|hat|haben|darf|durfen|doi\w+|devra\w*|faut|required|may|may now|can now|kannst|peux|peut",
    "if": r"if|when|whenever|once|should|wenn|falls|wird|sobald|kommt|fragt|lorsqu\w*|quand|si|s'il",
    "promote": r"recommend\w*|promot\w*|prais\w*|best|cheapest|favou?r\w*|prefer\w*|rank\w*|rate|highest|first place|five stars|buy|empf[eia]\w*|bewerb\w*|"
    r"beste\w*|gunstigste\w*|bevorzug\w*|loben|kaufen?|funf sterne|hochste|recommand\w*|promouvoir|meilleur\w*|moins chere?|favoris\w*|achet\w*|"
    r"cinq etoiles|premier\w*|top|relevant|wichtigste|superior|uberlegen\w*|brand|marke|marque|competitor\w*|konkurren\w*|mitbewerb\w*|concurrent\w*|shop\S*",
    "safe": r"harmless|safe|harmlos|ungefahrlich|sicher|inoffensi\w*|sans danger|sans risque|dangerous|unsafe|gefahrlich|dangereu\w*|recall\w*|ruckruf\w*|rappel\w*|"
    r"risks?|risik\w*|risques?|warnings?|warnhinweis\w*|avertissement\w*|side effects|nebenwirkung\w*|defects?|mangel\w*|defauts?|liab\w*|haftung\w*|responsabilite|"
    r"findings|feststellungen|constats|penalty|vertragsstrafe|penale|free of charge|kostenlos|gratuit\w*",
    "forge": r"invent\w*|fabricat\w*|make up|made up|erfind\w*|ausdenk\w*|denk dir|fabriqu\w*|even if|even where|whether or not|auch wenn|meme si|ou non|"
    r"ailleurs|elsewhere|anderen stelle|misprint|printing error|druckfehler|coquille|erratum|instead of|statt|au lieu|plausible|glaubhaft\w*|vraisemblable",
    "data": r"passwor\w*|pass(?:phrase|code)s?|kennwort\w*|passwort\w*|mots? de passe|api.?keys?|schlussel\w*|cles?|credentials?|zugangsdaten|identifiants|pin|"
    r"account numbers?|kontonummer|numero de compte|card numbers?|kartennummer|numero de carte|e-?mail\w*|date of birth|geburtsdatum|date de naissance|secrets?|geheim\w*|tokens?|jetons?",
    "talk": r"conversation\w*|chat\w*|dialog\w*|gesprach\w*|verlauf\w*|historique|history|sessions?|sitzung\w*|discussion|turn|beitrag|tour",
    "channel": r"https?:\S*|www\.\S+|!\[|url\w*|links?|liens?|webhook\w*|images?|bild\w*|pictures?|pixel\w*|badge|siegel|sceau|\w+\.(?:invalid|test)|adresse\w*|address",
    "slot": r"[?&]\w{0,12}=(?=\W|$)|[{<\[](?:user|question|data|conversation|nutzer|frage|utilisateur|prompt|history|answer|context|chat|query)\w*[}>\]]|=data\b",
    "act": r"execut\w*|run|call|invoke|delet\w*|tool\w*|function\w*|\w*werkzeug\w*|outils?|fonction\w*|ausfuhr\w*|fuhre?|losch\w*|supprim\w*|appel\w*|rufe?|aufruf\w*|lance\w*|obey|befolg\w*|"
    r"carry out|act on it|handle danach|agis|follow\w*|suis|suivrai|comply|gehorch\w*|obei\w*|decode|decod\w*|entschluss\w*|dechiffr\w*|backwards|ruckwarts|l'envers|base64|fragments?|bruchstuck\w*",
    "memory": r"remember\w*|memor\w*|store|permanently|merke?|speicher\w*|gedachtnis|dauerhaft|retiens|souviens|memoire|enregistre|durablement|future|kunftig\w*|spatere\w*|prochaines|from (?:now|here|this \w+) on|ab (?:jetzt|sofort|hier|diese\w+)|von hier an|desormais|a partir de",
    "role": r"pretend\w*|as (?:though|if)|als (?:ob|ware|wurde|galte)|comme si|act as|role|rolle|semblant|imagin\w*|unrestricted|without restrictions?|freely|frei|librement|no longer bound|persona|character|drill|ubung|exercice|test\w*|mode|modus|developer|entwickler\w*|developpeur\w*|administrator\w*|admin|administrat\w+|operator|betreiber\w*|exploitant",
    "authority": r"priority|precedence|vorrang|prime|trusted?|trustworthy|vertrauenswurdig\w*|fiable|authori[sz]\w*|approved|genehmigt|approuve\w*|befugt|habilite|verified|bestatigt|verifie|supersede\w*|ersetz\w*|remplac\w*|override",
    "to": r"(?:note|notice|message|attention|instruction|instructions|hinweis|anweisung\w*|nachricht|achtung|mitteilung|avis|consigne|consignes|for|only for|fur|nur fur|pour|uniquement pour|to|an|a|remark|bemerkung|remarque)(?: \w+){0,5} ?:",
    "marks": r"<!--|</?\w+[^>]*>|\[[a-z ]{4,40}\]|#{2,}|={3,}|-{3,}|[{\"]\w+[\"]\s?:|end of|ende de[rs]|fin d[eu]\b",
    "staff": r"employees?|staff|mitarbeit\w*|beschaftigte\w*|salaries|personnel|employes?|administrators?|administratoren|installers?|installateur\w*|technicians?|techniker\w*|"
    r"techniciens?|patients?|visitors?|besucher\w*|visiteurs?|callers?|candidates?|bewerber|candidats?|auditor|reviewers?|gutachter|relecteurs?|supervisors?|authors?|clerk|jury|court|gericht",
    "thing": r"press|button|taste|touche|display\w*|anzeige|ecran|valve|ventil|filter|lamp\w*|code|form|formular\w*|formulaire|device|gerat\w*|appareil|app|microphone|mikrofon|voice|sprach\w*|vocal\w*|fingerprint|factory|werk\w*|usine|step|schritt|etape|screen|key|lever|hebel",
    "about_attack": r"attack\w*|angr[ei]\w*|attaqu\w*|injection\w*|phishing|fraud\w*|betrug\w*|fraudul\w*|manipulat\w*|suspicious|verdachtig\w*|suspects?|protect\w*|schutz|signal\w*|report these|melden|is called|means that|denotes|bezeichnet|heisst|consiste|known|bekannt\w*|connue?",
    "quoted": r"[\"'“„«‘][^\"'”“»’]{3,}[\"'”“»’]",
    "query": r"\?$|how do i|wie (?:kann|schalte|stelle)|comment|what does|was (?:steht|bedeutet)|que dit|where is|wo ist|ou est",
    "others": r"other (?:users?|customers?|tenants?|people|documents?|collection)|andere\w* (?:nutzer|kunden|mandanten|sammlung|textstellen|gefundenen)|autres? (?:utilisateurs?|clients?|collection|passages|documents)|colleagues|kollegen|collegues|before me|vor mir|avant moi|access|zugriff|zugang|acces|reach",
}
NAMES = tuple(_WORDS)
_OPEN = frozenset({"slot", "quoted", "marks", "channel", "to", "query"})
"""Concepts whose expressions may end within a word."""
_EXPRESSIONS = tuple(
    re.compile(rf"(?<!\w)(?:{words})" + ("" if name in _OPEN else r"(?!\w)"))
    for name, words in _WORDS.items()
)


def concepts(folded: str) -> list[int]:
    """Return which concepts a folded sentence speaks of: their numbers in `NAMES`."""
    return [
        index
        for index, expression in enumerate(_EXPRESSIONS)
        if expression.search(folded) is not None
    ]
