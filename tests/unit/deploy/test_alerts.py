"""Each alert has a test that fires, one that does not, and a runbook; planted gaps are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy import consoles, objectives
from deploy.check.alerts import covered, gaps, sections
from deploy.check.mistakes import MISTAKES, Mistake, plant
from deploy.local.deployment import ROOT
from shared.runtime import metrics

PLANTED = [mistake for mistake in MISTAKES if mistake.check == "alerts"]


def test_each_alert_has_its_tests_and_its_runbook() -> None:
    assert gaps(ROOT) == []
    assert len(covered(ROOT)) > 30


@pytest.mark.parametrize("mistake", PLANTED, ids=lambda mistake: str(mistake.new).strip()[:40])
def test_a_planted_gap_is_found(mistake: Mistake, tmp_path: Path) -> None:
    assert gaps(plant(mistake, tmp_path))


def test_there_is_a_planted_gap_of_each_kind() -> None:
    assert len(PLANTED) >= 6


@pytest.mark.parametrize("name", consoles.texts())
def test_the_pages_agree_with_the_code(name: str) -> None:
    assert (ROOT / "deploy/prometheus/consoles" / name).read_text() == consoles.texts()[name]


def test_the_link_of_each_alert_leads_to_a_section_of_the_page() -> None:
    page = consoles.texts()["runbooks.html"]
    for row in covered(ROOT):
        assert f'<h2 id="{row.runbook}">' in page
    assert sections("# Title\n\n## A part\n\ntext\n") == {"a-part": "\n\ntext\n"}


def test_the_recording_rules_agree_with_the_code() -> None:
    assert (ROOT / "deploy/prometheus/objectives.yml").read_text() == objectives.text()


def test_each_objective_is_a_bucket_of_its_histogram() -> None:
    """Another limit would select no series, and its objective would never be missed."""
    assert {objective.seconds for objective in objectives.OBJECTIVES} <= set(metrics.LIFETIME)
    for objective in objectives.OBJECTIVES:
        assert 14.4 * (1 - objective.share) < 1, "a burn rate of 14.4 must be possible"
