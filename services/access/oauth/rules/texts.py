"""The texts of the login pages in four languages, and the choice of the language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: The name of each language in itself. The first is the default.
LANGUAGES: Final[Mapping[str, str]] = {
    "fr": "Français", "nl": "Nederlands", "de": "Deutsch", "en": "English",
}  # fmt: skip

TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "fr": {
        "title": "Connexion à Dimona",
        "user_name_label": "Nom d'utilisateur",
        "password_label": "Mot de passe",
        "log_in": "Se connecter",
        "second_title": "Second facteur",
        "second_why": "Cette opération demande une preuve de plus que votre mot de passe.",
        "code_label": "Code à six chiffres de votre application d'authentification",
        "confirm": "Confirmer",
        "wrong": "Ce n'est pas correct, ou il y a eu trop d'essais. Vérifiez, ou attendez quelques minutes.",
        "stale": "La page était ouverte depuis trop longtemps. Recommencez.",
        "refused_title": "Demande refusée",
        "refused": "L'application qui vous envoie ici n'est pas enregistrée ainsi. Prévenez son responsable.",
        "ended_title": "Déconnexion",
        "ended": "Vous êtes déconnecté. Fermez cette page.",
        "languages": "Langues",
    },
    "nl": {
        "title": "Aanmelden bij Dimona",
        "user_name_label": "Gebruikersnaam",
        "password_label": "Wachtwoord",
        "log_in": "Aanmelden",
        "second_title": "Tweede factor",
        "second_why": "Deze handeling vraagt een bewijs naast uw wachtwoord.",
        "code_label": "Code van zes cijfers uit uw authenticatie-app",
        "confirm": "Bevestigen",
        "wrong": "Dit klopt niet, of er waren te veel pogingen. Kijk het na, of wacht enkele minuten.",
        "stale": "De pagina stond te lang open. Begin opnieuw.",
        "refused_title": "Verzoek geweigerd",
        "refused": "De toepassing die u hierheen stuurt, is zo niet geregistreerd. Verwittig haar beheerder.",
        "ended_title": "Afgemeld",
        "ended": "U bent afgemeld. Sluit deze pagina.",
        "languages": "Talen",
    },
    "de": {
        "title": "Anmelden bei Dimona",
        "user_name_label": "Benutzername",
        "password_label": "Kennwort",
        "log_in": "Anmelden",
        "second_title": "Zweiter Faktor",
        "second_why": "Dieser Vorgang verlangt einen Nachweis neben Ihrem Kennwort.",
        "code_label": "Sechsstelliger Code Ihrer Authentifizierungs-App",
        "confirm": "Bestätigen",
        "wrong": "Das stimmt nicht, oder es gab zu viele Versuche. Prüfen Sie es, oder warten Sie etwas.",
        "stale": "Die Seite war zu lange offen. Beginnen Sie von vorn.",
        "refused_title": "Anfrage abgelehnt",
        "refused": "Die Anwendung, die Sie hierher schickt, ist so nicht registriert. Melden Sie es ihr.",
        "ended_title": "Abgemeldet",
        "ended": "Sie sind abgemeldet. Schließen Sie diese Seite.",
        "languages": "Sprachen",
    },
    "en": {
        "title": "Log in to Dimona",
        "user_name_label": "User name",
        "password_label": "Password",
        "log_in": "Log in",
        "second_title": "Second factor",
        "second_why": "This operation asks for a proof beside your password.",
        "code_label": "Six-digit code of your authenticator app",
        "confirm": "Confirm",
        "wrong": "That is not right, or there were too many attempts. Check it, or wait a few minutes.",
        "stale": "The page was open for too long. Start again.",
        "refused_title": "Request refused",
        "refused": "The application that sends you here is not registered like this. Tell whoever runs it.",
        "ended_title": "Logged out",
        "ended": "You are logged out. Close this page.",
        "languages": "Languages",
    },
}  # fmt: skip


def language(ui_locales: str, accept_language: str) -> str:
    """Return the first supported language of the client's request, else of the browser's, else French."""
    weighed = [part.partition(";") for part in accept_language.split(",")]
    browser = sorted(weighed, key=lambda part: -_weight(part[2]))
    for wish in [*ui_locales.split(), *(part[0] for part in browser)]:
        if (name := wish.strip().lower().partition("-")[0]) in LANGUAGES:
            return name
    return next(iter(LANGUAGES))


def _weight(parameter: str) -> float:
    """Return the weight of a language: 0.8 for `q=0.8`, 1 for an empty text, and 0 for an unreadable text."""
    try:
        return float(parameter.strip().removeprefix("q=")) if parameter.strip() else 1.0
    except ValueError:
        return 0.0
