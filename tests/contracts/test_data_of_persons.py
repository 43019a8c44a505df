"""Every table with a readable number of a person is in the data of a person, or has a reason not to be."""

from __future__ import annotations

from typing import Final

from services.contact.person.rules.sections import SECTIONS
from shared.domain.processing import Number
from shared.runtime.processing import load_register

#: Tables of every pipeline: a row exists until the broker has confirmed it.
_IN_TRANSIT: Final = frozenset({"outbox", "deliveries", "set_aside"})
#: Tables with a number that are not in *my data*, with the reason.
OUTSIDE: Final = {
    "personnel_file.feed": "events for institutions: the log of disclosures shows them",
    "feed.states_due": "a row exists until the state of its worker was sent",
    "files.queries": "a query names an employer; only a refused one may repeat a number that was sent",
    "files.signatures": "a certificate of the sender, which may have the number of its holder",
}


def test_every_table_with_a_number_is_in_the_data_of_a_person() -> None:
    """The number is where the register of processing (ADR 31) says it is."""
    holding = {
        table.full_name
        for table in load_register()
        if table.name not in _IN_TRANSIT and any(column.number is Number.SSIN for column in table.columns)
    }
    shown = {place for places in SECTIONS.values() for place in places}
    assert holding - shown == OUTSIDE.keys()
    assert len(holding) > 15
