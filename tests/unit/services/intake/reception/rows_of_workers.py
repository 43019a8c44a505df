"""Cases of the rows about the worker: one that raises a row, one that does not."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.builders import (
    IDENTITY,
    NISS,
)
from tests.unit.rows import Row
from tests.unit.services.intake.reception.said import (
    BELGIAN,
    Said,
    address,
    but,
    extra,
    identity,
    in_,
    said,
)


def home(**changed: object) -> Said:
    """Build a worker without NISS with an address in Brussels and these changes of it."""
    return said(worker=identity(address=but(BELGIAN, **changed)))


ROWS: list[Row] = [
    # The worker
    Row(
        "00024-001",
        "worker.ssin",
        raised_by=replace(extra(), given={**extra().given, "worker": IDENTITY}),
        silent_for=in_({"workerType": "DWD"}, worker=IDENTITY),
    ),
    Row(
        "00029-003",
        "worker.gender",
        raised_by=said(worker=identity(gender=3)),
        silent_for=said(worker=identity(gender=1)),
    ),
    Row(
        "00033-003",
        "worker.address.postCode",
        raised_by=home(postCode=" ", country=111),
        silent_for=home(postCode="1" * 9, country=111),
    ),
    Row(
        "00034-003",
        "worker.address.municipality",
        raised_by=home(municipality={"code": 11002}),
        silent_for=home(municipality={}),
    ),
    Row(
        "90017-363",
        "worker",
        raised_by=in_({"workerType": "DWD"}, worker={}),
        silent_for=in_({"workerType": "DWD"}),
    ),
    Row(
        "00024-001",
        "worker.ssin",
        raised_by=replace(extra(), given={**extra().given, "worker": IDENTITY}),
        silent_for=extra(),
    ),
    Row(
        "00024-001",
        "worker.ssin",
        raised_by=replace(extra(), given={**extra().given, "worker": {}}),
        silent_for=said(worker={}),
    ),
    Row(
        "00025-003",
        "worker.familyName",
        raised_by=said(worker=identity(familyName="  ")),
        silent_for=said(worker=IDENTITY),
    ),
    *(
        Row(
            f"{zone}-003",
            f"worker.{field}",
            raised_by=said(worker=identity(**{field: "Иван"})),
            silent_for=said(worker=identity(**{field: "Łukasz Ñandú"})),
        )
        for zone, field in (("00025", "familyName"), ("00026", "givenName"))
    ),
    Row(
        "00027-003",
        "worker.initial",
        raised_by=said(worker=identity(initial="AB")),
        silent_for=said(worker=identity(initial="É")),
    ),
    Row(
        "00027-003",
        "worker.initial",
        raised_by=said(worker=identity(initial="1")),
        silent_for=said(worker={"ssin": NISS}),
    ),
    Row(
        "00119-003",
        "worker.nationality",
        raised_by=said(worker=identity(nationality=1)),
        silent_for=said(worker=identity(nationality=150)),
    ),
    Row(
        "00168-003",
        "worker.placeOfBirth",
        raised_by=said(worker=identity(placeOfBirth="X" * 41)),
        silent_for=said(worker=identity(placeOfBirth="X" * 40)),
    ),
    Row(
        "00169-003",
        "worker.countryOfBirth",
        raised_by=said(worker=identity(countryOfBirth=0)),
        silent_for=said(worker=identity(countryOfBirth=150)),
    ),
    Row(
        "00030-003",
        "worker.address.street",
        raised_by=home(street="X" * 36),
        silent_for=home(street="X" * 35),
    ),
    Row(
        "00031-003",
        "worker.address.houseNumber",
        raised_by=home(houseNumber="1" * 11),
        silent_for=home(houseNumber="1" * 10),
    ),
    Row(
        "00032-003",
        "worker.address.boxNumber",
        raised_by=home(boxNumber="12345"),
        silent_for=home(boxNumber="1234"),
    ),
    Row(
        "00033-003",
        "worker.address.postCode",
        raised_by=home(postCode="9999"),
        silent_for=home(postCode="1000"),
    ),
    Row(
        "00033-003",
        "worker.address.postCode",
        raised_by=home(postCode="1" * 10, country=111),
        silent_for=home(country=111),
    ),
    Row(
        "00034-003",
        "worker.address.municipality",
        raised_by=home(municipality={"name": "Antwerpen"}),
        silent_for=home(municipality={"name": "BRUXELLES"}),
    ),
    Row(
        "00034-003",
        "worker.address.municipality",
        raised_by=home(municipality={"code": 11002}),
        silent_for=home(municipality={"code": 99999, "name": "Brussel"}),
    ),
    Row(
        "00034-003",
        "worker.address.municipality",
        raised_by=home(municipality={"name": "X" * 41}, country=111),
        silent_for=home(municipality={"name": "X" * 40}, country=111),
    ),
    Row("00035-003", "worker.address.country", raised_by=home(country=99999), silent_for=home(country=129)),
    Row("90017-363", "worker", raised_by=said(worker=address(country=None)), silent_for=extra()),
    Row(
        "90017-363",
        "worker",
        raised_by=replace(extra(), given={**extra().given, "worker": {}}),
        silent_for=replace(extra(), given={**extra().given, "worker": IDENTITY}),
    ),
    Row(
        "90017-363",
        "worker",
        raised_by=said(worker={"ssin": "0"}),
        silent_for=said(worker={**IDENTITY, "ssin": "0"}),
    ),
    Row(
        "00024-003",
        "worker.ssin",
        raised_by=said(worker={"ssin": "1"}),
        silent_for=said(worker={"ssin": "00000000000"}),
    ),
    Row(
        "00024-001",
        "worker.ssin",
        raised_by=replace(extra(), given={**extra().given, "worker": {"ssin": "0"}}),
        silent_for=extra(),
    ),
]
