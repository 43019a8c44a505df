"""The kind of a notification, and its type in an e-Box."""

from __future__ import annotations

from services.notifier.notification.rules.kinds import KIND_OF, TYPE_OF, NotificationKind
from shared.messages import Result


def test_every_result_has_a_kind() -> None:
    assert set(KIND_OF) == set(Result)
    assert KIND_OF[Result.WARNING] is NotificationKind.POSITIVE
    assert KIND_OF[Result.PROVISIONAL] is NotificationKind.PROVISIONAL


def test_kinds_have_their_stored_names() -> None:
    assert [str(kind) for kind in NotificationKind] == ["positive", "negative", "provisional"]


def test_every_kind_has_its_type_in_an_ebox() -> None:
    assert {kind.name: type_.name for kind, type_ in TYPE_OF.items()} == {
        name: name for name in ("POSITIVE", "NEGATIVE", "PROVISIONAL")
    }
