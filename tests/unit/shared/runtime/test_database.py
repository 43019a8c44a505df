"""The classes of locks."""

from __future__ import annotations

from shared.runtime.database import Lock


def test_no_two_services_share_a_class_of_locks() -> None:
    values = [member.value for member in Lock.__members__.values()]
    assert len(set(values)) == len(values) == len(list(Lock))
