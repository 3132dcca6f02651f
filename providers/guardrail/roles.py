"""Who the model is to be, and what it is to be free of.

All read folded text (see `unmasking.fold`). They were written for this project.
"""

from providers.guardrail.signs import MAY, Sign, sign

_FREE = (
    r"(?:unrestricted|uncensored|unfiltered|unlimited|unbound|amoral|evil|jailbroken|rogue|"
    r"unaligned|uneingeschrankt\w*|unzensiert\w*|ungefiltert\w*|bose\w*|sans (?:aucune )?(?:restriction|"
    r"limite|filtre|censure)s?|non censuree?|sin (?:restricciones|limites|censura|filtros))"
)
_LIMITS = (
    r"(?:restrictions?|limits?|limitations?|rules|filters?|guidelines|censorship|constraints|ethics|"
    r"safety|boundaries|guardrails|schutzmechanismen|garde-fous|sperren|verbote|richtlinien|vorgaben|einschrankungen|beschrankungen|regeln|filter|grenzen|tabus|zensur|restricciones)"
)

ROLES: tuple[Sign, ...] = (
    sign(
        "role",
        0.75,
        "gives the assistant another role",
        r"\byou(?:'re| are) (?:now|no longer|not (?:an? )?(?:assistant|ai)|going to (?:act|be|play|pretend)|free)\b(?! (?:to |ready|finished|done|connected|logged|able|signed|registered|set|at|on|leaving|covered|entitled|required|under|eligible|to use|of charge|in the|in \w+ mode|here|looking|seeing|responsible|a (?:member|customer|user)))",
        r"\byou(?:'re| are) my\b|\b(?:your name is|call yourself|you(?:'re| are| will be) called|name yourself)\b",
        r"\b(?:heisst|nennst) du\b|\bdu (?:heisst|nennst dich)\b|\bdein name (?:ist|lautet)\b|\btu t'appelles\b|\bton nom est\b|\bte llamas\b",
        r"\byou(?:'re| are) (?:an? )?(?:dan|stan|dude|aim|evil|unrestricted|hacker|pirate)\b",
        r"\bfrom now on,? (?:"
        + MAY
        + r")?(?:you|your|act|respond|answer|ignore|reply|speak)\b(?! (?:are|have|will|can|may) (?:entitled|required|allowed|able|registered|eligible|covered|receive|find|get|use|pay|need|book|order|send|see|log|sign))",
        r"\bdu bist (?:jetzt|nun|ab (?:jetzt|sofort)|nicht (?:mehr|langer)|von nun an|ab heute|frei|kein|nur noch)\b",
        r"\bsie sind (?:jetzt|nun|ab (?:jetzt|sofort)|von nun an) (?:ein|eine|kein|keine|der|die|mein|frei von)\b",
        r"\b(?:ab|von) (?:jetzt|sofort|nun|heute)(?: an)?,? (?:bist|sind sie (?:ein|eine|kein|keine|mein|frei)\b|antworte|handel|verhalt|darfst|wirst|(?:gilt|gelten) (?:fur dich|(?:fur )?deine|keine)|sprich|spiel|"
        r"ignorier|befolg|agier)\w*",
        r"\b(?:tu es|t'es) (?:maintenant|desormais|dorenavant|a present|libere|libre|mon|ma)\b",
        r"\bvous etes (?:maintenant|desormais|dorenavant|a present) (?:une?|le|la|mon|libere\w*|libre)\b",
        r"\b(?:desormais|dorenavant|a partir de maintenant|a compter de maintenant),? (?:"
        + MAY
        + r")?(?:tu|vous (?:etes (?:une?|mon|ma|libres?)\b|devez (?:repondre|ignorer|obeir)|repond\w+|jouez|incarnez|obeissez)|reponds|"
        r"repondez|agis|agissez|ignore\w*|ton|ta)\b",
        r"\b(?:ahora eres|a partir de ahora,? (?:"
        + MAY
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
        + MAY
        + r")?(?:developer|debug(?:ging)?|admin(?:istrator)?|god|maintenance|root|sudo|unrestricted|"
        r"diagnostic|test|training|override|raw|unsafe|privileged|superuser|verbose)[- ]mode\b",
        r"\b(?:developer|debug|admin|god|maintenance|root|sudo|diagnostic|override|wartungs|entwickler|administrator|"
        r"debug-|test)-?(?: ?mode|modus) (?:enabled|activated|is (?:now )?on|on|:|engaged|active|aktiviert|aktiv|ein)\b",
        r"\b(?:wechsle|wechseln sie|aktivier\w*|starte\w*|geh\w*|schalt\w*) (?:"
        + MAY
        + r")?(?:entwickler|debug|admin\w*|wartungs|"
        r"diagnose|test|root|service)-?\s?modus\b",
        r"\b(?:passe[rz]?|active[rz]?|entre[rz]?|bascule[rz]?|lance[rz]?) (?:"
        + MAY
        + r")?mode (?:developpeur|debug|debogage|admin\w*|"
        r"maintenance|root|sans|diagnostic|dieu)\b",
        r"\bmodo (?:desarrollador|administrador|depuracion|dios)\b",
        asked=True,
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
        "pretext",
        0.35,
        "wraps a request into a pretext",
        r"\b(?:hypothetical(?:ly)?|for (?:educational|research|testing) purposes|just (?:for fun|between us)|in a (?:fictional|hypothetical)|as a (?:test|joke)|opposite|my (?:late |dead |deceased )?grandm\w+|"
        r"hypothetisch|rein theoretisch|zu (?:test|forschungs)zwecken|nur zum (?:spass|test)|meine (?:verstorbene |tote )?(?:oma|grossmutter)|hypothetiquement|a des fins (?:de test|educatives|de recherche)|"
        r"ma (?:defunte )?grand-mere|the (?:rules|restrictions) (?:don't|do not|no longer) apply)\b",
    ),
)
