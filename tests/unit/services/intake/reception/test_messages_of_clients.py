"""Messages in the form in which real clients send them are readable and admitted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.intake.reception.rules import admit
from services.personnel_file.relation.rules import Relation
from services.personnel_file.settlement.rules.settle import Settlement, SettlementCase, settle
from shared.domain.declared import Declaration, Kind
from shared.domain.identifiers import DimonaNumber
from shared.messages import Result
from tests.unit.builders import EMPLOYER, ENTERPRISE, IDENTITY, KNOWN, NISS, NSSO, RECEIVED, received

RECORDED = Path(__file__).parents[5].parent / "shared" / "domain" / "wire-contract.md"


def messages() -> Iterator[dict[str, Any]]:
    """Yield the recorded messages: the JSON documents of the first block of section 5."""
    block = RECORDED.read_text().partition("\n## 5.")[2].partition("```json\n")[2].partition("```")[0]
    decoder, at = json.JSONDecoder(), 0
    while at < len(block.rstrip()):
        document, end = decoder.raw_decode(block, at)
        yield document
        at = end + len(block[end:]) - len(block[end:].lstrip())


_DAY = {"startDate": "2026-02-21", "endDate": "2026-02-21"}
_EVENING = {**_DAY, "startHour": "1700", "endHour": "2130"}
_BY_NUMBER, _BY_ENTERPRISE = {"employerId": NSSO}, {"enterpriseNumber": ENTERPRISE}
_XXX = {"jointCommissionNumber": "XXX"}
_PLACE = {
    "name": "Test",
    "address": {
        "street": "Wetstraat", "houseNumber": "1", "boxNumber": None, "postCode": "1000",
        "municipality": {"code": 21004, "name": "Brussel"}, "country": 150,
    },
}  # fmt: skip


def _in(employer: dict[str, Any], worker: dict[str, Any], **block: Any) -> dict[str, Any]:
    return {"employer": employer, "worker": worker, "dimonaIn": block}


_SSIN = {"ssin": NISS}
INS: dict[str, dict[str, Any]] = {
    "flexi-job by the day": _in(_BY_ENTERPRISE, _SSIN, **_EVENING, features={**_XXX, "workerType": "FLX"}),
    "student elsewhere": _in(
        _BY_ENTERPRISE, _SSIN, **_DAY, plannedHoursNumber=8, studentPlaceOfWork=_PLACE,
        features={**_XXX, "workerType": "STU"},
    ),
    "no end": _in(_BY_NUMBER, _SSIN, startDate="2026-02-21", features={**_XXX, "workerType": "OTH"}),
    "joint commission as an integer": _in(
        _BY_ENTERPRISE, _SSIN, **_DAY, features={"jointCommissionNumber": 124, "workerType": "OTH"}
    ),
    "described worker": _in(
        _BY_NUMBER, IDENTITY, startDate="2026-02-21", features={**_XXX, "workerType": "OTH"}
    ),
}  # fmt: skip
#: The form of the IN, and the change of its period.
CHANGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "end": ("no end", "dimonaOut", {"endDate": "2026-03-31"}),
    "a later end hour, all repeated": (
        "flexi-job by the day",
        "dimonaUpdate",
        {**_EVENING, "endHour": "2230"},
    ),
    "planned hours, days repeated": ("student elsewhere", "dimonaUpdate", {**_DAY, "plannedHoursNumber": 9}),
    "cancellation": ("flexi-job by the day", "dimonaCancel", {}),
}


@pytest.mark.parametrize("document", INS.values(), ids=INS)
def test_an_in_of_real_clients_is_accepted(document: dict[str, Any]) -> None:
    assert admit(Declaration.model_validate(document), EMPLOYER, True, None, RECEIVED) == ()
    assert settled(None, document).outcome.result is Result.ACCEPTED


@pytest.mark.parametrize(("form", "block", "given"), CHANGES.values(), ids=CHANGES)
def test_a_change_of_real_clients_is_accepted(form: str, block: str, given: dict[str, Any]) -> None:
    relation = settled(None, INS[form]).relation
    assert relation is not None
    (number,) = relation.periods
    document = {block: {"periodId": number, **given}}
    known = replace(KNOWN, number=DimonaNumber(number))
    assert admit(Declaration.model_validate(document), EMPLOYER, True, known, RECEIVED) == ()
    assert settled(relation, document).outcome.result is Result.ACCEPTED


def settled(relation: Relation | None, document: dict[str, Any]) -> Settlement:
    declared = received(Declaration.model_validate(document))
    return settle(SettlementCase(declared, relation, now=RECEIVED, ssin=NISS))


def test_recorded_messages_are_admitted() -> None:
    """The reference pages are not part of a clone; the tables above have the forms."""
    if not RECORDED.is_file():
        pytest.skip("the reference pages with the recorded messages are absent")
    kinds = []
    for document in messages():
        declared = Declaration.model_validate(document)
        kinds.append(declared.kind)
        number = None if declared.kind is Kind.IN else DimonaNumber(declared.period_id or 0)
        period = None if number is None else replace(KNOWN, number=number)
        assert admit(declared, EMPLOYER, True, period, RECEIVED) == (), document
    assert kinds == [Kind.IN] * 5 + [Kind.OUT, Kind.UPDATE, Kind.UPDATE, Kind.CANCEL]
