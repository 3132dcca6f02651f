"""What is to be taken out: prompt, tools, secrets, data of others, and the ways out.

All read folded text (see `unmasking.fold`). They were written for this project.
"""

from providers.guardrail.signs import MAY, Sign, sign

TAKING: tuple[Sign, ...] = (
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
        + MAY
        + r")?(?:the |das |den |l'|l’|le )?[`'\"]?\w*(?:_\w+|\(\))[`'\"]?(?:\W|$)",
        r"\b(?:call|invoke|use|run|trigger|execute) (?:the |your |a |any )?(?:\w+ )?(?:tool|function|plugin|api|shell|command|script|sql|query|code interpreter)\b(?=.*\b(?:delete|drop|all|users?|send|password|without|every|now|to|with|on)\b)",
        r"\b(?:drop|truncate) table\b|\bdelete from \w+|\brm -rf\b|\bunion select\b|;\s*--|\bor 1\s*=\s*1|\bos\.system\b|\bsubprocess\b|\beval\(|\bexec\(|\{\{.{0,60}\}\}|\$\{.{0,60}\}|__import__|<script\b|\bcat /etc/|\benv\s*\|\s*|\bprocess\.env",
        r"\b(?:delete|erase|remove|wipe|losche?|losch\w*|entferne?|supprime[rz]?|efface[rz]?) (?:"
        + MAY
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
        + MAY
        + r")?(?:other|another|all|previous|different) (?:users?|customers?|tenants?|clients?|compan\w+|people|organi[sz]ations?|accounts?)\b",
        r"\b(?:fragen|gesprache?n?|chats?|nachrichten|dokumente|daten|dateien|verlauf\w*|passworter|anfragen|unterhaltungen|sammlungen) (?:von |der |des |eines |aus )*(?:"
        + MAY
        + r")?(?:andere[rnms]?|fremde[rnms]?|aller|vorherige[rnms]?|letzten) (?:\w+ )?(?:nutzer|benutzer|kunden|mandanten?|anwender|personen|firma|firmen|unternehmen|organisation\w*|mieter)\w*\b",
        r"\b(?:andere[rnms]?|fremde[rnms]?) (?:nutzer|benutzer|kunden|mandant|anwender)\w* (?:\S+ ){0,4}(?:fragen|gesprache|chats?|dokumente|daten|passworter|gefragt|anzeigen|zeigen)\b",
        r"\b(?:questions|conversations?|messages|documents|donnees|fichiers|historique|mots de passe|recherches) (?:des?|d'|d'un|de l'|de tous les|confidentiels des) ?(?:"
        + MAY
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
        "own_setup",
        0.5,
        "asks what the assistant was told",
        r"\b(?:were you|you were|you have been|you've been|you had been) (?:[^\s.!?]+ ){0,3}?(?:told|given|instructed|taught|configured|programmed|started)\b",
        r"\b(?:developers?|creators?|makers?|system|operators?|company) (?:[^\s.!?]+ )?(?:told|gave|give|instructed|tell|taught) you\b",
        r"\b(?:hast du|du hast) (?:[^\s.!?]+ ){0,5}?(?:bekommen|erhalten|mitgegeben|mitbekommen)\b",
        r"\b(?:dir wurde|dir (?:[^\s.!?]+ ){0,3}?(?:hat|haben|wurden?)|(?:hat|haben|wurden?) (?:[^\s.!?]+ )?dir) (?:[^\s.!?]+ ){0,5}?(?:gesagt|vorgegeben|mitgeteilt|bekommen|erhalten|gegeben|mitgegeben)\b",
        r"\b(?:haben|hat) dir (?:[^\s.!?]+ ){0,4}?(?:gesagt|vorgegeben|mitgeteilt|gegeben)\b|\bdir mitgeteilt hat\b|\bdir gesagt (?:wurde|hat)\b",
        r"\btu as (?:[^\s.!?]+ ){0,2}?(?:recue?s?|ete donnee?s?)\b",
        r"\b(?:t'a|t'ont|te l'a|vous a|on t'a|qu'on t'a) (?:[^\s.!?]+ ){0,2}?(?:dite?s?|donnee?s?|recue?s?|ete donnee?s?|transmise?s?|fourni\w*)\b",
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
        r"\b(?<!with )(?<!for )(?:other|another|different|andere[rnms]?|eines anderen|l'autre|d'un autre|d'une autre|autres) (?:customer|client|tenant|compan\w+|department|firma|unternehmen|mandanten?|kunden|abteilung\w*|entreprise|societe|client|service)s?'?s?\b(?=.*\b(?:collections?|documents?|dokumente?|sammlung\w*|files?|data|daten|donnees)\b)",
        r"\b(?:documents?|dokumente?|collections?|sammlung|data|daten|donnees)\b[^.!?]{0,40}\b(?<!with )(?<!for )(?:another|of the other|eines anderen|der anderen|anderer|d'un autre|d'une autre|de l'autre) (?:customer|client|tenant|compan\w+|firma|mandanten?|kunden|abteilung\w*|entreprise|societe)\b",
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
