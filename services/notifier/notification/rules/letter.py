"""The letter of a notification: the outcome of a declaration, in the language of the addressee."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import Final

from services.notifier.letters.rules.letter import (
    CLOSING,
    Letter,
    Section,
    Table,
    Tone,
    address_lines,
    facts_of,
    sender_lines,
)
from services.notifier.notification.rules.content import Notice
from services.notifier.notification.rules.particulars import declared_section, impact_sections
from shared.domain.anomalies import ANOMALIES, Anomaly
from shared.domain.calendar import local_date
from shared.domain.contacts import EmployerKind, Subject, contact, subjects
from shared.messages import DeclarationSettled, QuotaExcess, Result
from shared.words import Words, later, words


@dataclass(frozen=True, slots=True)
class _Outcome:
    """The texts of letters about one result (A, W, B or S)."""

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


def letter_of(notice: Notice) -> Letter:
    """Return the letter of a notification, in the language of its addressee."""
    say = words("notifier", notice.addressee.language)
    message, deadline = notice.message, notice.deadline
    outcome = _OUTCOMES[message.outcome.result]
    sections = [
        declared_section(notice, say),
        *impact_sections(message.impact if isinstance(message, DeclarationSettled) else (), say),
        *_anomalies(message.outcome.anomalies, outcome, say),
        *_quota(message.outcome.quota, say),
        *_next(notice, say),
    ]
    if deadline is not None:
        opened = local_date(notice.available_at)
        sections.append(_contestation(say.language, notice.employer_kind, opened, deadline))
    sections.append(_contacts(say.language, notice.employer_kind, deadline is not None))
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


def _anomalies(anomalies: Sequence[Anomaly], outcome: _Outcome, say: Words) -> Iterator[Section]:
    if anomalies:
        yield Section(
            heading=say(outcome.anomalies),
            table=Table(
                caption=say("What was found in the declaration"),
                columns=(say("What"), say("What to do"), say("Where"), say("Code")),
                rows=tuple(_anomaly_row(anomaly, say) for anomaly in anomalies),
            ),
        )


def _anomaly_row(anomaly: Anomaly, say: Words) -> tuple[str, ...]:
    row = ANOMALIES[anomaly.code]
    return row.label[say.language], say(row.hint), anomaly.path, anomaly.code


def _quota(excesses: Sequence[QuotaExcess], say: Words) -> Iterator[Section]:
    if excesses:
        yield Section(
            heading=say("Quotas"),
            table=Table(
                caption=say("By how much this period exceeds a quota"),
                columns=(say("Quota"), say("Too much")),
                rows=tuple(_quota_row(excess, say) for excess in excesses),
            ),
        )


def _quota_row(excess: QuotaExcess, say: Words) -> tuple[str, ...]:
    quota, hours, days = _QUOTAS[excess.quota_type], excess.exceeding_hours, excess.exceeding_days
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


@lru_cache(maxsize=256)  # many notifications of one day have equal windows
def _contestation(language: str, kind: EmployerKind, opened: date, deadline: date) -> Section:
    say, service = words("notifier", language), contact(Subject.CONTESTATION, kind)
    return Section(
        heading=say("If the data are not right"),
        paragraphs=(
            say(
                "You can contest the data of this notification until {deadline} inclusive. "
                "That is five working days after {opened}, the day on which it came into your e-Box. "
                "After that they are final.",
                deadline=say.day(deadline),
                opened=say.day(opened),
            ),
            say(
                "To contest, contact {service}: {telephone}, {email}.",
                service=service.service[language],
                telephone=service.telephone,
                email=service.email,
            ),
            say("A period can also be changed later, by a new declaration."),
        ),
    )


@cache
def _contacts(language: str, kind: EmployerKind, contestable: bool) -> Section:
    say = words("notifier", language)
    return Section(
        heading=say("Whom to ask"),
        paragraphs=(say("Always mention the Dimona number and your enterprise number."),),
        table=Table(
            caption=say("Services that answer your questions"),
            columns=(say("About"), say("Service"), say("Telephone"), say("E-mail")),
            rows=tuple(_contact_row(subject, kind, say) for subject in subjects(contestable=contestable)),
        ),
    )


def _contact_row(subject: Subject, kind: EmployerKind, say: Words) -> tuple[str, ...]:
    service = contact(subject, kind)
    name = service.service[say.language]
    return say(_SUBJECTS[subject]), name, service.telephone or "–", service.email or "–"
