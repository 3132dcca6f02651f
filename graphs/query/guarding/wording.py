"""What a user is told whose question is not answered."""

from graphs.query.guarding.settings import Family

_WORDS: dict[str, dict[str, str]] = {
    "en": {
        Family.INJECTION: "I cannot follow instructions that concern how I work. Please ask a "
        "question about the documents.",
        Family.SECRETS: "The question holds what looks like a key or a password. Please ask it "
        "without.",
        Family.PII: "The question holds personal data. Please ask it without.",
        Family.OFF_TOPIC: "This question is not about the topics of this collection.",
        Family.LANGUAGE: "This service does not answer in the language of the question.",
        Family.HIDDEN: "The question holds hidden characters. Please type it anew.",
        "unavailable": "The question could not be checked, so it is not answered. Please try "
        "again later.",
    },
    "de": {
        Family.INJECTION: "Anweisungen, die meine Arbeitsweise betreffen, kann ich nicht folgen. "
        "Bitte stellen Sie eine Frage zu den Dokumenten.",
        Family.SECRETS: "Die Frage enthält vermutlich einen Schlüssel oder ein Passwort. Bitte "
        "stellen Sie sie ohne.",
        Family.PII: "Die Frage enthält personenbezogene Daten. Bitte stellen Sie sie ohne.",
        Family.OFF_TOPIC: "Diese Frage betrifft keines der Themen dieser Sammlung.",
        Family.LANGUAGE: "In der Sprache der Frage antwortet dieser Dienst nicht.",
        Family.HIDDEN: "Die Frage enthält versteckte Zeichen. Bitte geben Sie sie neu ein.",
        "unavailable": "Die Frage konnte nicht geprüft werden und bleibt deshalb unbeantwortet. "
        "Bitte versuchen Sie es später noch einmal.",
    },
    "fr": {
        Family.INJECTION: "Je ne peux pas suivre des consignes qui concernent mon fonctionnement. "
        "Posez une question sur les documents.",
        Family.SECRETS: "La question semble contenir une clé ou un mot de passe. Posez-la sans.",
        Family.PII: "La question contient des données personnelles. Posez-la sans.",
        Family.OFF_TOPIC: "Cette question ne porte sur aucun des thèmes de cette collection.",
        Family.LANGUAGE: "Ce service ne répond pas dans la langue de la question.",
        Family.HIDDEN: "La question contient des caractères cachés. Saisissez-la de nouveau.",
        "unavailable": "La question n'a pas pu être vérifiée et reste donc sans réponse. "
        "Réessayez plus tard.",
    },
    "es": {
        Family.INJECTION: "No puedo seguir instrucciones sobre mi funcionamiento. Haga una "
        "pregunta sobre los documentos.",
        Family.SECRETS: "La pregunta parece contener una clave o una contraseña. Hágala sin ella.",
        Family.PII: "La pregunta contiene datos personales. Hágala sin ellos.",
        Family.OFF_TOPIC: "Esta pregunta no trata de los temas de esta colección.",
        Family.LANGUAGE: "Este servicio no responde en el idioma de la pregunta.",
        Family.HIDDEN: "La pregunta contiene caracteres ocultos. Escríbala de nuevo.",
        "unavailable": "La pregunta no se pudo comprobar y queda sin respuesta. Inténtelo más "
        "tarde.",
    },
}
UNAVAILABLE = "unavailable"
"""Stands for a family when a guardrail failed and the settings say to refuse then."""


def refusal(family: str, language: str) -> str:
    """Return the words for a family in a language (ISO 639-1), English where there are none."""
    return _WORDS.get(language, _WORDS["en"])[family]
