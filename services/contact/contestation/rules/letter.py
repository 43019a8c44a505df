"""The letter about the end of a contestation, in four languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.contact.case.rules import State
from shared.domain.rights import MessageType
from shared.messages import LetterPart, LetterWritten

Text = Mapping[str, str]


def _in_languages(fr: str, nl: str, de: str, en: str) -> dict[str, str]:
    return {"fr": fr, "nl": nl, "de": de, "en": en}


@dataclass(frozen=True, slots=True)
class _Words:
    subject: Text  #: with the Dimona number
    status: Text
    lead: Text


_WORDS: Final[Mapping[State, _Words]] = {
    State.UPHELD: _Words(
        _in_languages(
            "Contestation concernant Dimona {number} : accueillie",
            "Betwisting over Dimona {number}: gegrond",
            "Beanstandung zu Dimona {number}: stattgegeben",
            "Contestation about Dimona {number}: upheld",
        ),
        _in_languages("Accueillie", "Gegrond", "Stattgegeben", "Upheld"),
        _in_languages(
            "La contestation a été accueillie. La nouvelle décision {decision} se réfère à la notification.",
            "De betwisting is gegrond. De nieuwe beslissing {decision} verwijst naar de kennisgeving.",
            "Der Beanstandung wurde stattgegeben. Die neue Entscheidung {decision} verweist darauf.",
            "The contestation was upheld. The new decision {decision} refers to the notification.",
        ),
    ),
    State.REJECTED: _Words(
        _in_languages(
            "Contestation concernant Dimona {number} : rejetée",
            "Betwisting over Dimona {number}: afgewezen",
            "Beanstandung zu Dimona {number}: zurückgewiesen",
            "Contestation about Dimona {number}: rejected",
        ),
        _in_languages("Rejetée", "Afgewezen", "Zurückgewiesen", "Rejected"),
        _in_languages(
            "Votre contestation a été rejetée : les données notifiées restent valables.",
            "Uw betwisting is afgewezen: de meegedeelde gegevens blijven gelden.",
            "Ihre Beanstandung wurde zurückgewiesen: Die mitgeteilten Daten gelten weiterhin.",
            "Your contestation was rejected: the data that were notified stand.",
        ),
    ),
}
_REASON: Final = _in_languages(
    "Motif de la contestation", "Reden van de betwisting", "Grund der Beanstandung", "Why it was contested"
)
_ANSWER: Final = _in_languages("Réponse", "Antwoord", "Antwort", "Answer")


def answer_letter(
    letter_id: UUID,
    enterprise_number: str,
    state: State,
    number: int,
    reason: str,
    answer: str,
    decision: str | None,
    data: str,
) -> LetterWritten:
    """Return the letter about the end of a contestation to one enterprise, with its texts in four languages.

    Args:
        letter_id: id of the letter.
        enterprise_number: the recipient.
        state: UPHELD or REJECTED.
        number: the Dimona number.
        reason: the reason that the party gave.
        answer: the answer of the authority.
        decision: number of the new decision; None for a rejected contestation.
        data: the event about the end, for programs that read the e-Box.
    """
    words = _WORDS[state]
    return LetterWritten(
        letter_id=letter_id,
        enterprise_number=enterprise_number,
        message_type=MessageType.CONTESTATION,
        subject={language: text.format(number=number) for language, text in words.subject.items()},
        status=dict(words.status),
        lead={language: text.format(decision=decision) for language, text in words.lead.items()},
        parts=(
            LetterPart(heading=_REASON, text=dict.fromkeys(_REASON, reason)),
            LetterPart(heading=_ANSWER, text=dict.fromkeys(_ANSWER, answer)),
        ),
        number=number,
        data=data,
    )
