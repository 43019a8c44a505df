"""The message that a declaration lacks, from how far it has come."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.ledger.reconciling.rules import Lacking, Stage, handled_by, lacking
from shared.messages import derived_id, notification_id

RECEIVED = Stage(
    7, refused=False, case_state=None, waiting=False, settled=False, concluded=False, told=False,
    notified=False, warned=False, contestable=False,
)  # fmt: skip
SETTLED = replace(RECEIVED, settled=True)
DONE = replace(SETTLED, concluded=True, notified=True, contestable=True)


@pytest.mark.parametrize(
    ("stage", "what"),
    [
        pytest.param(RECEIVED, Lacking.ADMITTED, id="received"),
        pytest.param(replace(RECEIVED, waiting=True), None, id="waits for the one before it"),
        pytest.param(replace(RECEIVED, case_state="open"), Lacking.PROVISIONAL, id="case without S"),
        pytest.param(
            replace(RECEIVED, case_state="open", told=True), Lacking.PROVISIONAL, id="S not notified"
        ),
        pytest.param(
            replace(RECEIVED, case_state="open", told=True, warned=True), None, id="waits for a decision"
        ),
        pytest.param(replace(RECEIVED, case_state="resolved"), Lacking.IDENTIFIED, id="decided"),
        pytest.param(replace(RECEIVED, case_state="resolved", waiting=True), None, id="decided and waits"),
        pytest.param(SETTLED, Lacking.SETTLED, id="settled"),
        pytest.param(replace(SETTLED, case_state="given_up"), Lacking.SETTLED, id="settled after a case"),
        pytest.param(replace(SETTLED, concluded=True), Lacking.SETTLED, id="answered, not notified"),
        pytest.param(replace(SETTLED, notified=True), Lacking.SETTLED, id="notified, not answered"),
        pytest.param(replace(DONE, contestable=False), Lacking.DEPOSITED, id="not known to contact"),
        pytest.param(DONE, None, id="done"),
        pytest.param(replace(RECEIVED, refused=True, concluded=True), Lacking.REFUSED, id="refused"),
        pytest.param(
            replace(RECEIVED, refused=True, concluded=True, notified=True, contestable=True),
            None,
            id="refused and notified",
        ),
    ],
)
def test_a_declaration_lacks_at_most_one_message(stage: Stage, what: Lacking | None) -> None:
    assert lacking(stage) == what


def test_the_consumers_forget_the_messages_that_come_again() -> None:
    found = handled_by({1: Lacking.SETTLED, 2: Lacking.ADMITTED, 3: Lacking.DEPOSITED})
    assert found == {
        ("intake", "results"): [derived_id("final", 1)],
        ("notifier", "notify"): [derived_id("final", 1)],
        ("identification", "identify"): [derived_id("admitted", 2)],
        ("personnel_file", "settle"): [derived_id("admitted", 2), derived_id("identificationEnded", 2)],
        ("contact", "notifications"): [derived_id("deposited", notification_id(3))],
    }
