"""The answer to a declaration: the body of `GET /declarations/{id}` in REST v2.

The module joins JSON texts. This is faster than the serialization of an object, and every declaration gets an
answer. The answer has no nulls (Belgif jsn-null), except for the NISS of an unidentified worker (ADR 22).
"""

from __future__ import annotations

import json
from datetime import date, datetime
from functools import lru_cache
from typing import Final
from uuid import UUID

from shared.domain.anomalies import ANOMALIES, Anomaly
from shared.domain.declared import DeclaredEmployer, DeclaredWorker
from shared.messages import EmployerNumbers, Outcome, Person, QuotaExcess, ReceivedDeclaration, to_json

#: With these anomalies the answer repeats only data of the sender (decision D4).
_NOT_ENRICHED: Final = frozenset({"90256-155", "00913-354", "01085-354"})


def answer(
    declaration: ReceivedDeclaration,
    outcome: Outcome,
    worker: Person | None,
    notification_id: UUID | None,
    deadline: date | None,
) -> str:
    """Return the answer as JSON text: declared data, data of the registers where allowed, and the status.

    Args:
        declaration: The declaration as intake received it.
        outcome: Its result and anomalies.
        worker: The identified worker, if any.
        notification_id: The notification in the e-Box, if one exists.
        deadline: The last day to contest it; None while the result is provisional.
    """
    declared = declaration.declared
    employer, person = answered_parties(declaration, outcome, worker)
    parts = [f'"reference":{json.dumps(declared.reference)}'] if declared.reference else []
    if isinstance(employer, EmployerNumbers):
        parts.append(f'"employer":{_employer(employer)}')
    elif employer is not None:
        parts.append(f'"employer":{to_json(employer)}')
    if isinstance(person, Person):
        parts.append(f'"worker":{_worker(person, declared.worker)}')
    elif person is not None:
        worker_block = {"ssin": None} | person.model_dump(by_alias=True, exclude_none=True)
        parts.append(f'"worker":{json.dumps(_gender_as_text(worker_block))}')
    parts.append(f'"{declared.kind.block}":{to_json(declared.block)}')
    parts.append(f'"declarationStatus":{_status(declaration.number, outcome, notification_id, deadline)}')
    return f"{{{','.join(parts)}}}"


def outcome_in(text: str, at: datetime) -> Outcome:
    """Return the outcome in an answer, as far as it is there. `at` is the instant of the decision."""
    status = json.loads(text)["declarationStatus"]
    return Outcome(
        result=status["result"],
        anomalies=tuple(
            Anomaly(code=each["errorId"], anomaly_class=each["class"], path=each["path"])
            for each in status.get("anomalies", ())
        ),
        quota=tuple(QuotaExcess.model_validate(each) for each in status.get("quota", ())),
        period_id=status.get("period", {}).get("id"),
        daily_registration_id=status.get("dailyRegistration", {}).get("id"),
        decided_at=at,
    )


def answered_parties(
    declaration: ReceivedDeclaration, outcome: Outcome, worker: Person | None
) -> tuple[EmployerNumbers | DeclaredEmployer | None, Person | DeclaredWorker | None]:
    """Return employer and worker for an answer: with data of the registers if allowed, else as declared.

    The employer or the worker is None if there are no data that the answer may contain.
    """
    declared = declaration.declared
    if not enriched(outcome):
        return declared.employer, declared.worker
    return declaration.employer or declared.employer, worker or declared.worker


def enriched(outcome: Outcome) -> bool:
    """Return whether the answer may contain data of the registers (decision D4)."""
    return not any(anomaly.code in _NOT_ENRICHED for anomaly in outcome.anomalies)


def _employer(numbers: EmployerNumbers) -> str:
    """Return the NSSO number and the enterprise number of an employer as the JSON text of an object.

    As in official answers, the enterprise number has no leading zero.
    """
    short = numbers.enterprise_number.removeprefix("0")
    return f'{{"employerId":{numbers.employer_id},"enterpriseNumber":"{short}"}}'


def _worker(person: Person, declared: DeclaredWorker | None) -> str:
    """Return the worker of the register as a JSON object.

    Add the declared NISS if the register has replaced it by another NISS.
    """
    number = replaced_ssin(person, declared)
    replaced = {} if number is None else {"replacedSsin": number}
    return json.dumps(
        {
            "ssin": person.ssin,
            **replaced,
            "familyName": person.family_name,
            "givenName": person.given_name,
            "givenNames": person.given_name,
            "gender": str(person.gender),
            "birthDate": person.birth_date,
            "nationality": person.nationality,
        }
    )


def replaced_ssin(person: Person, declared: DeclaredWorker | None) -> str | None:
    """Return the declared NISS if the register has replaced it, else None."""
    ssin = declared.ssin if declared is not None else None
    return ssin if ssin in (person.former_ssins or ()) else None


def _gender_as_text(worker: dict[str, object]) -> dict[str, object]:
    return {**worker, "gender": str(worker["gender"])} if "gender" in worker else worker


def _status(number: int, outcome: Outcome, notification_id: UUID | None, deadline: date | None) -> str:
    parts = [f'"declarationId":{number}', f'"result":"{outcome.result}"']
    if outcome.period_id is not None:
        parts.append(f'"period":{{"id":{outcome.period_id}}}')
    if outcome.daily_registration_id is not None:
        parts.append(f'"dailyRegistration":{{"id":{outcome.daily_registration_id}}}')
    if outcome.anomalies:
        parts.append(f'"anomalies":[{",".join(map(_anomaly, outcome.anomalies))}]')
    if outcome.quota:
        parts.append(f'"quota":[{",".join(map(to_json, outcome.quota))}]')
    if deadline is not None:
        parts.append(f'"contestationDeadline":"{deadline}"')
    if notification_id is not None:
        parts.append(f'"notificationId":"{notification_id}"')
    return f"{{{','.join(parts)}}}"


@lru_cache(maxsize=1024)  # by code, class and path: about as many as the rule tables have rows
def _anomaly(found: Anomaly) -> str:
    row = ANOMALIES[found.code]
    return json.dumps(
        {
            "errorId": found.code,
            "class": found.anomaly_class,
            "label": dict(row.label),
            "path": found.path,
            "hint": row.hint,
        },
        ensure_ascii=False,
    )
