"""Cases of the rows about the employer: one that raises a row, one that does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from services.intake.reception.rules import Employer
from shared.domain.identifiers import EmployerId
from tests.unit.builders import (
    EMPLOYER,
    ENTERPRISE,
    KNOWN,
    NSSO,
    OTHER_ENTERPRISE,
    PROVISIONAL,
)
from tests.unit.rows import Row
from tests.unit.services.intake.reception.said import (
    ACTIVE_UNTIL_JUNE,
    ACTIVE_UNTIL_THE_DAY_BEFORE,
    AUTHORITY,
    Said,
    in_,
    said,
)

SECURED_ONLY = replace(EMPLOYER, secured_channel_only=True)
WITH_SUB_ENTITIES = replace(EMPLOYER, sub_entities=frozenset({"12", "14"}))
HIGHER_ENTERPRISE = "0899999850"
#: A valid NSSO number of another employer.
OTHER_NSSO = 70500472
BOTH = {"employerId": NSSO, "enterpriseNumber": OTHER_ENTERPRISE}


def unsecured(kind: str, employer: Employer = SECURED_ONLY, *, secured: bool = False) -> Said:
    return replace(said(kind), employer=employer, secured=secured)


ROWS: list[Row] = [
    # The employer
    Row("00014-001", "employer", raised_by=said("out", employer={}), silent_for=said("out")),
    Row(
        "00014-001",
        "employer",
        raised_by=said("update", employer={}),
        silent_for=said("update", employer={"employerId": NSSO}),
    ),
    Row("00014-001", "employer", raised_by=said("cancel", employer={}), silent_for=said(employer={})),
    Row(
        "90256-151",
        "employer",
        raised_by=replace(said(employer=BOTH), employer=None),
        silent_for=said(employer=BOTH),
    ),
    *(
        row
        for kind in ("out", "update", "cancel")
        for number, given in (("00011", {"employerId": OTHER_NSSO}), ("00948", {"employerId": PROVISIONAL}))
        for row in (
            Row(
                f"{number}-235",
                "employer.employerId",
                raised_by=replace(said(kind, employer=given), declared_employer=None),
                silent_for=said(kind, employer=given),
            ),
            Row(
                f"{number}-235",
                "employer.employerId",
                raised_by=replace(said(kind, employer=given), declared_employer=None),
                silent_for=replace(
                    said(kind, employer=given),
                    declared_employer=None,
                    period=replace(KNOWN, employer_id=EmployerId(given["employerId"])),
                ),
            ),
            Row(
                "90256-151",
                "employer",
                raised_by=replace(
                    said(kind, employer={**given, "enterpriseNumber": ENTERPRISE}), declared_employer=None
                ),
                silent_for=replace(said(kind, employer=given), declared_employer=None),
            ),
            Row(
                "00014-235",
                "employer.enterpriseNumber",
                raised_by=replace(
                    said(kind, employer={"enterpriseNumber": ENTERPRISE}), declared_employer=None
                ),
                silent_for=said(kind, employer={"enterpriseNumber": ENTERPRISE}),
            ),
            Row(
                "00014-022",
                "employer.enterpriseNumber",
                raised_by=said(kind, employer=BOTH),
                silent_for=said(kind, employer={"employerId": NSSO, "enterpriseNumber": ENTERPRISE}),
            ),
            Row(
                "00014-347",
                "employer.enterpriseNumber",
                raised_by=said(
                    kind, employer={"employerId": OTHER_NSSO, "enterpriseNumber": OTHER_ENTERPRISE}
                ),
                silent_for=said(kind, employer=BOTH),
            ),
            *(
                Row(
                    "00011-347",
                    "employer.employerId",
                    raised_by=replace(
                        said(kind, employer={"employerId": OTHER_NSSO, "enterpriseNumber": other}),
                        employer=AUTHORITY,
                    ),
                    silent_for=replace(
                        said(kind, employer={"employerId": OTHER_NSSO, "enterpriseNumber": ENTERPRISE}),
                        employer=AUTHORITY,
                    ),
                )
                for other in (OTHER_ENTERPRISE, HIGHER_ENTERPRISE)
            ),
            Row(
                "00948-347",
                "employer.employerId",
                raised_by=replace(
                    said(kind, employer={"employerId": PROVISIONAL}),
                    period=replace(KNOWN, employer_id=EmployerId(PROVISIONAL + 97)),
                ),
                silent_for=replace(
                    said(kind, employer={"employerId": PROVISIONAL}),
                    period=replace(KNOWN, employer_id=PROVISIONAL),
                ),
            ),
        )
    ),
    Row(
        "00014-235",
        "employer.enterpriseNumber",
        raised_by=replace(said(), employer=None),
        silent_for=replace(
            said(employer={"employerId": NSSO + 1, "enterpriseNumber": ENTERPRISE}), employer=None
        ),
    ),
    Row(
        "00011-347",
        "employer.employerId",
        raised_by=said("out", employer={"employerId": OTHER_NSSO, "enterpriseNumber": ENTERPRISE}),
        silent_for=replace(
            said("out", employer={"employerId": OTHER_NSSO, "enterpriseNumber": ENTERPRISE}),
            employer=AUTHORITY,
        ),
    ),
    Row(
        "90256-151",
        "employer",
        raised_by=replace(said(employer=BOTH), employer=None),
        silent_for=replace(said(employer={"employerId": NSSO}), employer=None),
    ),
    Row("90256-342", "employer", raised_by=unsecured("in"), silent_for=unsecured("in", secured=True)),
    Row("90256-342", "employer", raised_by=unsecured("out"), silent_for=unsecured("out", EMPLOYER)),
    Row("90256-342", "employer", raised_by=unsecured("update"), silent_for=unsecured("update", EMPLOYER)),
    Row(
        "90256-342",
        "employer",
        raised_by=unsecured("cancel"),
        silent_for=replace(unsecured("cancel"), entitled=False),
    ),
    Row(
        "90378-343",
        "dimonaUpdate",
        raised_by=replace(said("update", endDate="2026-07-01"), employer=ACTIVE_UNTIL_JUNE),
        silent_for=replace(said("update", endDate="2026-06-30"), employer=ACTIVE_UNTIL_JUNE),
    ),
    Row(
        "90378-343",
        "dimonaUpdate",
        raised_by=replace(said("update", startDate="1999-12-31"), employer=ACTIVE_UNTIL_JUNE),
        silent_for=replace(said("update", endDate="9999-12-31"), employer=ACTIVE_UNTIL_JUNE),
    ),
    Row(
        "90378-343",
        "dimonaUpdate",
        raised_by=replace(said("update", endDate="9999-12-31"), employer=ACTIVE_UNTIL_THE_DAY_BEFORE),
        silent_for=replace(said("update", startDate="2026-02-01"), employer=ACTIVE_UNTIL_THE_DAY_BEFORE),
    ),
    Row(
        "00652-001",
        "dimonaIn.features.subEntityNumber",
        raised_by=replace(said(), employer=WITH_SUB_ENTITIES),
        silent_for=replace(in_({"subEntityNumber": "12"}), employer=WITH_SUB_ENTITIES),
    ),
    Row(
        "00652-003",
        "dimonaIn.features.subEntityNumber",
        raised_by=replace(in_({"subEntityNumber": "13"}), employer=WITH_SUB_ENTITIES),
        silent_for=replace(in_({"subEntityNumber": 14}), employer=WITH_SUB_ENTITIES),
    ),
    Row(
        "00652-005",
        "dimonaIn.features.subEntityNumber",
        raised_by=in_({"subEntityNumber": "12"}),
        silent_for=in_(),
    ),
    Row(
        "00652-005",
        "dimonaIn.features.subEntityNumber",
        raised_by=in_({"subEntityNumber": "12"}),
        silent_for=replace(in_({"subEntityNumber": "12"}), employer=WITH_SUB_ENTITIES),
    ),
    Row(
        "90373-343",
        "dimonaIn",
        raised_by=replace(said(), employer=replace(EMPLOYER, active_from=date(2026, 2, 22))),
        silent_for=replace(
            said(endDate="2026-02-20"), employer=replace(EMPLOYER, active_from=date(2026, 2, 21))
        ),
    ),
    Row(
        "90378-343",
        "dimonaUpdate",
        raised_by=replace(said("update", periodId=None, endDate="2026-07-01"), employer=ACTIVE_UNTIL_JUNE),
        silent_for=replace(
            said("update", periodId=None, endDate="2026-07-01"), employer=ACTIVE_UNTIL_JUNE, entitled=False
        ),
    ),
    Row(
        "00652-005",
        "dimonaIn.features.subEntityNumber",
        raised_by=in_({"subEntityNumber": "12"}),
        silent_for=replace(in_({"subEntityNumber": "12"}), entitled=False),
    ),
    Row(
        "00014-022",
        "employer.enterpriseNumber",
        raised_by=said(employer={"employerId": NSSO, "enterpriseNumber": HIGHER_ENTERPRISE}),
        silent_for=said(employer={"employerId": NSSO, "enterpriseNumber": ENTERPRISE}),
    ),
]
