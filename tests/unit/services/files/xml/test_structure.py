"""Every anomaly that a file can have beyond the rule book is found with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from services.files.xml.pfreq import FORM as REQUEST
from services.files.xml.reading import UnreadableFileError, read_forms
from services.files.xml.structure import FORM, Block
from shared.domain.anomalies import ANOMALIES
from shared.domain.declared import DeclaredEmployer, DeclaredFeatures, DeclaredWorker
from tests.official import assert_valid, sample, schema
from tests.unit.services.files.xml.forms import CANCEL, HEAD, IN, REFERENCE, XSI, file_of, read, read_one

GOOD = f"{HEAD}{REFERENCE}{CANCEL}"
PERIOD_ID = "<DimonaPeriodId>656309292174</DimonaPeriodId>"
PLANNED = "<PlannedHoursNbr>1</PlannedHoursNbr><PlannedDaysNbr>1</PlannedDaysNbr>"
UPDATE = f"""<DimonaUpdate>{PERIOD_ID}<StartingDate>2026-02-20</StartingDate>
<EndingDate>2026-02-21</EndingDate></DimonaUpdate>"""


def without(element: str) -> str:
    """Return the good form without an element of its header or of its reference."""
    head, _, rest = GOOD.partition(f"<{element}>")
    return head + rest.partition(f"</{element}>")[2]


def with_(element: str, text: str) -> str:
    """Return the good form with another text in an element."""
    head, _, rest = GOOD.partition(f"<{element}>")
    return f"{head}<{element}>{text}</{element}>{rest.partition(f'</{element}>')[2]}"


#: Code, a form with it, and the element and the location of the anomaly.
FORMS = [
    ("00296-001", without("Identification"), "Form", "1,1"),
    ("00296-003", with_("Identification", "DMFA"), "Identification", "1,1,1"),
    ("00296-003", with_("Identification", " DIMONA"), "Identification", "1,1,1"),
    ("00218-001", without("FormCreationDate"), "Form", "1,1"),
    ("00218-003", with_("FormCreationDate", "2026-02-21"), "FormCreationDate", "1,1,2"),
    ("00218-003", with_("FormCreationDate", ""), "FormCreationDate", "1,1,2"),
    ("00299-001", without("FormCreationHour"), "Form", "1,1"),
    ("00299-003", with_("FormCreationHour", "14:35"), "FormCreationHour", "1,1,3"),
    ("00110-001", without("AttestationStatus"), "Form", "1,1"),
    ("00110-003", with_("AttestationStatus", "1"), "AttestationStatus", "1,1,4"),
    ("00297-001", without("TypeForm"), "Form", "1,1"),
    ("00297-003", with_("TypeForm", "RE"), "TypeForm", "1,1,5"),
    ("00221-001", without("ReferenceType"), "Reference", "1,1,6"),
    ("00221-003", with_("ReferenceType", "2"), "ReferenceType", "1,1,6,1"),
    ("00298-001", without("ReferenceOrigin"), "Reference", "1,1,6"),
    ("00298-003", with_("ReferenceOrigin", "2"), "ReferenceOrigin", "1,1,6,2"),
    ("00222-001", without("ReferenceNbr"), "Reference", "1,1,6"),
    ("00222-001", with_("ReferenceNbr", ""), "ReferenceNbr", "1,1,6,3"),
    ("00222-003", with_("ReferenceNbr", "x" * 21), "ReferenceNbr", "1,1,6,3"),
    ("90082-006", f"{HEAD}{REFERENCE}{REFERENCE}{CANCEL}", "Reference", "1,1,6"),
    ("90059-134", f"{HEAD}{REFERENCE}", "Form", "1,1"),
]
#: Anomalies of structure, which no zone of the catalog has.
STRUCTURE = [
    ("90082-090", f"{HEAD}{REFERENCE * 5}{CANCEL}", "Reference", "1,1,10"),
    ("90379-090", f"{HEAD}{CANCEL}{CANCEL}", "DimonaCancel", "1,1,7"),
    ("90378-090", f"{HEAD}{CANCEL}{UPDATE}", "DimonaUpdate", "1,1,7"),
    ("90082-091", f"{HEAD}{CANCEL}{REFERENCE}", "Reference", "1,1,7"),
    ("00913-091", f"{HEAD}{UPDATE.replace('</D', f'{PERIOD_ID}</D')}", "DimonaPeriodId", "1,1,6,4"),
    ("90379-092", f"{HEAD}<DimonaCancel>656309292174</DimonaCancel>", "DimonaCancel", "1,1,6"),
    ("90379-092", f"{HEAD}<DimonaCancel><Other/></DimonaCancel>", "Other", "1,1,6,1"),
    ("90379-092", f"{HEAD}<DimonaCancel old='1'/>", "DimonaCancel", "1,1,6"),
    ("00913-092", f"{HEAD}{CANCEL.replace('605114838201', '<b/>')}", "DimonaPeriodId", "1,1,6,1"),
    ("01017-090", f"{HEAD}{UPDATE.replace('</D', f'{PLANNED}</D')}", "PlannedDaysNbr", "1,1,6,5"),
    ("00167-005", f"{HEAD}{IN.replace('<WorkerName>', '<SIS>1</SIS><WorkerName>')}", "SIS", "1,1,6,7,2"),
    ("00025-093", f"{HEAD}{IN.replace('Dûpont', 'x' * 1_001)}", "WorkerName", "1,1,6,7,2"),
    ("00913-003", f"{HEAD}{CANCEL.replace('605114838201', 'X')}", "DimonaPeriodId", "1,1,6,1"),
    ("00913-003", f"{HEAD}{CANCEL.replace('605114838201', '')}", "DimonaPeriodId", "1,1,6,1"),
    ("00911-003", f"{HEAD}{UPDATE.replace('2026-02-21', '21/02/2026')}", "EndingDate", "1,1,6,3"),
    ("00041-521", f"{HEAD}{IN.replace('Risk>3', 'Risk>3.5')}", "ActivityWithRisk", "1,1,6,11,2"),
]
CASES = [*FORMS, *STRUCTURE]


@pytest.mark.parametrize(("code", "form", "tag", "location"), CASES)
def test_an_anomaly_is_found_with_its_place(code: str, form: str, tag: str, location: str) -> None:
    found = read_one(form)
    assert (code, tag, location) in [
        (each.code, each.place.tag, each.place.location) for each in found.anomalies
    ]
    assert found.declared is None


@pytest.mark.parametrize("code", sorted({code for code, *_ in CASES}))
def test_a_good_form_does_not_have_it(code: str) -> None:
    for form in (GOOD, f"{HEAD}{IN}", f"{HEAD}{UPDATE}"):
        assert code not in [found.code for found in read_one(form).anomalies]


def test_a_bad_form_does_not_affect_its_neighbors() -> None:
    forms = read(file_of(GOOD, without("TypeForm"), f"{HEAD}<DimonaIn><Other/></DimonaIn>", GOOD))
    assert [form.number for form in forms] == [1, 2, 3, 4]
    assert [form.declared is None for form in forms] == [False, True, True, False]


def test_a_form_has_a_limited_number_of_anomalies() -> None:
    assert len(read_one(f"{HEAD}{'<Other/>' * 900}").anomalies) == 50


@pytest.mark.parametrize("quarter", ["20222", "20223", "20231"])
def test_the_official_samples_are_read(quarter: str) -> None:
    content = sample(f"Dimona_{quarter}_1.xml")
    assert_valid(content, "Dimona_20231")
    created = re.search(rb"<FormCreationDate>(.+)<", content)
    assert created is not None
    (form,) = read_forms([content], date.fromisoformat(created[1].decode()))
    assert (form.anomalies, form.place) == ((), ("Form", 3, 2, "1,1"))
    declared = form.declared
    assert declared is not None
    assert declared.dimona_in is not None
    assert declared.reference == ("string",)
    assert declared.worker == DeclaredWorker(ssin="01410199955")
    assert declared.employer == DeclaredEmployer(employer_id=175110801)
    assert declared.dimona_in.start_date == declared.dimona_in.end_date
    assert declared.dimona_in.features == DeclaredFeatures(joint_commission_number="XXX", worker_type="TRI")


@pytest.mark.parametrize("name", ["NOTIFICATION_20223_1.xml", "IDFLUX_20231_1.xml"])
def test_official_samples_of_other_messages_are_refused(name: str) -> None:
    with pytest.raises(UnreadableFileError) as refused:
        read(sample(name))
    assert (refused.value.code, refused.value.line, refused.value.column) == ("90372-089", 2, 1)


@pytest.mark.parametrize(
    "attributes",
    [
        XSI,
        f'{XSI} xsi:noNamespaceSchemaLocation="Dimona_20231.xsd"',
        f'{XSI} xsi:noNamespaceSchemaLocation="../xsd/Dimona_20264.xsd"',
    ],
)
def test_schemas_of_all_quarters_are_known(attributes: str) -> None:
    assert len(read(file_of(GOOD, attributes=attributes))) == 1


Elements = list[tuple[int, str, int]]
XS = "{http://www.w3.org/2001/XMLSchema}"


def official(schema: Any, name: str) -> Elements:
    """Return rank, name and most occurrences of the elements in an element of an official schema."""
    (element,) = (each for each in schema if each.tag == f"{XS}element" and each.get("name") == name)
    of_type = [each for each in schema if each.get("name") == (element.get("type") or f"{name}Type")]
    sequences = [sequence for root in (*of_type[-1:], element) for sequence in root.iter(f"{XS}sequence")]
    parts = [part for sequence in sequences for part in sequence]
    found = [list(part) if part.tag == f"{XS}choice" else [part] for part in parts]
    elements = ((rank, part) for rank, choice in enumerate(found) for part in choice)
    most = {"0": 0, "4": 4, None: 1}
    return [(rank, part.get("ref"), most[part.get("maxOccurs")]) for rank, part in elements]


def blocks(block: Block) -> Iterator[Block]:
    """Yield a block and all blocks in it."""
    yield block
    for child in block.content.values():
        if isinstance(child.node, Block):
            yield from blocks(child.node)


@pytest.mark.parametrize(
    ("form", "name"), [(FORM, "Dimona_20231"), (REQUEST, "PersonnelFileConsultationRequest_20231")]
)
def test_the_table_is_that_of_the_official_schema(form: Block, name: str) -> None:
    rules = schema(name)
    for block in blocks(form):
        ours = [(child.rank, child.node.name, child.node.most) for child in block.content.values()]
        assert ours == official(rules, block.name), block.name


def test_the_table_has_the_names_of_the_catalog() -> None:
    known = {row.zone: row.element for row in ANOMALIES.values() if row.element}
    ours = {block.number: block.name for block in blocks(FORM)} | {
        child.node.number: child.node.name for block in blocks(FORM) for child in block.content.values()
    }
    assert {number: name for number, name in ours.items() if number in known} == {
        number: name for number, name in known.items() if number != "90372"
    }
