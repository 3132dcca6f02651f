"""Texts that play another part of the conversation, or hide from people.

All read folded text (see `unmasking.fold`). They were written for this project.
"""

from providers.guardrail.signs import Sign, sign

BORDERS: tuple[Sign, ...] = (
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
)
