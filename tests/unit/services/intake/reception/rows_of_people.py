"""Cases of the rows about employer and worker: a declaration that raises one, and one that does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from services.intake.reception.rules import Employer
from shared.domain.identifiers import EmployerId
from tests.unit.builders import (
    EMPLOYER,
    ENTERPRISE,
    IDENTITY,
    KNOWN,
    NISS,
    NSSO,
    OTHER_ENTERPRISE,
    PROVISIONAL,
)
from tests.unit.rows import Row
from tests.unit.services.intake.reception.said import (
    ACTIVE_UNTIL_JUNE,
    ACTIVE_UNTIL_THE_DAY_BEFORE,
    AUTHORITY,
    BELGIAN,
    Said,
    address,
    but,
    extra,
    identity,
    in_,
    said,
)

SECURED_ONLY = replace(EMPLOYER, secured_channel_only=True)
WITH_SUB_ENTITIES = replace(EMPLOYER, sub_entities=frozenset({"12", "14"}))
OF_NO_PERIOD = said("update", periodId=None, endDate="2026-07-01")
HIGHER_ENTERPRISE = "0899999850"
#: A valid NSSO number of another employer.
OTHER_NSSO = 70500472
BOTH = {"employerId": NSSO, "enterpriseNumber": OTHER_ENTERPRISE}


def home(**changed: object) -> Said:
    """Build a worker without NISS with an address in Brussels and these changes of it."""
    return said(worker=identity(address=but(BELGIAN, **changed)))


def unsecured(kind: str, employer: Employer = SECURED_ONLY, *, secured: bool = False) -> Said:
    return replace(said(kind), employer=employer, secured=secured)


ROWS: list[Row] = [
    # The employer
    Row(code="00014-001", path="employer", raised_by=said("out", employer={}), silent_for=said("out")),
    Row(
        code="00014-001",
        path="employer",
        raised_by=said("update", employer={}),
        silent_for=said("update", employer={"employerId": NSSO}),
    ),
    Row(
        code="00014-001", path="employer", raised_by=said("cancel", employer={}), silent_for=said(employer={})
    ),
    Row(
        code="90256-151",
        path="employer",
        raised_by=replace(said(employer=BOTH), employer=None),
        silent_for=said(employer=BOTH),
    ),
    *(
        row
        for kind in ("out", "update", "cancel")
        for number, given in (("00011", {"employerId": OTHER_NSSO}), ("00948", {"employerId": PROVISIONAL}))
        for row in (
            Row(
                code=f"{number}-235",
                path="employer.employerId",
                raised_by=replace(said(kind, employer=given), declared_employer=None),
                silent_for=said(kind, employer=given),
            ),
            Row(
                code=f"{number}-235",
                path="employer.employerId",
                raised_by=replace(said(kind, employer=given), declared_employer=None),
                silent_for=replace(
                    said(kind, employer=given),
                    declared_employer=None,
                    period=replace(KNOWN, employer_id=EmployerId(given["employerId"])),
                ),
            ),
            Row(
                code="90256-151",
                path="employer",
                raised_by=replace(
                    said(kind, employer={**given, "enterpriseNumber": ENTERPRISE}), declared_employer=None
                ),
                silent_for=replace(said(kind, employer=given), declared_employer=None),
            ),
            Row(
                code="00014-235",
                path="employer.enterpriseNumber",
                raised_by=replace(
                    said(kind, employer={"enterpriseNumber": ENTERPRISE}), declared_employer=None
                ),
                silent_for=said(kind, employer={"enterpriseNumber": ENTERPRISE}),
            ),
            Row(
                code="00014-022",
                path="employer.enterpriseNumber",
                raised_by=said(kind, employer=BOTH),
                silent_for=said(kind, employer={"employerId": NSSO, "enterpriseNumber": ENTERPRISE}),
            ),
            Row(
                code="00014-347",
                path="employer.enterpriseNumber",
                raised_by=said(
                    kind, employer={"employerId": OTHER_NSSO, "enterpriseNumber": OTHER_ENTERPRISE}
                ),
                silent_for=said(kind, employer=BOTH),
            ),
            *(
                (
                    "00011-347",
                    "employer.employerId",
                    replace(
                        said(kind, employer={"employerId": OTHER_NSSO, "enterpriseNumber": other}),
                        employer=AUTHORITY,
                    ),
                    replace(
                        said(kind, employer={"employerId": OTHER_NSSO, "enterpriseNumber": ENTERPRISE}),
                        employer=AUTHORITY,
                    ),
                )
                for other in (OTHER_ENTERPRISE, HIGHER_ENTERPRISE)
            ),
            (
                "00948-347",
                "employer.employerId",
                replace(
                    said(kind, employer={"employerId": PROVISIONAL}),
                    period=replace(KNOWN, employer_id=EmployerId(PROVISIONAL + 97)),
                ),
                replace(
                    said(kind, employer={"employerId": PROVISIONAL}),
                    period=replace(KNOWN, employer_id=PROVISIONAL),
                ),
            ),
        )
    ),
    Row(
        code="00014-235",
        path="employer.enterpriseNumber",
        raised_by=replace(said(), employer=None),
        silent_for=replace(
            said(employer={"employerId": NSSO + 1, "enterpriseNumber": ENTERPRISE}), employer=None
        ),
    ),
    Row(
        code="00011-347",
        path="employer.employerId",
        raised_by=said("out", employer={"employerId": OTHER_NSSO, "enterpriseNumber": ENTERPRISE}),
        silent_for=replace(
            said("out", employer={"employerId": OTHER_NSSO, "enterpriseNumber": ENTERPRISE}),
            employer=AUTHORITY,
        ),
    ),
    Row(
        code="90256-151",
        path="employer",
        raised_by=replace(said(employer=BOTH), employer=None),
        silent_for=replace(said(employer={"employerId": NSSO}), employer=None),
    ),
    Row(
        code="90256-342", path="employer", raised_by=unsecured("in"), silent_for=unsecured("in", secured=True)
    ),
    Row(code="90256-342", path="employer", raised_by=unsecured("out"), silent_for=unsecured("out", EMPLOYER)),
    Row(
        code="90256-342",
        path="employer",
        raised_by=unsecured("update"),
        silent_for=unsecured("update", EMPLOYER),
    ),
    Row(
        code="90256-342",
        path="employer",
        raised_by=unsecured("cancel"),
        silent_for=replace(unsecured("cancel"), entitled=False),
    ),
    Row(
        code="90378-343",
        path="dimonaUpdate",
        raised_by=replace(said("update", endDate="2026-07-01"), employer=ACTIVE_UNTIL_JUNE),
        silent_for=replace(said("update", endDate="2026-06-30"), employer=ACTIVE_UNTIL_JUNE),
    ),
    Row(
        code="90378-343",
        path="dimonaUpdate",
        raised_by=replace(said("update", startDate="1999-12-31"), employer=ACTIVE_UNTIL_JUNE),
        silent_for=replace(said("update", endDate="9999-12-31"), employer=ACTIVE_UNTIL_JUNE),
    ),
    Row(
        code="90378-343",
        path="dimonaUpdate",
        raised_by=replace(said("update", endDate="9999-12-31"), employer=ACTIVE_UNTIL_THE_DAY_BEFORE),
        silent_for=replace(said("update", startDate="2026-02-01"), employer=ACTIVE_UNTIL_THE_DAY_BEFORE),
    ),
    Row(
        code="00652-001",
        path="dimonaIn.features.subEntityNumber",
        raised_by=replace(said(), employer=WITH_SUB_ENTITIES),
        silent_for=replace(in_({"subEntityNumber": "12"}), employer=WITH_SUB_ENTITIES),
    ),
    Row(
        code="00652-003",
        path="dimonaIn.features.subEntityNumber",
        raised_by=replace(in_({"subEntityNumber": "13"}), employer=WITH_SUB_ENTITIES),
        silent_for=replace(in_({"subEntityNumber": 14}), employer=WITH_SUB_ENTITIES),
    ),
    Row(
        code="00652-005",
        path="dimonaIn.features.subEntityNumber",
        raised_by=in_({"subEntityNumber": "12"}),
        silent_for=in_(),
    ),
    Row(
        code="00652-005",
        path="dimonaIn.features.subEntityNumber",
        raised_by=in_({"subEntityNumber": "12"}),
        silent_for=replace(in_({"subEntityNumber": "12"}), employer=WITH_SUB_ENTITIES),
    ),
    Row(
        code="90373-343",
        path="dimonaIn",
        raised_by=replace(said(), employer=replace(EMPLOYER, active_from=date(2026, 2, 22))),
        silent_for=replace(
            said(endDate="2026-02-20"), employer=replace(EMPLOYER, active_from=date(2026, 2, 21))
        ),
    ),
    Row(
        code="90378-343",
        path="dimonaUpdate",
        raised_by=replace(said("update", periodId=None, endDate="2026-07-01"), employer=ACTIVE_UNTIL_JUNE),
        silent_for=replace(
            said("update", periodId=None, endDate="2026-07-01"), employer=ACTIVE_UNTIL_JUNE, entitled=False
        ),
    ),
    Row(
        code="00652-005",
        path="dimonaIn.features.subEntityNumber",
        raised_by=in_({"subEntityNumber": "12"}),
        silent_for=replace(in_({"subEntityNumber": "12"}), entitled=False),
    ),
    Row(
        code="00014-022",
        path="employer.enterpriseNumber",
        raised_by=said(employer={"employerId": NSSO, "enterpriseNumber": HIGHER_ENTERPRISE}),
        silent_for=said(employer={"employerId": NSSO, "enterpriseNumber": ENTERPRISE}),
    ),
    # The worker
    Row(
        code="00024-001",
        path="worker.ssin",
        raised_by=replace(extra(), given={**extra().given, "worker": IDENTITY}),
        silent_for=in_({"workerType": "DWD"}, worker=IDENTITY),
    ),
    Row(
        code="00029-003",
        path="worker.gender",
        raised_by=said(worker=identity(gender=3)),
        silent_for=said(worker=identity(gender=1)),
    ),
    Row(
        code="00033-003",
        path="worker.address.postCode",
        raised_by=home(postCode=" ", country=111),
        silent_for=home(postCode="1" * 9, country=111),
    ),
    Row(
        code="00034-003",
        path="worker.address.municipality",
        raised_by=home(municipality={"code": 11002}),
        silent_for=home(municipality={}),
    ),
    Row(
        code="90017-363",
        path="worker",
        raised_by=in_({"workerType": "DWD"}, worker={}),
        silent_for=in_({"workerType": "DWD"}),
    ),
    Row(
        code="00024-001",
        path="worker.ssin",
        raised_by=replace(extra(), given={**extra().given, "worker": IDENTITY}),
        silent_for=extra(),
    ),
    Row(
        code="00024-001",
        path="worker.ssin",
        raised_by=replace(extra(), given={**extra().given, "worker": {}}),
        silent_for=said(worker={}),
    ),
    Row(
        code="00025-003",
        path="worker.familyName",
        raised_by=said(worker=identity(familyName="  ")),
        silent_for=said(worker=IDENTITY),
    ),
    *(
        Row(
            code=f"{zone}-003",
            path=f"worker.{field}",
            raised_by=said(worker=identity(**{field: "Иван"})),
            silent_for=said(worker=identity(**{field: "Łukasz Ñandú"})),
        )
        for zone, field in (("00025", "familyName"), ("00026", "givenName"))
    ),
    Row(
        code="00027-003",
        path="worker.initial",
        raised_by=said(worker=identity(initial="AB")),
        silent_for=said(worker=identity(initial="É")),
    ),
    Row(
        code="00027-003",
        path="worker.initial",
        raised_by=said(worker=identity(initial="1")),
        silent_for=said(worker={"ssin": NISS}),
    ),
    Row(
        code="00119-003",
        path="worker.nationality",
        raised_by=said(worker=identity(nationality=1)),
        silent_for=said(worker=identity(nationality=150)),
    ),
    Row(
        code="00168-003",
        path="worker.placeOfBirth",
        raised_by=said(worker=identity(placeOfBirth="X" * 41)),
        silent_for=said(worker=identity(placeOfBirth="X" * 40)),
    ),
    Row(
        code="00169-003",
        path="worker.countryOfBirth",
        raised_by=said(worker=identity(countryOfBirth=0)),
        silent_for=said(worker=identity(countryOfBirth=150)),
    ),
    Row(
        code="00030-003",
        path="worker.address.street",
        raised_by=home(street="X" * 36),
        silent_for=home(street="X" * 35),
    ),
    Row(
        code="00031-003",
        path="worker.address.houseNumber",
        raised_by=home(houseNumber="1" * 11),
        silent_for=home(houseNumber="1" * 10),
    ),
    Row(
        code="00032-003",
        path="worker.address.boxNumber",
        raised_by=home(boxNumber="12345"),
        silent_for=home(boxNumber="1234"),
    ),
    Row(
        code="00033-003",
        path="worker.address.postCode",
        raised_by=home(postCode="9999"),
        silent_for=home(postCode="1000"),
    ),
    Row(
        code="00033-003",
        path="worker.address.postCode",
        raised_by=home(postCode="1" * 10, country=111),
        silent_for=home(country=111),
    ),
    Row(
        code="00034-003",
        path="worker.address.municipality",
        raised_by=home(municipality={"name": "Antwerpen"}),
        silent_for=home(municipality={"name": "BRUXELLES"}),
    ),
    Row(
        code="00034-003",
        path="worker.address.municipality",
        raised_by=home(municipality={"code": 11002}),
        silent_for=home(municipality={"code": 99999, "name": "Brussel"}),
    ),
    Row(
        code="00034-003",
        path="worker.address.municipality",
        raised_by=home(municipality={"name": "X" * 41}, country=111),
        silent_for=home(municipality={"name": "X" * 40}, country=111),
    ),
    Row(
        code="00035-003",
        path="worker.address.country",
        raised_by=home(country=99999),
        silent_for=home(country=129),
    ),
    Row(code="90017-363", path="worker", raised_by=said(worker=address(country=None)), silent_for=extra()),
    Row(
        code="90017-363",
        path="worker",
        raised_by=replace(extra(), given={**extra().given, "worker": {}}),
        silent_for=replace(extra(), given={**extra().given, "worker": IDENTITY}),
    ),
    Row(
        code="90017-363",
        path="worker",
        raised_by=said(worker={"ssin": "0"}),
        silent_for=said(worker={**IDENTITY, "ssin": "0"}),
    ),
    Row(
        code="00024-003",
        path="worker.ssin",
        raised_by=said(worker={"ssin": "1"}),
        silent_for=said(worker={"ssin": "00000000000"}),
    ),
    Row(
        code="00024-001",
        path="worker.ssin",
        raised_by=replace(extra(), given={**extra().given, "worker": {"ssin": "0"}}),
        silent_for=extra(),
    ),
]
