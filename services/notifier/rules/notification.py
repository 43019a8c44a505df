"""The letter of a notification: what became of a declaration, said to its addressee in his language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.notifier.rules.content import Notice, Party
from services.notifier.rules.letter import Fact, Letter, Section, Table, Tone
from services.notifier.rules.particulars import declared, enterprise, impact
from services.notifier.rules.words import Words, later, words
from shared.domain.anomalies import ANOMALIES
from shared.messages import Result


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How a letter with this result begins, and how it goes on."""

    tone: Tone
    status: str
    title: str
    lead: str
    anomalies: str  #: heading of what was found


_OUTCOMES: Final[Mapping[Result, _Outcome]] = {
    Result.ACCEPTED: _Outcome(
        Tone.GOOD,
        later("Accepted"),
        later("Dimona declaration accepted"),
        later("The declaration below was accepted and has been entered in the personnel file."),
        later("Remarks"),
    ),
    Result.WARNING: _Outcome(
        Tone.REMARKS,
        later("Accepted with remarks"),
        later("Dimona declaration accepted with remarks"),
        later(
            "The declaration below has been entered in the personnel file. "
            "Please read the remarks: they may ask something of you."
        ),
        later("Remarks"),
    ),
    Result.REFUSED: _Outcome(
        Tone.BAD,
        later("Refused"),
        later("Dimona declaration refused"),
        later(
            "The declaration below was refused. Nothing has changed in the personnel file. "
            "Correct what is named here and send a new declaration."
        ),
        later("Why it was refused"),
    ),
    Result.PROVISIONAL: _Outcome(
        Tone.WAITING,
        later("Not yet decided"),
        later("Dimona declaration not yet decided"),
        later(
            "The worker of the declaration below could not be identified with certainty yet. "
            "This notification is provisional; a final one will follow."
        ),
        later("Remarks"),
    ),
}

_SENDER: Final = later("National Social Security Office")
_ADDRESS: Final = later("Place Victor Horta 11, 1060 Brussels")
CLOSING: Final = later(
    "This document was made automatically. It lies in your e-Box, where programs can read its data too."
)

_SUBJECTS: Final[Mapping[str, str]] = {
    "content": later("The content of the declaration"),
    "contestation": later("Contesting this notification"),
    "technical": later("Technical questions, the portal and the e-Box"),
    "complaint": later("A complaint about our service"),
}

_QUOTAS: Final[Mapping[str, str]] = {
    "A17_PUBTV": later("Article 17, public broadcasting: year"),
    "A17_YEAR_SPORT": later("Article 17, sport: year"),
    "A17_QUARTER_SPORT": later("Article 17, sport: quarter"),
    "A17_STUDENT_SPORT": later("Article 17, sport, students: year"),
    "A17_YEAR_OTHER": later("Article 17, social and cultural sector: year"),
    "A17_QUARTER_OTHER": later("Article 17, social and cultural sector: quarter"),
    "A17_STUDENT_OTHER": later("Article 17, social and cultural sector, students: year"),
    "ARTICLE17": later("Article 17: year"),
    "STUDENT": later("Student work: year"),
    "HORECA_EMPLOYER": later("Occasional work in the Horeca, the employer: year"),
    "HORECA_WORKER": later("Occasional work in the Horeca, the worker: year"),
}


def letter_of(notice: Notice, data: Mapping[str, Any]) -> Letter:
    """The letter of a notification whose content is `data`: it tells no more than its event does."""
    say = words(notice.addressee.language)
    outcome = _OUTCOMES[notice.ended.outcome.result]
    sections = [
        declared(notice, data["declaration"], say),
        *impact(data.get("impact", ()), say),
        *_anomalies(data["declaration"]["declarationStatus"], outcome, say),
        *_quota(data["declaration"]["declarationStatus"], say),
        *_next(notice, say),
        *_contestation(notice, data, say),
        _contacts(data["contacts"], say),
    ]
    return Letter(
        language=notice.addressee.language,
        tone=outcome.tone,
        sender=sender(say),
        addressee=addressed(notice.addressee, say),
        facts=(
            Fact(term=say("Date"), text=say.day_of(notice.available_at)),
            Fact(term=say("Dimona number"), text=str(notice.ended.declaration.number)),
            Fact(term=say("Notification"), text=str(notice.id)),
        ),
        title=say(outcome.title),
        status=say(outcome.status),
        lead=say(outcome.lead),
        sections=tuple(sections),
        closing=say(CLOSING),
    )


def sender(say: Words) -> tuple[str, ...]:
    """The lines of the sender of every letter."""
    return say(_SENDER), say(_ADDRESS)


def addressed(addressee: Party, say: Words) -> tuple[str, ...]:
    """The lines of the addressee of a letter."""
    return (
        *((addressee.name,) if addressee.name else ()),
        say("Enterprise number {number}", number=enterprise(addressee.enterprise_number)),
    )


def _anomalies(status: Mapping[str, Any], outcome: _Outcome, say: Words) -> Iterator[Section]:
    found = status.get("anomalies", ())
    if found:
        yield Section(
            heading=say(outcome.anomalies),
            table=Table(
                caption=say("What was found in the declaration"),
                columns=(say("What"), say("What to do"), say("Where"), say("Code")),
                rows=tuple(_found(each, say) for each in found),
            ),
        )


def _found(anomaly: Mapping[str, Any], say: Words) -> tuple[str, ...]:
    code = anomaly["errorId"]
    hint = ANOMALIES[code].hint
    return anomaly["label"][say.language], say(hint), anomaly["path"], code


def _quota(status: Mapping[str, Any], say: Words) -> Iterator[Section]:
    if excesses := status.get("quota", ()):
        yield Section(
            heading=say("Quotas"),
            table=Table(
                caption=say("By how much this period exceeds a quota"),
                columns=(say("Quota"), say("Too much")),
                rows=tuple(_exceeded(each, say) for each in excesses),
            ),
        )


def _exceeded(excess: Mapping[str, Any], say: Words) -> tuple[str, ...]:
    quota = _QUOTAS[excess["quotaType"]]
    hours, days = excess.get("exceedingHours"), excess.get("exceedingDays")
    return say(quota), say("{count} d", count=days) if hours is None else say("{count} h", count=hours)


def _next(notice: Notice, say: Words) -> Iterator[Section]:
    if notice.ended.outcome.result is Result.PROVISIONAL:
        yield Section(
            heading=say("What happens now"),
            paragraphs=(
                say(
                    "We are looking for the worker in the registers. As soon as it is known who it is, "
                    "and within ten working days at the latest, you receive the final notification: "
                    "the declaration is then accepted or refused."
                ),
                say("Until then you need not do anything, and there is nothing to contest yet."),
            ),
        )


def _contestation(notice: Notice, data: Mapping[str, Any], say: Words) -> Iterator[Section]:
    if notice.deadline is not None:
        contact = data["contestation"]["contact"]
        yield Section(
            heading=say("If the data are not right"),
            paragraphs=(
                say(
                    "You can contest the data of this notification until {deadline} inclusive. "
                    "That is five working days after {opened}, the day on which it came into your e-Box. "
                    "After that they are final.",
                    deadline=say.day(notice.deadline),
                    opened=say.day_of(notice.available_at),
                ),
                say(
                    "To contest, contact {service}: {telephone}, {email}.",
                    service=contact["service"][say.language],
                    telephone=contact["telephone"],
                    email=contact["email"],
                ),
                say("A period can also be changed later, by a new declaration."),
            ),
        )


def _contacts(contacts: Any, say: Words) -> Section:
    return Section(
        heading=say("Whom to ask"),
        paragraphs=(say("Always mention the Dimona number and your enterprise number."),),
        table=Table(
            caption=say("Services that answer your questions"),
            columns=(say("About"), say("Service"), say("Telephone"), say("E-mail")),
            rows=tuple(_service(each, say) for each in contacts),
        ),
    )


def _service(contact: Mapping[str, Any], say: Words) -> tuple[str, ...]:
    about = _SUBJECTS[contact["subject"]]
    service = contact["service"][say.language]
    return say(about), service, contact.get("telephone", "–"), contact.get("email", "–")
