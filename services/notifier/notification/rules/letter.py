"""The letter of a notification: the outcome of a declaration, in the language of the addressee."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.notifier.letters.rules import (
    CLOSING,
    Letter,
    Section,
    Table,
    Tone,
    Words,
    address_lines,
    facts_of,
    later,
    sender_lines,
    words,
)
from services.notifier.notification.rules.content import Notice
from services.notifier.notification.rules.particulars import declared_section, impact_sections
from shared.domain.anomalies import ANOMALIES
from shared.messages import Result


@dataclass(frozen=True, slots=True)
class _Outcome:
    """The texts of a letter with one result."""

    tone: Tone
    status: str
    title: str
    lead: str
    anomalies: str  #: heading of the anomalies


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
    """Return the letter of a notification with the content `data`. It holds no more than its event."""
    say = words(notice.addressee.language)
    outcome = _OUTCOMES[notice.message.outcome.result]
    sections = [
        declared_section(notice, data["declaration"], say),
        *impact_sections(data.get("impact", ()), say),
        *_anomalies(data["declaration"]["declarationStatus"], outcome, say),
        *_quota(data["declaration"]["declarationStatus"], say),
        *_next(notice, say),
        *_contestation(notice, data, say),
        _contacts(data["contacts"], say),
    ]
    return Letter(
        language=notice.addressee.language,
        tone=outcome.tone,
        sender=sender_lines(say),
        addressee=address_lines(notice.addressee, say),
        facts=facts_of(
            [
                (say("Date"), say.day_of(notice.available_at)),
                (say("Dimona number"), str(notice.message.declaration.number)),
                (say("Notification"), str(notice.id)),
            ]
        ),
        title=say(outcome.title),
        status=say(outcome.status),
        lead=say(outcome.lead),
        sections=tuple(sections),
        closing=say(CLOSING),
    )


def _anomalies(status: Mapping[str, Any], outcome: _Outcome, say: Words) -> Iterator[Section]:
    if anomalies := status.get("anomalies", ()):
        yield Section(
            heading=say(outcome.anomalies),
            table=Table(
                caption=say("What was found in the declaration"),
                columns=(say("What"), say("What to do"), say("Where"), say("Code")),
                rows=tuple(_anomaly_row(anomaly, say) for anomaly in anomalies),
            ),
        )


def _anomaly_row(anomaly: Mapping[str, Any], say: Words) -> tuple[str, ...]:
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
                rows=tuple(_quota_row(excess, say) for excess in excesses),
            ),
        )


def _quota_row(excess: Mapping[str, Any], say: Words) -> tuple[str, ...]:
    quota = _QUOTAS[excess["quotaType"]]
    hours, days = excess.get("exceedingHours"), excess.get("exceedingDays")
    return say(quota), say("{count} d", count=days) if hours is None else say("{count} h", count=hours)


def _next(notice: Notice, say: Words) -> Iterator[Section]:
    if notice.message.outcome.result is Result.PROVISIONAL:
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
            rows=tuple(_contact_row(contact, say) for contact in contacts),
        ),
    )


def _contact_row(contact: Mapping[str, Any], say: Words) -> tuple[str, ...]:
    about = _SUBJECTS[contact["subject"]]
    service = contact["service"][say.language]
    return say(about), service, contact.get("telephone", "–"), contact.get("email", "–")
