"""The states of a mandate, its quarters, and permitted mandataries, row by row."""

from __future__ import annotations

from itertools import product

import pytest

from services.access.fields import MandataryKind, MandateStatus
from services.access.mandates.rules import mandates
from services.access.mandates.rules.appointing import AFFILIABLE, APPOINTABLE, Group, affiliable, appointable
from services.access.mandates.rules.mandates import RIGHTS_FOR, STATUSES_ALLOWING, Act, Side
from shared.domain.rights import Right

CURRENT = "2026Q1"
S = MandateStatus


@pytest.mark.parametrize(
    ("validated", "status"),
    [
        ((), S.PENDING),
        ((Side.MANDATOR,), S.TO_FINALIZE),
        ((Side.MANDATARY,), S.TO_FINALIZE),
        (Side, S.ACTIVE),
    ],
)
def test_a_mandate_is_in_force_once_both_parties_validated_it(
    validated: tuple[Side, ...], status: MandateStatus
) -> None:
    assert mandates.status(validated) is status


def test_two_validations_by_one_party_count_once() -> None:
    assert mandates.status([Side.MANDATOR, Side.MANDATOR]) is S.TO_FINALIZE


@pytest.mark.parametrize(
    ("stored", "end", "shown"),
    [
        (S.ACTIVE, None, S.ACTIVE),
        (S.ACTIVE, "2026Q1", S.ACTIVE),
        (S.ACTIVE, "2025Q4", S.CLOSED),
        (S.PENDING, "2025Q4", S.PENDING),
        (S.REFUSED, "2025Q4", S.REFUSED),
    ],
)
def test_an_ended_mandate_is_shown_as_closed(
    stored: MandateStatus, end: str | None, shown: MandateStatus
) -> None:
    assert mandates.shown(stored, end, CURRENT) is shown


@pytest.mark.parametrize(
    ("begin", "end", "replaces", "wrong"),
    [
        ("2026Q1", None, False, []),
        ("2026Q1", "2026Q1", False, []),
        ("2026Q2", None, True, []),
        ("2025Q4", None, False, ["beginQuarter"]),
        ("2026Q1", None, True, ["beginQuarter"]),
        ("2026Q2", "2026Q1", False, ["endQuarter"]),
        ("2025Q4", "2025Q3", True, ["beginQuarter", "endQuarter"]),
    ],
)
def test_quarters_of_a_proposal(begin: str, end: str | None, replaces: bool, wrong: list[str]) -> None:
    found = mandates.proposed(begin, end, replaces=replaces, current=CURRENT)
    assert [finding.field[0] for finding in found] == wrong


@pytest.mark.parametrize(
    ("old_end", "end", "allowed"),
    [
        (None, "2026Q1", True),
        (None, "2030Q4", True),
        ("2026Q4", "2026Q2", True),
        ("2026Q4", "2027Q1", False),
        (None, "2025Q4", False),
    ],
)
def test_one_party_can_bring_the_end_forward(old_end: str | None, end: str, allowed: bool) -> None:
    assert (mandates.shortened("2025Q3", old_end, end, CURRENT) == []) is allowed


def test_a_mandate_does_not_end_before_its_start() -> None:
    assert mandates.shortened("2026Q3", None, "2026Q2", CURRENT)


def test_a_proposal_can_be_refused_and_a_mandate_in_force_revoked() -> None:
    assert {act: set(states) for act, states in STATUSES_ALLOWING.items()} == {
        Act.VALIDATE: {S.PENDING, S.TO_FINALIZE},
        Act.REFUSE: {S.PENDING, S.TO_FINALIZE},
        Act.REVOKE: {S.ACTIVE},
        Act.SHORTEN: {S.ACTIVE},
    }


@pytest.mark.parametrize("act", Act)
def test_only_the_principal_manager_takes_binding_steps(act: Act) -> None:
    assert {Right.ACCESS, Right.REPRESENTATIVE} <= RIGHTS_FOR[act]
    assert (Right.USERS in RIGHTS_FOR[act]) is (act is Act.PROPOSE)
    assert not RIGHTS_FOR[act] & {Right.DECLARE, Right.AGENT}


def test_the_table_of_appointments_has_a_row_for_every_pair() -> None:
    assert set(APPOINTABLE) == set(product((True, False), MandataryKind))


@pytest.mark.parametrize("local", [True, False])
@pytest.mark.parametrize("kind", MandataryKind)
@pytest.mark.parametrize("group", Group)
def test_only_the_secretariat_of_a_private_employer_gets_contributions(
    local: bool, kind: MandataryKind, group: Group
) -> None:
    secretariat = kind is MandataryKind.APPROVED_SECRETARIAT
    may = group is not Group.CONTRIBUTIONS or (secretariat and not local)
    assert appointable(provincial_or_local=local, kind=kind, group=group) is may


def test_unknown_groups_and_non_mandataries_are_refused() -> None:
    kind = MandataryKind.SERVICE_PROVIDER
    assert not appointable(provincial_or_local=False, kind=kind, group="anything")
    assert not appointable(provincial_or_local=False, kind=None, group=Group.DIMONA)


def test_private_employers_are_affiliated_to_approved_secretariats_only() -> None:
    assert frozenset({(False, MandataryKind.APPROVED_SECRETARIAT)}) == AFFILIABLE
    assert affiliable(provincial_or_local=False, kind=MandataryKind.APPROVED_SECRETARIAT)
    assert not affiliable(provincial_or_local=True, kind=MandataryKind.APPROVED_SECRETARIAT)
    assert not affiliable(provincial_or_local=False, kind=None)
