"""Values that many tests start from: a correct declaration, its sender, its employer."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from services.intake.reception.rules import Employer, KnownPeriod
from shared.domain.anomalies import Anomaly
from shared.domain.declared import Declaration, Kind
from shared.domain.identifiers import DimonaNumber, EmployerId, EnterpriseNumber, with_check
from shared.messages import Channel, EmployerNumbers, Person, ReceivedDeclaration, Sender

RECEIVED = datetime(2026, 2, 20, 9, 0, tzinfo=UTC)  # 10:00 in Brussels, a Friday
NISS = "93051822361"
OTHER_NISS = "95041448452"
ENTERPRISE = EnterpriseNumber("0477472701")
OTHER_ENTERPRISE = EnterpriseNumber("0400767772")
NSSO = EmployerId(125482497)
PROVISIONAL = EmployerId(5000000120)
PERIOD = DimonaNumber(656309292174)

EMPLOYER = Employer(ENTERPRISE, NSSO, active_from=date(2000, 1, 1))
KNOWN = KnownPeriod(PERIOD, ENTERPRISE, NSSO, refused=False)
WORKER = Person(
    ssin=NISS, family_name="Peeters", given_name="Anne", birth_date="1993-05-18", gender=1, nationality=150
)
FEATURES = {"workerType": "OTH", "jointCommissionNumber": "XXX"}
IDENTITY: dict[str, Any] = {
    "familyName": "DUPONT",
    "givenName": "ELISABETH",
    "birthDate": "1991-11-11",
    "placeOfBirth": "LYON",
    "countryOfBirth": 111,
    "nationality": 111,
    "gender": 2,
    "address": {
        "street": "Rue Haute",
        "houseNumber": "1",
        "postCode": "69001",
        "municipality": {"code": 99999, "name": "LYON"},
        "country": 111,
    },
}


def declaration(kind: str, block: dict[str, Any], **others: Any) -> Declaration:
    """Build a declaration from the JSON of its block. None leaves employer or worker out."""
    document = {f"dimona{kind.capitalize()}": block, **others}
    return Declaration.model_validate({name: value for name, value in document.items() if value is not None})


def a_daily(status: int, **given: Any) -> Declaration:
    """Build a daily registration of a day of the known period. None leaves a property out."""
    usual: dict[str, Any] = {"attestationStatus": status}
    if status == 0:
        day = {"startDate": "2026-02-21", "startHour": "0900", "endDate": "2026-02-21", "endHour": "1700"}
        usual |= {"periodId": PERIOD, **day}
    return Declaration.model_validate({"dimonaDailyRegistration": without_nones(**{**usual, **given})})


def without_nones(**given: Any) -> dict[str, Any]:
    """Return the properties that are not None."""
    return {name: value for name, value in given.items() if value is not None}


def an_in(
    *,
    employer: dict[str, Any] | None = None,
    worker: dict[str, Any] | None = None,
    features: dict[str, Any] | None = None,
    **given: Any,
) -> Declaration:
    """Build a correct IN: OTH, XXX, from the day after its reception."""
    return declaration(
        "in",
        without_nones(
            **{"startDate": "2026-02-21", **given},
            features=without_nones(
                **{"workerType": "OTH", "jointCommissionNumber": "XXX", **(features or {})}
            ),
        ),
        employer={"enterpriseNumber": ENTERPRISE} if employer is None else employer,
        worker={"ssin": NISS} if worker is None else worker,
    )


def a_change(kind: str, *, employer: Any = None, worker: Any = None, **given: Any) -> Declaration:
    """Build a change of the known period; by default an OUT on 31 March."""
    usual: dict[str, Any] = {"periodId": PERIOD}
    if kind == "out":
        usual["endDate"] = "2026-03-31"
    return declaration(kind, without_nones(**{**usual, **given}), employer=employer, worker=worker)


def received(
    declared: Declaration, sequence: int = 1, *, anomalies: tuple[Anomaly, ...] = ()
) -> ReceivedDeclaration:
    """Build the declaration as intake admits it. `sequence` determines its number."""
    return ReceivedDeclaration(
        number=with_check(10**9 + sequence),
        declared=declared,
        sender=Sender(
            client_id="client",
            organization=ENTERPRISE,
            channel=Channel.QUEUE,
            message_id="1",
            message_source="urn:test",
        ),
        received_at=RECEIVED,
        late_after=RECEIVED,
        employer=EmployerNumbers(enterprise_number=ENTERPRISE, employer_id=NSSO),
        registers_days=True if declared.kind is Kind.DAILY else None,
        order_key="0" * 32,
        anomalies=anomalies,
    )
