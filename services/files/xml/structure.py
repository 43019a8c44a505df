"""The structure of a form of the DIMONA message: its elements in their order, and their names in REST v2.

The table follows version 2023/1 of the official schema. Values are judged by the rule book (`docs/rules.md`);
the structure only decides which elements may be where, and how often.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final


class Kind(Enum):
    """The kind of value in a zone."""

    TEXT = "text"
    CODE = "code"  #: text without white space around it, such as a number with leading zeros
    INTEGER = "integer"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Zone:
    """An element with a value: number of the zone, path in the declaration, and kind of value."""

    name: str
    number: str
    path: str = ""  #: empty for a zone of the form itself, and for one that no declaration has
    kind: Kind = Kind.TEXT
    most: int = 1  #: how often it may occur; 0: it has no place in this message


@dataclass(frozen=True, slots=True)
class Block:
    """An element with elements in it: number of the block, path in the declaration, and its content."""

    name: str
    number: str
    path: str
    content: Mapping[str, Child]
    most: int = 1


@dataclass(frozen=True, slots=True)
class Child:
    """An element of a block with its rank in the order. Elements of one choice share a rank."""

    node: Zone | Block
    rank: int


Node = Zone | Block


def content_of(*nodes: Node | tuple[Node, ...]) -> Mapping[str, Child]:
    """Return the content of a block. A tuple is a choice: one of its elements may occur."""
    ranked = ((rank, node if isinstance(node, tuple) else (node,)) for rank, node in enumerate(nodes))
    return MappingProxyType({node.name: Child(node, rank) for rank, choice in ranked for node in choice})


def _text(name: str, number: str, path: str) -> Zone:
    return Zone(name, number, path)


def _code(name: str, number: str, path: str) -> Zone:
    return Zone(name, number, path, Kind.CODE)


def _integer(name: str, number: str, path: str) -> Zone:
    return Zone(name, number, path, Kind.INTEGER)


def _date(name: str, number: str, path: str) -> Zone:
    return Zone(name, number, path, Kind.DATE)


def _unused(name: str, number: str) -> Zone:
    """Return a zone that the official schema names, and that no declaration may have."""
    return Zone(name, number, most=0)


def _period_id(path: str) -> Zone:
    return _integer("DimonaPeriodId", "00913", f"{path}.periodId")


def _start_date(path: str) -> Zone:
    return _date("StartingDate", "00910", f"{path}.startDate")


def _end_date(path: str) -> Zone:
    return _date("EndingDate", "00911", f"{path}.endDate")


def _dates(path: str) -> tuple[Zone, ...]:
    return (
        _start_date(path),
        _code("StartingHour", "00777", f"{path}.startHour"),
        _end_date(path),
        _code("EndingHour", "00778", f"{path}.endHour"),
    )


def _planned(path: str) -> tuple[Zone, ...]:
    return (
        _integer("PlannedHoursNbr", "01135", f"{path}.plannedHoursNumber"),
        _integer("PlannedDaysNbr", "01017", f"{path}.plannedDaysNumber"),
    )


def _address(path: str) -> Block:
    content = content_of(
        _text("Street", "00517", f"{path}.street"),
        _text("HouseNbr", "00518", f"{path}.houseNumber"),
        _text("PostBox", "00519", f"{path}.boxNumber"),
        _text("ZIPCode", "00520", f"{path}.postCode"),
        _text("City", "00522", f"{path}.municipality.name"),
        _integer("Country", "00523", f"{path}.country"),
    )
    return Block("Address", "90022", path, content)


_INSS: Final = _code("INSS", "00024", "worker.ssin")

_EMPLOYER: Final = Block(
    "EmployerId",
    "90256",
    "employer",
    content_of(
        (
            _integer("NOSSRegistrationNbr", "00011", "employer.employerId"),
            _integer("ProvisionalNSSONbr", "00948", "employer.employerId"),
            _unused("NOSSLPARegistrationNbr", "00109"),
        ),
        _code("CompanyID", "00014", "employer.enterpriseNumber"),
    ),
)

_PERSON: Final = Block(
    "NaturalPerson",
    "90017",
    "worker",
    content_of(
        _unused("NaturalPersonSequenceNbr", "00023"),
        _INSS,
        _unused("SIS", "00167"),
        _text("WorkerName", "00025", "worker.familyName"),
        _text("WorkerFirstName", "00026", "worker.givenName"),
        _text("WorkerInitial", "00027", "worker.initial"),
        _date("WorkerBirthdate", "00028", "worker.birthDate"),
        _text("WorkerBirthplace", "00168", "worker.placeOfBirth"),
        _integer("WorkerBirthplaceCountry", "00169", "worker.countryOfBirth"),
        _integer("WorkerSex", "00029", "worker.gender"),
        _text("WorkerStreet", "00030", "worker.address.street"),
        _text("WorkerHouseNbr", "00031", "worker.address.houseNumber"),
        _text("WorkerPostBox", "00032", "worker.address.boxNumber"),
        _text("WorkerZIPCode", "00033", "worker.address.postCode"),
        _text("WorkerCity", "00034", "worker.address.municipality.name"),
        _integer("WorkerCountry", "00035", "worker.address.country"),
        _integer("Nationality", "00119", "worker.nationality"),
        _unused("NaturalPersonUserReference", "00615"),
    ),
)

_FEATURES: Final = "dimonaIn.features"
_USER: Final = f"{_FEATURES}.usingEmployer"
_CARDS: Final = "dimonaIn.constructionControlCards"
_PLACE_OF_WORK: Final = "dimonaIn.studentPlaceOfWork"
_STATUTES: Final = "dimonaIn.smallStatutesInformation"

_USING_EMPLOYER: Final = Block(
    "UsingEmployer",
    "90107",
    _USER,
    content_of(
        _text("JointCommissionNbr", "00046", f"{_USER}.jointCommissionNumber"),
        _text("UsingEmployerName", "00153", f"{_USER}.name"),
        _code("UsingEmployerCompanyID", "00131", f"{_USER}.enterpriseNumber"),
        _unused("VATNbr", "01185"),
        _unused("INSS", "00024"),
        _unused("DailyContractNbr", "01254"),
        _address(f"{_USER}.address"),
    ),
)

_DIMONA_FEATURES: Final = Block(
    "DimonaFeatures",
    "90374",
    _FEATURES,
    content_of(
        _text("JointCommissionNbr", "00046", f"{_FEATURES}.jointCommissionNumber"),
        _text("WorkerType", "00655", f"{_FEATURES}.workerType"),
        _code("SubEntityNbr", "00652", f"{_FEATURES}.subEntityNumber"),
        _USING_EMPLOYER,
    ),
)

DECLARATIONS: Final = (
    Block(
        "DimonaIn",
        "90373",
        "dimonaIn",
        content_of(
            *_dates("dimonaIn"),
            _planned("dimonaIn"),
            _EMPLOYER,
            _PERSON,
            _DIMONA_FEATURES,
            Block(
                "ConstructionControlCards",
                "90375",
                _CARDS,
                content_of(
                    _code("FirstMonthC32ANbr", "00663", f"{_CARDS}.firstMonthC32ANumber"),
                    _code("NextMonthC32ANbr", "00664", f"{_CARDS}.nextMonthC32ANumber"),
                ),
            ),
            Block(
                "StudentPlaceOfWork",
                "90376",
                _PLACE_OF_WORK,
                content_of(
                    _text("Denomination", "00776", f"{_PLACE_OF_WORK}.name"),
                    _address(f"{_PLACE_OF_WORK}.address"),
                ),
            ),
            Block(
                "SmallStatutesInformation",
                "90594",
                _STATUTES,
                content_of(
                    _text("EmploymentNature", "01231", f"{_STATUTES}.employmentNature"),
                    _integer("ActivityWithRisk", "00041", f"{_STATUTES}.activityWithRisk"),
                    _text("WorkerStatus", "00053", f"{_STATUTES}.workerStatus"),
                ),
            ),
        ),
    ),
    Block(
        "DimonaOut",
        "90377",
        "dimonaOut",
        content_of(_period_id("dimonaOut"), _end_date("dimonaOut"), _INSS, _EMPLOYER),
    ),
    Block(
        "DimonaUpdate",
        "90378",
        "dimonaUpdate",
        content_of(
            _period_id("dimonaUpdate"), *_dates("dimonaUpdate"), _INSS, _planned("dimonaUpdate"), _EMPLOYER
        ),
    ),
    Block(
        "DimonaCancel",
        "90379",
        "dimonaCancel",
        content_of(_period_id("dimonaCancel"), _INSS, _EMPLOYER),
    ),
    Block(
        "DailyRegistrationDeclaration",
        "90480",
        "dimonaDailyRegistration",
        content_of(
            _integer("AttestationStatus", "00110", "dimonaDailyRegistration.attestationStatus"),
            _integer("DailyRegistrationId", "01085", "dimonaDailyRegistration.dailyRegistrationId"),
            _period_id("dimonaDailyRegistration"),
            *_dates("dimonaDailyRegistration"),
        ),
    ),
)  # fmt: skip

#: The name of the block with a reference of the sender. Messages differ in how many a form may have.
REFERENCE: Final = "Reference"


def form_of(*content: Node | tuple[Node, ...], references: int) -> Block:
    """Return the structure of a form: its header, at most so many references, and its content."""
    reference = content_of(
        Zone("ReferenceType", "00221"), Zone("ReferenceOrigin", "00298"), Zone("ReferenceNbr", "00222")
    )
    nodes = content_of(
        Zone("Identification", "00296"),
        Zone("FormCreationDate", "00218"),
        Zone("FormCreationHour", "00299"),
        Zone("AttestationStatus", "00110"),
        Zone("TypeForm", "00297"),
        Block(REFERENCE, "90082", "", reference, references),
        *content,
    )
    return Block("Form", "90059", "Form", nodes)


FORM: Final = form_of(DECLARATIONS, references=4)
