"""Token buckets: bursts pass, a flood is limited, clients are independent (threat T15)."""

from __future__ import annotations

import pytest

from shared.runtime.rate import TokenBuckets


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_passes_and_a_flood_is_limited_to_the_rate() -> None:
    clock = Clock()
    buckets = TokenBuckets(10.0, 50, clock)
    assert [buckets.take("a") for _ in range(50)] == [0.0] * 50
    assert buckets.take("a") == pytest.approx(0.1)
    passed = 0
    for _ in range(1_000):
        clock.now += 0.01
        passed += buckets.take("a") == 0.0
    assert passed == pytest.approx(100, abs=1)


def test_one_client_does_not_affect_another() -> None:
    buckets = TokenBuckets(1.0, 1, Clock())
    assert buckets.take("flood") == 0.0
    assert buckets.take("flood") > 0.0
    assert buckets.take("other") == 0.0


def test_a_client_that_waits_for_retry_after_passes() -> None:
    clock = Clock()
    buckets = TokenBuckets(4.0, 1, clock)
    buckets.take("a")
    clock.now += buckets.take("a")
    assert buckets.take("a") == 0.0


def test_polling_by_the_official_schedule_never_meets_the_limit() -> None:
    """Client Q35: 60 declarations a minute, each polled every second for 30 s, then every minute."""
    clock = Clock()
    buckets = TokenBuckets(100.0, 1_000, clock)
    for _ in range(600):
        clock.now += 1.0
        assert all(buckets.take("a") == 0.0 for _ in range(1 + 30 + 20))


def test_memory_is_bounded_by_active_clients() -> None:
    clock = Clock()
    buckets = TokenBuckets(10.0, 10, clock)
    for n in range(10_000):
        clock.now += 0.1
        buckets.take(f"client {n}")
    assert len(buckets._buckets) <= 1_024
