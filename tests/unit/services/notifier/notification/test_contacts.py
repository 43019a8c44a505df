"""The table of contacts against its source texts, if these are available."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.domain.contacts import CONTACTS, Contact, EmployerKind, Subject, contact, contacts

PRIVATE, LOCAL = EmployerKind.PRIVATE, EmployerKind.PROVINCIAL_OR_LOCAL


def test_every_kind_of_employer_has_a_contact_for_every_subject() -> None:
    assert set(CONTACTS) == {(subject, kind) for subject in Subject for kind in EmployerKind}


@pytest.mark.parametrize(
    ("subject", "kind", "telephone", "email"),
    [
        (Subject.CONTENT, PRIVATE, "02 509 59 59", "contact@onss.fgov.be"),
        (Subject.CONTENT, LOCAL, None, "K11@onss.fgov.be"),
        (Subject.CONTESTATION, PRIVATE, "02 511 51 51", "contactcenter@eranova.fgov.be"),
        (Subject.CONTESTATION, LOCAL, "02 511 51 51", "contactcenter@eranova.fgov.be"),
        (Subject.TECHNICAL, PRIVATE, "02 511 51 51", None),
        (Subject.TECHNICAL, LOCAL, "02 511 51 51", None),
        (Subject.COMPLAINT, PRIVATE, None, "qualité@onss.fgov.be"),
        (Subject.COMPLAINT, LOCAL, None, "qualité@onss.fgov.be"),
    ],
)
def test_contact_by_employer_and_subject(
    subject: Subject, kind: EmployerKind, telephone: str | None, email: str | None
) -> None:
    asked = contact(subject, kind)
    assert (asked.telephone, asked.email) == (telephone, email)


def test_a_provisional_result_has_no_contact_for_contesting() -> None:
    assert "contestation" not in {each["subject"] for each in contacts(PRIVATE, contestable=False)}
    assert "contestation" in {each["subject"] for each in contacts(PRIVATE, contestable=True)}


@pytest.mark.parametrize("row", CONTACTS.values(), ids=[f"{s}, {k}" for s, k in CONTACTS])
def test_the_source_text_of_a_row_has_its_number_and_address(row: Contact) -> None:
    folder = Path(__file__).parents[5].parent / "shared" / "seeds"
    if not folder.is_dir():
        pytest.skip("the reference pages with the original texts are absent")
    (seed,) = folder.glob(f"{row.seed}_*.txt")
    text = "".join(seed.read_text().split()).replace("/", "")
    for given in (row.telephone, row.email):
        assert given is None or given.replace(" ", "") in text
