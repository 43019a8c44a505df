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


ROWS: list[tuple[str, str, Said, Said]] = [
    # The employer
    ("00014-001", "employer", said("out", employer={}), said("out")),
    ("00014-001", "employer", said("update", employer={}), said("update", employer={"employerId": NSSO})),
    ("00014-001", "employer", said("cancel", employer={}), said(employer={})),
    ("90256-151", "employer", replace(said(employer=BOTH), employer=None), said(employer=BOTH)),
    *(
        row
        for kind in ("out", "update", "cancel")
        for number, given in (("00011", {"employerId": OTHER_NSSO}), ("00948", {"employerId": PROVISIONAL}))
        for row in (
            (
                f"{number}-235",
                "employer.employerId",
                replace(said(kind, employer=given), declared_employer=None),
                said(kind, employer=given),
            ),
            (
                f"{number}-235",
                "employer.employerId",
                replace(said(kind, employer=given), declared_employer=None),
                replace(
                    said(kind, employer=given),
                    declared_employer=None,
                    period=replace(KNOWN, employer_id=EmployerId(given["employerId"])),
                ),
            ),
            (
                "90256-151",
                "employer",
                replace(
                    said(kind, employer={**given, "enterpriseNumber": ENTERPRISE}), declared_employer=None
                ),
                replace(said(kind, employer=given), declared_employer=None),
            ),
            (
                "00014-235",
                "employer.enterpriseNumber",
                replace(said(kind, employer={"enterpriseNumber": ENTERPRISE}), declared_employer=None),
                said(kind, employer={"enterpriseNumber": ENTERPRISE}),
            ),
            (
                "00014-022",
                "employer.enterpriseNumber",
                said(kind, employer=BOTH),
                said(kind, employer={"employerId": NSSO, "enterpriseNumber": ENTERPRISE}),
            ),
            (
                "00014-347",
                "employer.enterpriseNumber",
                said(kind, employer={"employerId": OTHER_NSSO, "enterpriseNumber": OTHER_ENTERPRISE}),
                said(kind, employer=BOTH),
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
    (
        "00014-235",
        "employer.enterpriseNumber",
        replace(said(), employer=None),
        replace(said(employer={"employerId": NSSO + 1, "enterpriseNumber": ENTERPRISE}), employer=None),
    ),
    (
        "00011-347",
        "employer.employerId",
        said("out", employer={"employerId": OTHER_NSSO, "enterpriseNumber": ENTERPRISE}),
        replace(
            said("out", employer={"employerId": OTHER_NSSO, "enterpriseNumber": ENTERPRISE}),
            employer=AUTHORITY,
        ),
    ),
    (
        "90256-151",
        "employer",
        replace(said(employer=BOTH), employer=None),
        replace(said(employer={"employerId": NSSO}), employer=None),
    ),
    ("90256-342", "employer", unsecured("in"), unsecured("in", secured=True)),
    ("90256-342", "employer", unsecured("out"), unsecured("out", EMPLOYER)),
    ("90256-342", "employer", unsecured("update"), unsecured("update", EMPLOYER)),
    ("90256-342", "employer", unsecured("cancel"), replace(unsecured("cancel"), entitled=False)),
    (
        "90378-343",
        "dimonaUpdate",
        replace(said("update", endDate="2026-07-01"), employer=ACTIVE_UNTIL_JUNE),
        replace(said("update", endDate="2026-06-30"), employer=ACTIVE_UNTIL_JUNE),
    ),
    (
        "90378-343",
        "dimonaUpdate",
        replace(said("update", startDate="1999-12-31"), employer=ACTIVE_UNTIL_JUNE),
        replace(said("update", endDate="9999-12-31"), employer=ACTIVE_UNTIL_JUNE),
    ),
    (
        "90378-343",
        "dimonaUpdate",
        replace(said("update", endDate="9999-12-31"), employer=ACTIVE_UNTIL_THE_DAY_BEFORE),
        replace(said("update", startDate="2026-02-01"), employer=ACTIVE_UNTIL_THE_DAY_BEFORE),
    ),
    (
        "00652-001",
        "dimonaIn.features.subEntityNumber",
        replace(said(), employer=WITH_SUB_ENTITIES),
        replace(in_({"subEntityNumber": "12"}), employer=WITH_SUB_ENTITIES),
    ),
    (
        "00652-003",
        "dimonaIn.features.subEntityNumber",
        replace(in_({"subEntityNumber": "13"}), employer=WITH_SUB_ENTITIES),
        replace(in_({"subEntityNumber": 14}), employer=WITH_SUB_ENTITIES),
    ),
    ("00652-005", "dimonaIn.features.subEntityNumber", in_({"subEntityNumber": "12"}), in_()),
    (
        "00652-005",
        "dimonaIn.features.subEntityNumber",
        in_({"subEntityNumber": "12"}),
        replace(in_({"subEntityNumber": "12"}), employer=WITH_SUB_ENTITIES),
    ),
    (
        "90373-343",
        "dimonaIn",
        replace(said(), employer=replace(EMPLOYER, active_from=date(2026, 2, 22))),
        replace(said(endDate="2026-02-20"), employer=replace(EMPLOYER, active_from=date(2026, 2, 21))),
    ),
    (
        "90378-343",
        "dimonaUpdate",
        replace(said("update", periodId=None, endDate="2026-07-01"), employer=ACTIVE_UNTIL_JUNE),
        replace(
            said("update", periodId=None, endDate="2026-07-01"), employer=ACTIVE_UNTIL_JUNE, entitled=False
        ),
    ),
    (
        "00652-005",
        "dimonaIn.features.subEntityNumber",
        in_({"subEntityNumber": "12"}),
        replace(in_({"subEntityNumber": "12"}), entitled=False),
    ),
    (
        "00014-022",
        "employer.enterpriseNumber",
        said(employer={"employerId": NSSO, "enterpriseNumber": HIGHER_ENTERPRISE}),
        said(employer={"employerId": NSSO, "enterpriseNumber": ENTERPRISE}),
    ),
    # The worker
    (
        "00024-001",
        "worker.ssin",
        replace(extra(), given={**extra().given, "worker": IDENTITY}),
        in_({"workerType": "DWD"}, worker=IDENTITY),
    ),
    ("00029-003", "worker.gender", said(worker=identity(gender=3)), said(worker=identity(gender=1))),
    (
        "00033-003",
        "worker.address.postCode",
        home(postCode=" ", country=111),
        home(postCode="1" * 9, country=111),
    ),
    (
        "00034-003",
        "worker.address.municipality",
        home(municipality={"code": 11002}),
        home(municipality={}),
    ),
    ("90017-363", "worker", in_({"workerType": "DWD"}, worker={}), in_({"workerType": "DWD"})),
    ("00024-001", "worker.ssin", replace(extra(), given={**extra().given, "worker": IDENTITY}), extra()),
    ("00024-001", "worker.ssin", replace(extra(), given={**extra().given, "worker": {}}), said(worker={})),
    ("00025-003", "worker.familyName", said(worker=identity(familyName="  ")), said(worker=IDENTITY)),
    *(
        (
            f"{zone}-003",
            f"worker.{field}",
            said(worker=identity(**{field: "Иван"})),
            said(worker=identity(**{field: "Łukasz Ñandú"})),
        )
        for zone, field in (("00025", "familyName"), ("00026", "givenName"))
    ),
    (
        "00027-003",
        "worker.initial",
        said(worker=identity(initial="AB")),
        said(worker=identity(initial="É")),
    ),
    ("00027-003", "worker.initial", said(worker=identity(initial="1")), said(worker={"ssin": NISS})),
    (
        "00119-003",
        "worker.nationality",
        said(worker=identity(nationality=1)),
        said(worker=identity(nationality=150)),
    ),
    (
        "00168-003",
        "worker.placeOfBirth",
        said(worker=identity(placeOfBirth="X" * 41)),
        said(worker=identity(placeOfBirth="X" * 40)),
    ),
    (
        "00169-003",
        "worker.countryOfBirth",
        said(worker=identity(countryOfBirth=0)),
        said(worker=identity(countryOfBirth=150)),
    ),
    ("00030-003", "worker.address.street", home(street="X" * 36), home(street="X" * 35)),
    ("00031-003", "worker.address.houseNumber", home(houseNumber="1" * 11), home(houseNumber="1" * 10)),
    ("00032-003", "worker.address.boxNumber", home(boxNumber="12345"), home(boxNumber="1234")),
    ("00033-003", "worker.address.postCode", home(postCode="9999"), home(postCode="1000")),
    ("00033-003", "worker.address.postCode", home(postCode="1" * 10, country=111), home(country=111)),
    (
        "00034-003",
        "worker.address.municipality",
        home(municipality={"name": "Antwerpen"}),
        home(municipality={"name": "BRUXELLES"}),
    ),
    (
        "00034-003",
        "worker.address.municipality",
        home(municipality={"code": 11002}),
        home(municipality={"code": 99999, "name": "Brussel"}),
    ),
    (
        "00034-003",
        "worker.address.municipality",
        home(municipality={"name": "X" * 41}, country=111),
        home(municipality={"name": "X" * 40}, country=111),
    ),
    ("00035-003", "worker.address.country", home(country=99999), home(country=129)),
    ("90017-363", "worker", said(worker=address(country=None)), extra()),
    (
        "90017-363",
        "worker",
        replace(extra(), given={**extra().given, "worker": {}}),
        replace(extra(), given={**extra().given, "worker": IDENTITY}),
    ),
    ("90017-363", "worker", said(worker={"ssin": "0"}), said(worker={**IDENTITY, "ssin": "0"})),
    ("00024-003", "worker.ssin", said(worker={"ssin": "1"}), said(worker={"ssin": "00000000000"})),
    (
        "00024-001",
        "worker.ssin",
        replace(extra(), given={**extra().given, "worker": {"ssin": "0"}}),
        extra(),
    ),
]
