"""Rules of authorizations: contradictions in the terms, and the status of a version at an instant."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.access.authorizations.rules import (
    EEA,
    RecipientClass,
    Status,
    Terms,
    Version,
    faults,
    needs_guarantee,
    status_of,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
TERMS: dict[str, Any] = {
    "recipientClass": "public_body",
    "legalBasis": "A law",
    "purpose": "A purpose",
    "fields": [],
    "beginsAt": NOW,
    "country": "BE",
    "contact": "feed@one.example",
}
VALID = Version(
    country="BE",
    guarantee=None,
    confirmed_at=NOW - DAY,
    valid_from=NOW - DAY,
    ended_at=None,
    expires_at=None,
    replaced_at=None,
)
PROPOSED = replace(VALID, confirmed_at=None, valid_from=None)
ABROAD = replace(VALID, country="CH")


@pytest.mark.parametrize(
    ("version", "status"),
    [
        (PROPOSED, Status.PROPOSED),
        (replace(PROPOSED, ended_at=NOW), Status.WITHDRAWN),
        (VALID, Status.IN_FORCE),
        (replace(VALID, valid_from=NOW), Status.IN_FORCE),
        (replace(VALID, valid_from=NOW + DAY), Status.FUTURE),
        (replace(VALID, expires_at=NOW), Status.EXPIRED),
        (replace(VALID, expires_at=NOW + DAY), Status.IN_FORCE),
        (replace(VALID, ended_at=NOW), Status.ENDED),
        (replace(VALID, valid_from=NOW + DAY, ended_at=NOW), Status.ENDED),
        (replace(VALID, replaced_at=NOW), Status.REPLACED),
        (replace(VALID, replaced_at=NOW - DAY, ended_at=NOW), Status.REPLACED),
        (replace(VALID, expires_at=NOW - DAY, ended_at=NOW), Status.EXPIRED),
        (ABROAD, Status.NO_GUARANTEE),
        (replace(ABROAD, guarantee="A decision"), Status.IN_FORCE),
        (replace(ABROAD, guarantee="A decision", expires_at=NOW), Status.EXPIRED),
        (replace(ABROAD, ended_at=NOW), Status.ENDED),
    ],
)
def test_only_a_confirmed_version_in_its_term_is_in_force(version: Version, status: Status) -> None:
    assert status_of(version, NOW) is status


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({}, []),
        ({"expiresAt": NOW + DAY}, []),
        ({"expiresAt": NOW}, ["expiresAt"]),
        ({"allWorkers": True, "allWorkersBasis": "A law"}, []),
        ({"allWorkers": True}, ["allWorkersBasis"]),
        ({"allWorkersBasis": "A law"}, ["allWorkersBasis"]),
        ({"country": "US"}, ["guarantee"]),
        ({"country": "US", "guarantee": "Standard clauses"}, []),
        (
            {"country": "GB", "expiresAt": NOW, "allWorkers": True},
            ["expiresAt", "allWorkersBasis", "guarantee"],
        ),
    ],
)
def test_contradictions_in_the_terms_are_found(change: dict[str, Any], fields: list[str]) -> None:
    found = faults(Terms.model_validate({**TERMS, **change}))
    assert [finding.field for finding in found] == [(field,) for field in fields]


def test_every_class_of_recipients_follows_the_rules_alike() -> None:
    """A class alone neither gives nor forbids anything."""
    assert len(RecipientClass) == 6
    for recipient in RecipientClass:
        assert faults(Terms.model_validate({**TERMS, "recipientClass": recipient})) == []


def test_countries_of_the_economic_area_need_no_guarantee() -> None:
    assert len(EEA) == 27 + 3
    assert not any(needs_guarantee(country) for country in ("BE", "NO", "IS", "LI", "HR"))
    assert all(needs_guarantee(country) for country in ("CH", "GB", "US"))
