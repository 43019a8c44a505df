"""Every column with the number of a person is in the data of a person, or has a legal reason not to be."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from services.contact.person.rules.sections import SECTIONS
from shared.domain.processing import Number
from shared.runtime.processing import load_register

#: Tables of every pipeline: a copy of another row, until the broker has confirmed it.
IN_TRANSIT: Final = frozenset({"outbox", "deliveries"})
#: Tables with a readable number that are not in *my data*, with the reason; docs/person.md has both.
OUTSIDE: Final = {
    "personnel_file.feed": "GDPR article 15(3): a copy of the data, not of each record that repeats them",
    "files.signatures": "GDPR article 11: no index finds the holder of a certificate",
}
#: Tables with rows about several persons: *my data* has their origin and the own numbers only.
WITH_OTHERS: Final = frozenset({"files.pages", "access.enterprise"})
#: Columns with a keyed code, each with the answer that shows its row to the person, or a reason.
KEYED: Final = {
    "personnel_file.consultations.worker": "looks",
    "contact.person_looks.worker": "looks",
    "feed.disclosures.workers": "looks",
    "identification.readings.workers": "looks",
    "platform.looks.persons": "looks",
    "platform.holds.person": "data",
    "intake.declarations.order_key": "data",
    "intake.chains.order_key": "only the number of a declaration, which is in the data",
    "intake.open.order_key": "only the number of a declaration, which is in the data",
    "intake.new_workers.worker": "a count of one day, which nothing leads back to a declaration",
}
_PAGE: Final = Path(__file__).parents[2] / "docs" / "person.md"


def test_every_table_with_a_number_is_in_the_data_of_a_person() -> None:
    """The number is where the register of processing (ADR 31) says it is."""
    holding = {
        table.full_name
        for table in load_register()
        if table.name not in IN_TRANSIT and any(column.number is Number.SSIN for column in table.columns)
    }
    shown = {place for places in SECTIONS.values() for place in places}
    assert holding - shown == OUTSIDE.keys()
    assert len(holding) > 15


def test_the_page_names_every_table_outside_with_its_reason() -> None:
    text = _PAGE.read_text()
    for table, reason in OUTSIDE.items():
        assert f"`{table}`" in text
        assert reason.partition(":")[0] in text


def test_every_keyed_code_leads_to_a_row_that_the_person_sees() -> None:
    coded = {
        f"{table.full_name}.{column.name}"
        for table in load_register()
        for column in table.columns
        if column.number is Number.KEYED
    }
    assert coded == KEYED.keys()
