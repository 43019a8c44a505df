"""The invented facts of samples: a declaration with each result, and changed situations of both kinds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from services.notifier.notification.rules.content import Notifiable
from shared.domain.anomalies import anomaly
from shared.domain.calendar import local_date
from shared.domain.declared import Declaration
from shared.messages import (
    Channel,
    DeclarationProvisional,
    DeclarationRefused,
    DeclarationSettled,
    EmployerNumbers,
    Outcome,
    Person,
    ReceivedDeclaration,
    Result,
    Sender,
    SituationChanged,
)

#: Invented Dimona number. The sandbox gives no number that begins with 6.
_NUMBER: Final = 600027876089
_EMPLOYER_ID: Final = 198513894
_FORMER_SSIN: Final = "90010147097"
_WORKER: Final = Person(
    ssin="90010199202", family_name="Sablier", given_name="Ondine", birth_date="1990-01-01", gender=2,
    nationality=150,
)  # fmt: skip


def notifiables(organization: str, now: datetime) -> Sequence[Notifiable]:
    """Return four invented messages about an IN of the organization, with the results A, W, B and S."""
    in_order, late, wrong = (_received(organization, now, start) for start in (1, -1, None))
    accepted = Outcome(result=Result.ACCEPTED, period_id=_NUMBER, decided_at=now)
    warning = Outcome(
        result=Result.WARNING,
        anomalies=(anomaly("90373-460", "dimonaIn"),),
        period_id=_NUMBER,
        decided_at=now,
    )
    refused = Outcome(
        result=Result.REFUSED, anomalies=(anomaly("00910-001", "dimonaIn.startDate"),), decided_at=now
    )
    return (
        DeclarationSettled(declaration=in_order, outcome=accepted, worker=_WORKER),
        DeclarationSettled(declaration=late, outcome=warning, worker=_WORKER),
        DeclarationRefused(declaration=wrong, outcome=refused),
        DeclarationProvisional(
            declaration=in_order, outcome=Outcome(result=Result.PROVISIONAL, decided_at=now)
        ),
    )


def situations(organization: str, now: datetime, id_: UUID) -> Sequence[SituationChanged]:
    """Return two invented changed situations: a replaced NISS, and a definitive NSSO number."""
    facts: dict[str, Any] = {
        "subject": id_, "enterprise_number": organization, "employer_id": _EMPLOYER_ID,
        "effective_on": local_date(now),
    }  # fmt: skip
    return (
        SituationChanged(**facts, justification_code=90, worker=_WORKER, outdated_ssin=_FORMER_SSIN),
        SituationChanged(**facts),
    )


def _received(organization: str, now: datetime, start: int | None) -> ReceivedDeclaration:
    """Return an invented IN that starts `start` days from today; without a start date if `start` is None."""
    features = {"jointCommissionNumber": "XXX", "workerType": "OTH"}
    block: dict[str, Any] = {"features": features}
    if start is not None:
        block["startDate"] = (local_date(now) + timedelta(start)).isoformat()
    return ReceivedDeclaration(
        number=_NUMBER,
        declared=Declaration.model_validate(
            {
                "employer": {"enterpriseNumber": organization},
                "worker": {"ssin": _WORKER.ssin},
                "dimonaIn": block,
            }
        ),
        sender=Sender(
            client_id="sample", organization=organization, channel=Channel.REST, message_id="sample",
            message_source="urn:dimona:sample",
        ),
        received_at=now,
        late_after=now,
        employer=EmployerNumbers(enterprise_number=organization, employer_id=_EMPLOYER_ID),
    )  # fmt: skip
