"""Fields of the feed: known names are accepted, a wrong one is named."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from services.access.loading.document import Institution
from shared.domain.feed_fields import FEED_FIELDS, check_feed_fields

ROOT = Path(__file__).parents[4]


def test_all_fields_of_the_feed_are_accepted() -> None:
    assert check_feed_fields(FEED_FIELDS) == FEED_FIELDS


def test_the_fields_are_those_of_the_contract() -> None:
    contract = yaml.safe_load((ROOT / "contracts/schemas/feed.yaml").read_text())
    assert set(FEED_FIELDS) == set(contract["PeriodState"]["properties"])


def test_a_wrong_field_is_named() -> None:
    with pytest.raises(ValueError, match=r"unknown field of the feed: statsu, x; .* are .*, endDate,"):
        check_feed_fields(("worker", "statsu", "x"))


def test_an_institution_with_a_wrong_field_is_refused() -> None:
    with pytest.raises(ValidationError, match="unknown field of the feed: endDat;"):
        Institution.model_validate(
            {"institutionId": "sigedis", "tokenSha256": "0" * 64, "fields": ["endDat"]}
        )
