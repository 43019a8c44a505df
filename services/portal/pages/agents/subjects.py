"""The table of work lists: the API of each, the columns of the list, and the acts with their fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from shared.domain.rights import Right
from shared.words import Words, later

_LONGEST: Final = 8000


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an act: its name in the API, its label, and its form.

    A field with choices takes one of them. Other kinds: `text` (lines), `date` and `number` (of a worker).
    """

    name: str
    label: str
    kind: str = "text"
    choices: Mapping[str, str] = field(default_factory=dict)
    required: bool = True
    longest: int = _LONGEST


@dataclass(frozen=True, slots=True)
class Act:
    """An act: its name, the text of its button, its effect, the path of the API, and its fields.

    `sent` are values of the body that no field has.
    """

    name: str
    label: str
    effect: str
    path: str
    fields: tuple[Field, ...] = ()
    sent: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list: label, property of the API, and kind: text, day, moment, enterprise or state."""

    label: str
    name: str
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Subject:
    """A work list. `item` is the path of a single case in the API; a list without it shows all there is."""

    name: str  #: in the address
    heading: str
    service: str
    listed: str
    key: str  #: the property with the id
    rights: frozenset[str]
    columns: tuple[Column, ...]
    item: str = ""
    template: str = ""
    acts: tuple[Act, ...] = ()
    is_numbered: bool = False  #: whether the id is a number, else a UUID
    beside: tuple[str, str] | None = None  #: service and path of a second document about the case


_AGENT: Final = frozenset({Right.AGENT})
_PRIVACY: Final = frozenset({Right.PRIVACY})
_DUE: Final = Column(later("Answer until"), "dueOn", "day")
_STATE: Final = Column(later("State"), "state", "state")
_CLAIMED: Final = Column(later("Agent"), "agent", "agent")
_ANSWER: Final = Field("answer", later("Answer in words"))
_REASON: Final = Field("reason", later("Reason in words"))
_GROUND: Final = Field("reason", later("Reason in words"), longest=2000)
_ENDS: Final[Mapping[str, str]] = {"upheld": later("upheld"), "rejected": later("rejected")}
_CLAIM: Final = (
    later("Claim"),
    later("You become the agent of this case, also instead of a colleague."),
)


def _end(choices: Mapping[str, str]) -> Field:
    return Field("state", later("The case is"), "choice", choices)


def _acts_of_case(base: str, choices: Mapping[str, str]) -> tuple[Act, ...]:
    label, effect = _CLAIM
    sent = later("The case ends. The answer goes to the person or enterprise that began it.")
    return (
        Act("claim", label, effect, f"{base}/claims"),
        Act("answer", later("Answer"), sent, f"{base}/answers", (_end(choices), _ANSWER)),
    )


def _cases(name: str, heading: str, kind: str, rights: frozenset[str], choices: Mapping[str, str]) -> Subject:
    return Subject(
        name, heading, "contact", f"/cases?state=open&kind={kind}", "caseId", rights,
        (_DUE, Column(later("Received"), "openedAt", "moment"),
         Column(later("Enterprise"), "enterpriseNumber", "enterprise"), _CLAIMED),
        "/cases/{id}", "agents/case.html", _acts_of_case("/cases/{id}", choices),
    )  # fmt: skip


_ANSWERED: Final = {"answered": later("answered")}

SUBJECTS: Final[tuple[Subject, ...]] = (
    Subject(
        "identifications",
        later("Workers to identify"),
        "identification",
        "/identifications",
        "declarationId",
        _AGENT,
        (
            Column(later("Ends without a decision"), "deadline", "moment"),
            Column(later("Received"), "openedAt", "moment"),
            Column(later("Employer"), "employer", "enterprise"),
            Column(later("Reason"), "reason", "state"),
        ),
        "/identifications/{id}",
        "agents/identification.html",
        (
            Act(
                "identify",
                later("This is the worker"),
                later(
                    "The declaration goes on with this person of the register, "
                    "and the employer gets the result."
                ),
                "/identifications/{id}/decisions",
                (
                    Field("ssin", later("National register number of the worker (11 digits)"), "number"),
                    _GROUND,
                ),
            ),
            Act(
                "end",
                later("End without a worker"),
                later("The declaration is refused, because no person of the register is its worker."),
                "/identifications/{id}/decisions",
                (_GROUND,),
            ),
        ),
        is_numbered=True,
    ),
    _cases("contestations", later("Contestations"), "contestation", _AGENT, _ENDS),
    _cases("complaints", later("Complaints"), "complaint", _AGENT, _ANSWERED),
    _cases("privacy", later("Complaints about personal data"), "privacy", _PRIVACY, _ANSWERED),
    Subject(
        "reports",
        later("Errors that workers reported"),
        "contact",
        "/persons/reports",
        "reportId",
        _AGENT | _PRIVACY,
        (
            Column(later("Answer until"), "answerDueOn", "day"),
            Column(later("Received"), "receivedAt", "moment"),
            _CLAIMED,
        ),
        "/persons/reports/{id}",
        "agents/report.html",
        _acts_of_case("/persons/reports/{id}", _ENDS),
    ),
    Subject(
        "registrations",
        later("Registrations to approve"),
        "access",
        "/registrations",
        "id",
        _AGENT,
        (
            Column(later("Received"), "requestedAt", "moment"),
            Column(later("Applicant"), "registrantName"),
            Column(later("Enterprise"), "enterpriseNumber", "enterprise"),
            _STATE,
        ),
        "/registrations/{id}",
        "agents/registration.html",
        (
            Act(
                "decide",
                later("Decide"),
                later(
                    "Accepted: the employer exists from now on, "
                    "with this person as its legal representative. "
                    "Refused: nothing is registered. The decision is final."
                ),
                "/registrations/{id}/decisions",
                (
                    Field(
                        "accepted",
                        later("The registration is"),
                        "choice",
                        {"true": later("accepted"), "false": later("refused")},
                    ),
                ),
            ),
        ),
    ),
    Subject(
        "omissions",
        later("Worked days without declaration"),
        "personnel_file",
        "/omissions",
        "caseId",
        _AGENT,
        (
            Column(later("Employer"), "employer", "enterprise"),
            Column(later("Quarter"), "quarter"),
            Column(later("Days"), "days"),
            _STATE,
            Column(later("Changed"), "changedAt", "moment"),
        ),
        "/omissions/{id}",
        "agents/omission.html",
        (
            Act(
                "hear",
                later("Note the hearing"),
                later("The case has the answer of the employer from now on."),
                "/omissions/{id}/hearings",
                (
                    Field("heardOn", later("Day of the hearing"), "date"),
                    Field("answer", later("Answer of the employer, or that none came")),
                ),
            ),
            Act(
                "decide",
                later("Decide"),
                later("Two agents who decide alike end the case. No amount is claimed by this."),
                "/omissions/{id}/decisions",
                (
                    Field(
                        "decision",
                        later("The omission is"),
                        "choice",
                        {"confirmed": later("confirmed"), "dismissed": later("dismissed")},
                    ),
                    _REASON,
                ),
            ),
        ),
        is_numbered=True,
    ),
    Subject(
        "letters",
        later("Letters to send"),
        "contact",
        "/letters",
        "letterId",
        _AGENT | _PRIVACY,
        (
            Column(later("Written"), "writtenAt", "moment"),
            Column(later("To"), "name"),
            Column(later("Address"), "to"),
            Column(later("Subject"), "subject"),
            Column(later("Text"), "body"),
        ),
        acts=(
            Act("send", later("It is sent"), later("The letter leaves the list."), "/letters/{id}/sendings"),
        ),
    ),
)
#: A period with its locks. Its list is a search (`periods.py`), so it is not in the table.
LOCKS: Final = Subject(
    "periods",
    later("Locks of a period"),
    "personnel_file",
    "",
    "periodId",
    _AGENT,
    (),
    "/periods/{id}/locks",
    "agents/locks.html",
    (
        Act(
            "lock",
            later("Lock this period"),
            later("The employer cannot end, change or cancel the period until it is unlocked."),
            "/periods/{id}/locks",
            (_GROUND,),
            {"isLocked": True},
        ),
        Act(
            "unlock",
            later("Unlock this period"),
            later("The employer can end, change and cancel the period again."),
            "/periods/{id}/locks",
            (_GROUND,),
            {"isLocked": False},
        ),
    ),
    is_numbered=True,
    beside=("intake", "/REST/dimona/v2/periods/{id}"),
)
#: Labels of the fields of all acts, for a form that waits for a login.
LABELS: Final[Mapping[str, str]] = {
    each.name: each.label for subject in SUBJECTS for act in subject.acts for each in act.fields
}
_CHOICES: Final[Mapping[tuple[str, str], str]] = {
    (each.name, value): text
    for subject in SUBJECTS
    for act in subject.acts
    for each in act.fields
    for value, text in each.choices.items()
}


def shown(say: Words, name: str, value: str) -> str:
    """Return the value of a field as the page says it: a choice in words, any other value as it is."""
    text = _CHOICES.get((name, value))
    return value if text is None else say(text)
