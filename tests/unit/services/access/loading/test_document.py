"""The file of the directory: accepted documents, and those refused before they reach the database."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from services.access.fields import MandateStatus
from services.access.loading.document import Document

EMPLOYER = {"employerId": 125482497, "activeFrom": "2020-01-01"}
ORGANIZATION = {"enterpriseNumber": "0477472701", "name": "Test", "language": "nl", "employer": EMPLOYER}

SOMEBODY = "0d5d6f0e-3f3a-5b0c-8a58-6a5f2f1f2b77"
PERSON = {"userId": SOMEBODY, "ssin": "85073003328", "familyName": "T", "givenName": "T", "language": "nl"}
GRANT = {"userId": SOMEBODY, "enterpriseNumber": "0477472701", "right": "declare"}

AUTHORIZATION = {
    "recipientClass": "social_security",
    "legalBasis": "A law",
    "purpose": "A purpose",
    "fields": ["worker", "endDate"],
    "beginsAt": "2026-01-01T00:00:00Z",
    "country": "BE",
    "contact": "feed@onem.example",
    "grantedBy": SOMEBODY,
    "confirmedBy": "bd9e3c1a-6f7e-4d57-9f5e-0a8f5c9d1e11",
}


def institution(**changes: Any) -> dict[str, Any]:
    """Return an institution with these changes of its authorization."""
    return {
        "institutionId": "onem",
        "clients": ["onem_reader"],
        "authorization": {**AUTHORIZATION, **changes},
    }


def test_an_institution_has_an_authorization_with_the_fields_that_are_always_sent() -> None:
    (row,) = Document.model_validate({"institutions": [institution()]}).institutions
    assert row.authorization is not None
    assert row.authorization.fields == ("relation", "version", "worker", "periodId", "status", "endDate")
    assert (row.authorization.kinds, row.authorization.all_workers) == (None, False)
    outside = institution(country="US", guarantee="Standard clauses of 2021")
    Document.model_validate({"institutions": [outside]})


def test_a_file_may_contain_persons_with_their_rights() -> None:
    of_one_type = {**GRANT, "right": "ebox", "messageType": "dimonaNegative"}
    document = Document.model_validate({"persons": [PERSON], "grants": [GRANT, of_one_type]})
    assert [(grant.right, grant.message_type) for grant in document.grants] == [
        ("declare", None),
        ("ebox", "dimonaNegative"),
    ]


def test_a_file_may_name_a_single_employer() -> None:
    document = Document.model_validate({"organizations": [ORGANIZATION]})
    (organization,) = document.organizations
    assert organization.employer is not None
    assert organization.employer.active_until is None
    assert organization.employer.sub_entities is None
    assert not organization.employer.secured_channel_only
    assert not organization.employer.daily_registration
    assert organization.mandatary is None
    assert document.mandates == ()


def test_nine_digits_name_the_enterprise_of_the_ten_digits() -> None:
    document = Document.model_validate({"organizations": [{**ORGANIZATION, "enterpriseNumber": "477472701"}]})
    assert document.organizations[0].enterprise_number == "0477472701"


def test_a_mandate_is_active_and_for_dimona_by_default() -> None:
    mandate = {"mandator": "0477472701", "mandatary": "0400767772", "beginQuarter": "2026Q1"}
    (row,) = Document.model_validate({"mandates": [mandate]}).mandates
    assert (row.application_group, row.status, row.end_quarter) == ("dimona", MandateStatus.ACTIVE, None)


@pytest.mark.parametrize(
    "document",
    [
        {"organizations": [{**ORGANIZATION, "enterpriseNumber": "0477472702"}]},
        {"organizations": [{**ORGANIZATION, "language": "en"}]},
        {"organizations": [{**ORGANIZATION, "name": ""}]},
        {"organizations": [{**ORGANIZATION, "employer": {**EMPLOYER, "employerId": 125482498}}]},
        {"organizations": [{**ORGANIZATION, "mandatary": "friend"}]},
        {"organizations": [{**ORGANIZATION, "employer": {**EMPLOYER, "subEntities": []}}]},
        {"organizations": [{**ORGANIZATION, "employer": {**EMPLOYER, "subEntities": ["01,02"]}}]},
        {"organizations": [{**ORGANIZATION, "employer": {**EMPLOYER, "subEntities": ["01234567890"]}}]},
        {"mandates": [{"mandator": "0477472701", "mandatary": "0400767772", "beginQuarter": "2026Q5"}]},
        {"clients": [{"clientId": "no spaces", "organization": "0477472701"}]},
        {"institutions": [{"institutionId": "ONEM"}]},
        {"institutions": [{"institutionId": "onem", "clients": ["no spaces"]}]},
        {"institutions": [{"institutionId": "onem", "fields": ["worker"]}]},
        {"institutions": [institution(confirmedBy=AUTHORIZATION["grantedBy"])]},
        {"institutions": [institution(fields=["endDat"])]},
        {"institutions": [institution(kinds=[])]},
        {"institutions": [institution(kinds=["periods.notify.opened"])]},
        {"institutions": [institution(recipientClass="friend")]},
        {"institutions": [institution(legalBasis="")]},
        {"institutions": [institution(country="US")]},
        {"institutions": [institution(allWorkers=True)]},
        {"institutions": [institution(beginsAt="2026-01-01T00:00:00")]},
        {"institutions": [institution(expiresAt="2025-01-01T00:00:00Z")]},
        {"employers": []},
        {"persons": [{**PERSON, "ssin": "85073003329"}]},
        {"persons": [{**PERSON, "phone": "02 509 59 59"}]},
        {"grants": [{**GRANT, "right": "everything"}]},
        {"grants": [{**GRANT, "messageType": "dimonaNegative"}]},
    ],
)
def test_an_invalid_file_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Document.model_validate(document)
