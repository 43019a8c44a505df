"""The table of docs/access.md with the fields of the registers that each reader sees is true."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final
from uuid import UUID

import pytest

from services.notifier.letters.rules.document import document
from services.notifier.notification.rules.content import notification_data
from services.notifier.notification.rules.letter import letter_of
from services.notifier.situation.rules import situation_data
from services.personnel_file.feed.rules import state
from services.personnel_file.relation.rules import Period, Relation
from shared.answer import answer
from shared.domain.anomalies import anomaly
from shared.domain.declaration import Features, Span
from shared.domain.declared import Kind
from shared.messages import (
    DeclarationSettled,
    NotificationDeposited,
    Person,
    RegisterEntry,
    Result,
    SituationChanged,
)
from tests.contracts.contract import ROOT
from tests.prove.letters import sample
from tests.unit.builders import ENTERPRISE, NISS, NSSO, OTHER_NISS, PERIOD

SAMPLE = sample(1, "en", Result.ACCEPTED, Kind.IN, [])
ENTRY = RegisterEntry(
    ssin=NISS, family_name="Peeters", given_name="Anne", birth_date="1993-05-18", gender=1, nationality=150,
    former_ssins=(OTHER_NISS,),
)  # fmt: skip
#: By field, another value of it.
CHANGES: Final[Mapping[str, Any]] = {
    "ssin": "85073003328",
    "former_ssins": None,
    "family_name": "Janssens",
    "given_name": "Els",
    "birth_date": "1994-06-19",
    "gender": 2,
    "nationality": 111,
    "address": {"street": "Hoogstraat"},
    "deceased_on": "2026-01-01",
}


def settled(person: Person) -> DeclarationSettled:
    """Return the final of an IN that names the worker by the former number."""
    message = SAMPLE.notice.message
    assert isinstance(message, DeclarationSettled)
    declared = message.declaration.declared
    worker = declared.worker.model_copy(update={"ssin": OTHER_NISS}) if declared.worker else None
    declaration = message.declaration.model_copy(
        update={"declared": declared.model_copy(update={"worker": worker})}
    )
    return message.model_copy(update={"declaration": declaration, "worker": person})


def answered(person: Person) -> str:
    """Return the answer to the declaring client."""
    message = settled(person)
    return answer(message.declaration, message.outcome, person, None, None)


def letter(person: Person) -> str:
    """Return the letter in the e-Box."""
    return document(letter_of(replace(SAMPLE.notice, message=settled(person))))


def event(person: Person) -> str:
    """Return event.json in the e-Box."""
    return notification_data(replace(SAMPLE.notice, message=settled(person)))


def number_replaced(person: Person) -> str:
    """Return the notice of a replaced number in the e-Box."""
    former = person.former_ssins or ("",)
    change = SituationChanged(
        subject=UUID(int=7), enterprise_number=ENTERPRISE, employer_id=NSSO, justification_code=90,
        effective_on=date(2026, 2, 20), worker=person, outdated_ssin=former[0],
    )  # fmt: skip
    return json.dumps(situation_data(change))


def fed(person: Person) -> str:
    """Return an event of the feed, with all fields."""
    period = Period(PERIOD, Span(date(2026, 2, 21), None, None, None), Features("OTH", "XXX", None))
    relation = Relation(ENTERPRISE, person.ssin, date(2026, 2, 21), None, 1, {PERIOD: period})
    return json.dumps(state(relation, 7, NSSO, 1, period, former=person.former_ssins or ()))


def case(person: Person) -> str:
    """Return the data of a worker that reach an agent's case: those of the message to contact."""
    return json.dumps(
        {
            name: getattr(person, name)
            for name in NotificationDeposited.model_fields
            if name in Person.model_fields
        }
    )


READERS: Final[Mapping[str, Callable[[Person], str]]] = {
    "declaring client": answered,
    "e-Box: letter": letter,
    "e-Box: `event.json`": event,
    "e-Box: number replaced": number_replaced,
    "institution": fed,
    "agent": case,
}


def seen(show: Callable[[Person], str], field: str) -> bool:
    """Return whether a reader's text changes with a field of the register."""

    def person(entry: RegisterEntry) -> Person:
        return Person.model_validate({name: getattr(entry, name) for name in Person.model_fields})

    changed = RegisterEntry.model_validate({**ENTRY.model_dump(), field: CHANGES[field]})
    return show(person(ENTRY)) != show(person(changed))


def table() -> dict[str, dict[str, bool]]:
    """Return the table of the page: by field of the register and reader, whether it is shown."""
    text = (ROOT / "docs" / "access.md").read_text()
    _, _, section = text.partition("## Register data in answers")
    rows = [
        line.strip("| ").split(" | ")
        for line in section.split("\n## ")[0].splitlines()
        if line.startswith("|")
    ]
    head, _, *body = rows
    return {
        name.strip("`"): dict(zip(head[1:], (cell == "yes" for cell in cells), strict=True))
        for name, *cells in body
    }


@pytest.mark.parametrize("field", CHANGES)
def test_each_reader_sees_the_fields_of_the_page(field: str) -> None:
    assert {reader: seen(show, field) for reader, show in READERS.items()} == table()[field]


def test_the_page_has_every_field() -> None:
    assert table().keys() == RegisterEntry.model_fields.keys() - {"replaced_by"}
    assert CHANGES.keys() == table().keys()


@pytest.mark.parametrize("code", ["90256-155", "00913-354", "01085-354"])
def test_a_sender_without_a_right_sees_only_its_own_data(code: str) -> None:
    message = settled(ENTRY)
    refused = message.outcome.model_copy(update={"anomalies": (anomaly(code, ""),), "result": Result.REFUSED})
    shown = json.loads(answer(message.declaration, refused, ENTRY, None, None))
    declared = message.declaration.declared.worker
    assert declared is not None
    assert shown["worker"] == {"ssin": None} | declared.model_dump(by_alias=True, exclude_none=True)
    assert "Peeters" not in json.dumps(shown)
    assert NISS not in json.dumps(shown)
