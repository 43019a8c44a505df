"""The answer has the shape of Dimona REST v2, and only data that its reader may see."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from shared.answer import answer, outcome_in
from shared.domain.anomalies import ANOMALIES, anomaly
from shared.messages import Outcome, QuotaExcess, ReceivedDeclaration, Result
from tests.unit.builders import (
    ENTERPRISE,
    IDENTITY,
    NISS,
    NSSO,
    OTHER_NISS,
    PERIOD,
    RECEIVED,
    WORKER,
    a_change,
    a_daily,
    an_in,
    received,
)

NOTIFICATION = UUID("5f0c5a2e-6d0b-5a57-9d6b-0d1b6f3b9c11")


def outcome(result: Result = Result.ACCEPTED, *codes: str, period_id: int | None = PERIOD) -> Outcome:
    return Outcome(
        result=result,
        anomalies=tuple(anomaly(code, "dimonaIn") for code in codes),
        period_id=period_id,
        decided_at=RECEIVED,
    )


def body(declaration: ReceivedDeclaration, ended: Outcome, **known: Any) -> dict[str, Any]:
    deadline = None if ended.result is Result.PROVISIONAL else date(2026, 2, 27)
    read: dict[str, Any] = json.loads(
        answer(declaration, ended, known.get("worker"), known.get("id"), deadline)
    )
    return read


def test_the_answer_to_an_accepted_in_is_enriched() -> None:
    declaration = received(an_in(endDate="2026-03-31", features={"jointCommissionNumber": 124}))
    assert body(declaration, outcome(), worker=WORKER, id=NOTIFICATION) == {
        "employer": {"employerId": NSSO, "enterpriseNumber": "477472701"},
        "worker": {
            "ssin": NISS,
            "familyName": "Peeters",
            "givenName": "Anne",
            "givenNames": "Anne",
            "gender": "1",
            "birthDate": "1993-05-18",
            "nationality": 150,
        },
        "dimonaIn": {
            "startDate": "2026-02-21",
            "endDate": "2026-03-31",
            "features": {"workerType": "OTH", "jointCommissionNumber": "124"},
        },
        "declarationStatus": {
            "declarationId": declaration.number,
            "result": "A",
            "period": {"id": PERIOD},
            "contestationDeadline": "2026-02-27",
            "notificationId": str(NOTIFICATION),
        },
    }


def test_an_anomaly_has_its_class_its_four_labels_its_path_and_a_hint() -> None:
    """Decision D15."""
    status = body(received(an_in()), outcome(Result.WARNING, "90373-460"))["declarationStatus"]
    row = ANOMALIES["90373-460"]
    assert status["anomalies"] == [
        {
            "errorId": "90373-460",
            "class": "NP",
            "label": dict(row.label),
            "path": "dimonaIn",
            "hint": row.hint,
        }
    ]


def test_a_provisional_answer_has_no_deadline() -> None:
    status = body(received(an_in()), outcome(Result.PROVISIONAL, period_id=None))["declarationStatus"]
    assert set(status) == {"declarationId", "result"}


def test_an_unidentified_worker_is_shown_as_declared() -> None:
    given = {**IDENTITY, "familyName": 'D"UPONT'}
    said = body(received(an_in(worker=given)), outcome(Result.REFUSED, "90017-151"))
    assert said["worker"] == {"ssin": None, **given, "gender": "2"}


def test_a_replaced_number_is_shown_to_the_sender_that_declared_it() -> None:
    renumbered = WORKER.model_copy(update={"ssin": OTHER_NISS, "former_ssins": (NISS, "29111114418")})
    said = body(received(an_in(worker={"ssin": NISS})), outcome(), worker=renumbered)["worker"]
    assert (said["ssin"], said["replacedSsin"]) == (OTHER_NISS, NISS)
    for declared in (an_in(worker={"ssin": OTHER_NISS}), an_in(worker=IDENTITY), a_change("out")):
        assert "replacedSsin" not in body(received(declared), outcome(), worker=renumbered)["worker"]


@pytest.mark.parametrize("kind", ["out", "update", "cancel"])
def test_a_change_shows_the_employer_of_the_period(kind: str) -> None:
    said = body(received(a_change(kind)), outcome(), worker=WORKER)
    assert said["employer"]["employerId"] == NSSO
    assert said[f"dimona{kind.capitalize()}"]["periodId"] == PERIOD


@pytest.mark.parametrize("code", ["90256-155", "00913-354"])
def test_a_sender_without_right_gets_only_declared_data(code: str) -> None:
    """Decision D4."""
    said = body(received(an_in()), outcome(Result.REFUSED, code), worker=WORKER)
    assert said["employer"] == {"enterpriseNumber": ENTERPRISE}
    assert said["worker"] == {"ssin": NISS}


def test_blocks_that_were_not_declared_are_absent() -> None:
    unknown = received(a_change("out")).model_copy(update={"employer": None})
    said = body(unknown, outcome(Result.REFUSED, "00913-354", period_id=None))
    assert set(said) == {"dimonaOut", "declarationStatus"}
    assert set(said["declarationStatus"]) == {
        "declarationId",
        "result",
        "anomalies",
        "contestationDeadline",
    }


def test_an_excess_has_the_unit_of_its_quota() -> None:
    """The shape is that of Dimona REST v2."""
    excess = (
        QuotaExcess(quota_type="STUDENT", exceeding_hours=10),
        QuotaExcess(quota_type="HORECA_WORKER", exceeding_days=1),
    )
    told = body(received(an_in()), outcome(Result.WARNING, "90017-369").model_copy(update={"quota": excess}))
    assert told["declarationStatus"]["quota"] == [
        {"quotaType": "STUDENT", "exceedingHours": 10},
        {"quotaType": "HORECA_WORKER", "exceedingDays": 1},
    ]
    assert "quota" not in body(received(an_in()), outcome())["declarationStatus"]


def test_a_daily_registration_is_named_beside_its_period() -> None:
    ended = outcome().model_copy(update={"daily_registration_id": 656309296521})
    said = body(received(a_daily(3, dailyRegistrationId=656309296521)), ended, worker=WORKER)
    assert said["dimonaDailyRegistration"] == {"attestationStatus": 3, "dailyRegistrationId": 656309296521}
    status = said["declarationStatus"]
    assert (status["period"], status["dailyRegistration"]) == ({"id": PERIOD}, {"id": 656309296521})
    assert said["worker"]["familyName"] == "Peeters"


def test_the_answer_about_an_unknown_registration_has_no_other_data() -> None:
    """Neither employer nor worker (decision D4)."""
    refused = outcome(Result.REFUSED, "01085-354", period_id=None)
    said = body(received(a_daily(3, dailyRegistrationId=656309296521)), refused, worker=WORKER)
    assert said.keys() == {"dimonaDailyRegistration", "declarationStatus"}


@pytest.mark.parametrize(
    "ended",
    [
        outcome(),
        outcome(Result.REFUSED, "90256-155", period_id=None),
        outcome(Result.PROVISIONAL, period_id=None),
        outcome(Result.WARNING, "90017-369").model_copy(
            update={"quota": (QuotaExcess(quota_type="STUDENT", exceeding_hours=7),)}
        ),
        outcome().model_copy(update={"daily_registration_id": 656309292174}),
    ],
    ids=["accepted", "refused", "provisional", "beyond a quota", "daily registration"],
)
def test_an_answer_contains_its_outcome(ended: Outcome) -> None:
    text = answer(received(an_in()), ended, None, NOTIFICATION, date(2026, 2, 27))
    assert outcome_in(text, RECEIVED) == ended
