"""The contact points for complaints, and the letters to complainants in four languages (docs/seeds.md)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from services.contact.case.rules import Kind


class Subject(StrEnum):
    """The subject of a complaint."""

    SERVICE = "service"
    PRIVACY = "privacy"  #: the treatment of personal data; for the data protection officer


KIND_OF: Final[Mapping[Subject, Kind]] = {Subject.SERVICE: Kind.COMPLAINT, Subject.PRIVACY: Kind.PRIVACY}

#: The contact points of the authority: quality of service, and the data protection officer (docs/seeds.md).
CONTACTS: Final[Mapping[Kind, Mapping[str, Any]]] = {
    Kind.COMPLAINT: {
        "service": {
            "fr": "Point de contact Qualité de l'ONSS",
            "nl": "Contactpunt Kwaliteit van de RSZ",
            "de": "Kontaktstelle Qualität des LSS",
            "en": "NSSO quality contact point",
        },
        "email": "qualité@onss.fgov.be",
        "post": "ONSS-Qualité, Place Victor Horta 11, 1060 Bruxelles",
    },
    Kind.PRIVACY: {
        "service": {
            "fr": "Délégué à la protection des données de l'ONSS",
            "nl": "Functionaris voor gegevensbescherming van de RSZ",
            "de": "Datenschutzbeauftragter des LSS",
            "en": "NSSO data protection officer",
        },
        "email": "GDPR@onsrszss.fgov.be",
    },
}


class Purpose(StrEnum):
    """The purpose of a letter to a complainant; at most one letter for each in a case."""

    ACKNOWLEDGEMENT = "acknowledgement"
    PROGRESS = "progress"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Letter:
    """The texts of a letter to a complainant."""

    subject: str
    body: str


#: The letters, without the name of the complainant; {case}, {due}, {doing} and {answer} are filled in.
_LETTERS: Final[Mapping[Purpose, Mapping[str, Letter]]] = {
    Purpose.ACKNOWLEDGEMENT: {
        "fr": Letter(
            "Nous avons reçu votre plainte",
            "Nous avons reçu votre plainte. Son numéro est {case}. Vous recevrez notre réponse "
            "au plus tard le {due} ; si elle demande plus de temps, nous vous dirons ce jour-là "
            "ce que nous faisons.",
        ),
        "nl": Letter(
            "Wij hebben uw klacht ontvangen",
            "Wij hebben uw klacht ontvangen. Het nummer is {case}. U krijgt ons antwoord "
            "uiterlijk op {due}; is er meer tijd nodig, dan laten wij u die dag weten wat wij doen.",
        ),
        "de": Letter(
            "Wir haben Ihre Beschwerde erhalten",
            "Wir haben Ihre Beschwerde erhalten. Ihre Nummer ist {case}. Sie erhalten unsere "
            "Antwort spätestens am {due}; wird mehr Zeit gebraucht, so teilen wir Ihnen an diesem "
            "Tag mit, was wir tun.",
        ),
        "en": Letter(
            "We have received your complaint",
            "We have received your complaint. Its number is {case}. You will have our answer by "
            "{due} at the latest; if it takes longer, we will tell you on that day what we are doing.",
        ),
    },
    Purpose.PROGRESS: {
        "fr": Letter(
            "Où en est votre plainte",
            "Nous n'avons pas encore pu répondre à votre plainte {case}. {doing} "
            "Vous recevrez notre réponse dès qu'elle sera prête.",
        ),
        "nl": Letter(
            "Hoe het met uw klacht staat",
            "Wij hebben uw klacht {case} nog niet kunnen beantwoorden. {doing} "
            "U krijgt ons antwoord zodra het klaar is.",
        ),
        "de": Letter(
            "Wie es um Ihre Beschwerde steht",
            "Wir konnten Ihre Beschwerde {case} noch nicht beantworten. {doing} "
            "Sie erhalten unsere Antwort, sobald sie vorliegt.",
        ),
        "en": Letter(
            "Where your complaint stands",
            "We have not been able to answer your complaint {case} yet. {doing} "
            "You will have our answer as soon as it is ready.",
        ),
    },
    Purpose.ANSWER: {
        "fr": Letter(
            "Réponse à votre plainte",
            "Voici notre réponse à votre plainte {case}.\n\n{answer}",
        ),
        "nl": Letter(
            "Antwoord op uw klacht",
            "Dit is ons antwoord op uw klacht {case}.\n\n{answer}",
        ),
        "de": Letter(
            "Antwort auf Ihre Beschwerde",
            "Dies ist unsere Antwort auf Ihre Beschwerde {case}.\n\n{answer}",
        ),
        "en": Letter(
            "Answer to your complaint",
            "This is our answer to your complaint {case}.\n\n{answer}",
        ),
    },
}
#: The work on a complaint, by whether an agent has claimed it.
_DOING: Final[Mapping[str, Mapping[bool, str]]] = {
    "fr": {True: "Un collaborateur l'examine.", False: "Elle va être confiée à un collaborateur."},
    "nl": {True: "Een medewerker onderzoekt ze.", False: "Ze wordt aan een medewerker toegewezen."},
    "de": {True: "Ein Mitarbeiter prüft sie.", False: "Sie wird einem Mitarbeiter zugewiesen."},
    "en": {
        True: "A member of staff is examining it.",
        False: "It will be given to a member of staff.",
    },
}


#: The sentence in an acknowledgement by e-mail.
_CONFIRM: Final[Mapping[str, str]] = {
    "fr": "Pour recevoir notre réponse à cette adresse, confirmez-la avec le code {code}. "
    "Sans confirmation, nous répondons par la poste.",
    "nl": "Om ons antwoord op dit adres te krijgen, bevestigt u het met de code {code}. "
    "Zonder bevestiging antwoorden wij per post.",
    "de": "Um unsere Antwort an diese Adresse zu erhalten, bestätigen Sie sie mit dem Code {code}. "
    "Ohne Bestätigung antworten wir per Post.",
    "en": "To get our answer at this address, confirm it with the code {code}. "
    "Without confirmation we answer by mail.",
}


def letter(
    purpose: Purpose,
    language: str,
    name: str,
    case: str,
    due_on: date,
    *,
    assigned: bool,
    answer: str = "",
    code: str | None = None,
) -> Letter:
    """Return the words of a letter to a complainant.

    Args:
        purpose: the purpose of the letter.
        language: fr, nl, de or en.
        name: name of the complainant.
        case: id of the case.
        due_on: the day by which the answer is due.
        assigned: whether an agent works on the case.
        answer: the answer, in the letter that has one.
        code: the code that confirms the e-mail address, in an acknowledgement by e-mail.
    """
    words = _LETTERS[purpose][language]
    filled = words.body.format(
        case=case, due=f"{due_on:%d/%m/%Y}", doing=_DOING[language][assigned], answer=answer
    )
    if code is not None:
        filled = f"{filled}\n\n{_CONFIRM[language].format(code=code)}"
    greeting = salutation(name)
    return Letter(words.subject, f"{greeting},\n\n{filled}" if greeting else filled)


_NOT_OF_NAMES: Final = re.compile(r"[^\w .,'’&()-]|_")
_LONGEST_NAME: Final = 80


def salutation(name: str) -> str:
    """Return a name for an official letter: one line without links; empty if nothing of it is usable.

    A complainant writes the name without a login, so it must not carry text or links into a letter of the
    authority. Other characters become spaces, and a dot never joins two words as in a domain.
    """
    text = unicodedata.normalize("NFC", name)
    words = _NOT_OF_NAMES.sub(" ", text).replace(".", ". ").split()
    return " ".join(words)[:_LONGEST_NAME].rstrip(" .,") if any(word.isalpha() for word in words) else ""


#: Complaints of one source: so many at once, and then one in so many seconds.
BURST: Final = 5
SECONDS_EACH: Final = 60.0
_SOURCES: Final = 10_000  #: sources that are remembered at a time


class Sources:
    """The bound of complaints per source, so that one source cannot close the channel for all others."""

    def __init__(self) -> None:
        self._free_at: dict[str, float] = {}

    def wait(self, source: str, now: float) -> float:
        """Count a complaint of a source; return 0, or the seconds after which the source may try again.

        Args:
            source: The source, see `shared.runtime.rate.source_of`.
            now: Seconds of a clock that never goes back.
        """
        free_at = max(self._free_at.pop(source, now), now)
        over = free_at - now - (BURST - 1) * SECONDS_EACH
        self._free_at[source] = free_at if over > 0 else free_at + SECONDS_EACH
        while len(self._free_at) > _SOURCES:
            del self._free_at[next(iter(self._free_at))]
        return max(over, 0.0)
