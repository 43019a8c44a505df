"""Complaints: contact points, letters in four languages, and the limit per source (docs/seeds.md)."""

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
    """A letter to a complainant in one language: its subject and its body."""

    subject: str
    body: str


#: The letters by purpose and language, without greeting. `letter` fills in {case}, {due}, {doing} and
#: {answer}.
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
#: The sentence for {doing} by language; the key True is for a complaint that an agent has claimed.
_DOING: Final[Mapping[str, Mapping[bool, str]]] = {
    "fr": {True: "Un collaborateur l'examine.", False: "Elle va être confiée à un collaborateur."},
    "nl": {True: "Een medewerker onderzoekt ze.", False: "Ze wordt aan een medewerker toegewezen."},
    "de": {True: "Ein Mitarbeiter prüft sie.", False: "Sie wird einem Mitarbeiter zugewiesen."},
    "en": {
        True: "A member of staff is examining it.",
        False: "It will be given to a member of staff.",
    },
}


#: The sentences with the confirmation code, by language, for an acknowledgement by e-mail.
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
    """Return a letter to a complainant: its subject, and its body with greeting and code.

    Args:
        purpose: the purpose of the letter.
        language: fr, nl, de or en.
        name: name of the complainant; a letter to an empty name has no greeting.
        case: id of the case.
        due_on: the day by which the answer is due.
        assigned: whether an agent has claimed the case.
        answer: the answer of the authority; used for the purpose `answer` only.
        code: the code that confirms the e-mail address; None in a letter without code.
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
    """Return the name of a complainant in a safe form for a letter; empty if the name has no letter.

    A complainant needs no login, so a name could put a foreign text or link into a letter of the authority.
    Characters that names do not have become spaces, a space follows each dot so that no domain name remains,
    and the result is one line of at most 80 characters.
    """
    text = unicodedata.normalize("NFC", name)
    words = _NOT_OF_NAMES.sub(" ", text).replace(".", ". ").split()
    return " ".join(words)[:_LONGEST_NAME].rstrip(" .,") if any(word.isalpha() for word in words) else ""


BURST: Final = 5  #: requests that one source may send at once
SECONDS_EACH: Final = 60.0  #: seconds after which a source may send one more request
_SOURCES: Final = 10_000  #: most sources in memory; the source with the oldest request is dropped first


class Sources:
    """A limiter of requests per source: five requests at once, then one per minute.

    Without it, a single source could use up the limit that all sources share.
    """

    def __init__(self) -> None:
        self._free_at: dict[str, float] = {}

    def wait(self, source: str, now: float) -> float:
        """Count a request of a source and return 0; beyond its limit, return the seconds to wait.

        A request beyond the limit is not counted.

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
