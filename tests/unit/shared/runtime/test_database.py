"""The classes of advisory locks."""

from __future__ import annotations

from shared.runtime.database import Lock


def test_no_two_services_share_a_class_of_locks() -> None:
    values = [member.value for member in Lock.__members__.values()]
    assert len(set(values)) == len(values) == len(list(Lock))


def test_a_class_of_locks_keeps_its_number_and_its_place_in_the_order() -> None:
    """During an upgrade old and new processes lock in one database."""
    assert [(lock.name, lock.value) for lock in Lock] == [
        ("CHAINS", 1), ("REGISTER", 2), ("NUMBERS", 6), ("ORDER_KEYS", 3), ("WORKERS", 4), ("ACCOUNTS", 5),
        ("PLACES", 11), ("OMISSIONS", 12), ("DIRECTORY", 8), ("PERSON", 9), ("EBOX_EVENTS", 7),
        ("FEED_POSITIONS", 15), ("PROVISIONER", 10), ("DISCLOSURES", 14),
    ]  # fmt: skip
