"""Fields of the feed: known names are accepted, a wrong one is named."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from shared.domain.feed_fields import ALWAYS, FEED_FIELDS, FEED_KINDS, check_feed_fields, check_feed_kinds

ROOT = Path(__file__).parents[4]


def test_all_fields_of_the_feed_are_accepted() -> None:
    assert check_feed_fields(FEED_FIELDS) == FEED_FIELDS


def test_the_fields_are_those_of_the_contract() -> None:
    contract = yaml.safe_load((ROOT / "contracts/schemas/feed.yaml").read_text())
    assert set(FEED_FIELDS) == set(contract["PeriodState"]["properties"])


def test_a_wrong_field_is_named() -> None:
    with pytest.raises(ValueError, match=r"unknown field of the feed: statsu, x; .* are .*, endDate,"):
        check_feed_fields(("worker", "statsu", "x"))


def test_fields_that_order_events_are_always_sent() -> None:
    assert check_feed_fields(()) == ("relation", "version", "periodId", "status")
    assert check_feed_fields(("endDate", "version", "employer")) == (
        "relation",
        "version",
        "employer",
        "periodId",
        "status",
        "endDate",
    )
    assert set(ALWAYS) < set(FEED_FIELDS)


def test_event_types_are_known_ones_in_their_order() -> None:
    assert check_feed_kinds(reversed(FEED_KINDS)) == FEED_KINDS
    with pytest.raises(ValueError, match=r"unknown event type of the feed: periods.notify.opened; "):
        check_feed_kinds((FEED_KINDS[0], "periods.notify.opened"))
