"""`make bench-rules`: the cost of the rules per declaration, `admit` and `settle` together; at most 150 µs.

Each case measures the calls of both handlers for a declaration with loaded surroundings: `admit`, then
the quota usage of its period, `settle`, and the book-keeping of the usage. No I/O and no parsing. CPU time of
this thread, so that other work on the machine counts little; of many short repeats the least, and beside it
the median. Writes `.run/bench-rules.json`; fails above the limit.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from statistics import median
from time import thread_time_ns
from timeit import Timer
from typing import Any, Final

from deploy.local.deployment import ROOT
from tests.bench.cases import COUNTED, Case, cases, readings

LIMIT: Final = 150.0  #: microseconds per declaration
RESULT: Final = ROOT / ".run" / "bench-rules.json"
_REPEATS: Final = 25
_ATTEMPTS: Final = 5
_NANOSECONDS: Final = 2_000_000  #: that one repeat takes at least


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a case, in microseconds per declaration."""

    case: str
    result: str
    admit: float
    settle: float
    together: float
    median: float  #: of `together`, over the repeats

    @property
    def is_within(self) -> bool:
        """Whether the rules are as fast as they must be."""
        return self.together <= LIMIT


def main() -> None:
    """Measure, print, write; exit with 1 when a case costs more than the limit."""
    found = [told(cost) for cost in costs(cases())]
    worst = max(found, key=lambda cost: cost.together)
    passed = all(cost.is_within for cost in found)
    read = {type_: _rounded(min(microseconds(work))) for type_, work in readings()}
    document = {
        "limit": LIMIT, "passed": passed, "worst": worst.case, "cases": [asdict(cost) for cost in found],
        "reading": read,
    }  # fmt: skip
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(document, indent=1) + "\n")
    print(
        f"beside that, once for a worker and batch: adding up what {COUNTED} periods take of a quota, µs: "
        f"{', '.join(f'{type_} {spent:.0f}' for type_, spent in read.items())}"
    )
    print(
        f"{'ok  ' if passed else 'FAIL'} rules: {len(found)} cases, at most {worst.together:.0f} µs per "
        f"declaration ({worst.case}); allowed are {LIMIT:.0f}"
    )
    sys.exit(not passed)


def costs(all_: Iterator[Case]) -> Iterator[Cost]:
    """Measure each case; repeat a slow measurement, which another process may have disturbed."""
    for case in all_:
        for _ in range(_ATTEMPTS):
            cost = _cost(case)
            if cost.is_within:
                break
        yield cost


def _cost(case: Case) -> Cost:
    admits, settles, books = (microseconds(work) for work in (case.admit, case.settle, case.book_twice))
    settled = [one + two / 2 for one, two in zip(settles, books, strict=True)]
    both = [one + other for one, other in zip(admits, settled, strict=True)]
    admit, settle = min(admits), min(settles) + min(books) / 2
    return Cost(case.name, case.result(), *map(_rounded, (admit, settle, admit + settle, median(both))))


def microseconds(work: Callable[[], Any], repeats: int = _REPEATS) -> list[float]:
    """Return the CPU time of a call in each of some repeats, each long enough to be measured."""
    timer = Timer(work, timer=thread_time_ns)
    calls = 1
    while (taken := timer.timeit(calls)) < _NANOSECONDS:
        calls = max(2 * calls, min(100 * calls, int(calls * 1.1 * _NANOSECONDS / max(taken, 1))))
    return [each / calls / 1000 for each in timer.repeat(repeats, calls)]


def told(cost: Cost) -> Cost:
    """Print a line of the table."""
    mark = "" if cost.is_within else "  <- too slow"
    print(
        f"{cost.case:58} {cost.result:1}  admit {cost.admit:6.1f}  settle {cost.settle:6.1f}  "
        f"together {cost.together:6.1f} (median {cost.median:6.1f}) µs{mark}",
        flush=True,
    )
    return cost


def _rounded(value: float) -> float:
    return round(value, 1)


if __name__ == "__main__":
    main()
