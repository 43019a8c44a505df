"""Labels of anomalies for official messages, in the languages of the catalog."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from shared.domain.anomalies import ANOMALIES

#: Labels of anomalies of structure, which no zone of the catalog has, by reason of Annex 30.
STRUCTURE: Final[Mapping[str, Mapping[str, str]]] = {
    "003": {
        "fr": "La valeur de cet élément n'est pas lisible",
        "nl": "De waarde van dit element is niet leesbaar",
        "de": "Der Wert dieses Elements ist nicht lesbar",
        "en": "The value of this element is not readable",
    },
    "005": {
        "fr": "Cet élément n'a pas sa place dans ce message",
        "nl": "Dit element hoort niet in dit bericht",
        "de": "Dieses Element gehört nicht in diese Nachricht",
        "en": "This element has no place in this message",
    },
    "090": {
        "fr": "Cet élément se présente trop souvent à cet endroit",
        "nl": "Dit element komt hier te vaak voor",
        "de": "Dieses Element kommt hier zu oft vor",
        "en": "This element occurs too often here",
    },
    "091": {
        "fr": "Cet élément ne suit pas l'ordre du schéma",
        "nl": "Dit element volgt de orde van het schema niet",
        "de": "Dieses Element folgt nicht der Reihenfolge des Schemas",
        "en": "This element is not in the order of the schema",
    },
    "092": {
        "fr": "Cet élément ou cet attribut est inconnu à cet endroit",
        "nl": "Dit element of attribuut is hier onbekend",
        "de": "Dieses Element oder Attribut ist hier unbekannt",
        "en": "This element or attribute is not known here",
    },
    "093": {
        "fr": "Le texte de cet élément est trop long",
        "nl": "De tekst van dit element is te lang",
        "de": "Der Text dieses Elements ist zu lang",
        "en": "The text of this element is too long",
    },
}

#: The label of a provisional result: the worker is not identified yet.
PENDING: Final[Mapping[str, str]] = {
    "fr": "L'identification du travailleur est en cours",
    "nl": "De identificatie van de werknemer is bezig",
    "de": "Die Identifizierung des Arbeitnehmers läuft",
    "en": "The identification of the worker is under way",
}


def label_of(code: str, language: str) -> str | None:
    """Return the label of an anomaly in a language of the catalog: fr, nl, de or en."""
    known = ANOMALIES.get(code)
    labels = known.label if known is not None else STRUCTURE.get(code[-3:], {})
    return labels.get(language)
