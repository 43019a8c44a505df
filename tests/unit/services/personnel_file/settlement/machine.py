"""The state machine of `test_any_sequence`: declarations in any order and batches, and the invariants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from services.intake.reception.rules import KnownPeriod, admit
from services.personnel_file.relation.rules import Period, Relation
from services.personnel_file.relation.store import Key
from services.personnel_file.settlement.rules.settle import Settlement
from services.personnel_file.settlement.store import SettleRequest
from shared.domain.declared import Declaration, DeclaredIn
from shared.domain.identifiers import DimonaNumber, EmployerId
from shared.messages import (
    ChangeAdmitted,
    DeclarationDiscarded,
    EmployerNumbers,
    IdentificationEnded,
    ReceivedDeclaration,
    Result,
)  # fmt: skip
from tests.histories import event_from_json, fold
from tests.unit.builders import (
    EMPLOYER,
    NISS,
    OTHER_ENTERPRISE,
    OTHER_NISS,
    RECEIVED,
    WORKER,
    a_change,
    an_in,
    received,
)  # fmt: skip
from tests.unit.services.personnel_file.settlement.files import File

SETTINGS = settings(
    max_examples=250, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
#: Deterministic, for faults that must be found.
SEARCH = settings(SETTINGS, max_examples=250, derandomize=True, database=None, phases=[Phase.generate])

EMPLOYERS = (
    EMPLOYER,
    replace(EMPLOYER, enterprise_number=OTHER_ENTERPRISE, employer_id=EmployerId(199999934)),
)
FIRST = RECEIVED.date() - timedelta(1)  # a start on this day is late
DAY = timedelta(days=1)
#: Features of periods, with the hours and planned hours that some types need.
WORK: tuple[dict[str, Any], ...] = (
    {"features": {"workerType": "OTH"}},
    {"features": {"workerType": "OTH"}},
    {"features": {"workerType": "OTH", "jointCommissionNumber": "140"}},
    {"features": {"workerType": "FLX"}},
    {"features": {"workerType": "FLX"}, "startHour": "0800", "endHour": "1200"},
    {"features": {"workerType": "FLX"}, "startHour": "1000", "endHour": "1600"},
    {"features": {"workerType": "FLX"}, "startHour": "2200", "endHour": "0200"},
    {
        "features": {"workerType": "EXT", "jointCommissionNumber": "302"},
        "startHour": "1700",
        "endHour": "2100",
    },
    {"features": {"workerType": "STU"}, "plannedHoursNumber": 400},
    {"features": {"workerType": "O17"}, "plannedHoursNumber": 40},
)
DAYS = st.integers(0, 9).map(lambda n: (FIRST + n * DAY).isoformat())
HOURS = st.sampled_from([None, None, "0800", "1200", "1600"])
REOPENED = "9999-12-31"


class AnySequence(RuleBasedStateMachine):
    """Two workers, two employers, and three files that settle equal declarations.

    One settles each by itself, one settles all in one batch, and one in batches of random size.
    """

    ins: ClassVar[Bundle[int]] = Bundle("ins")
    reached: ClassVar[set[str]] = set()  #: results, anomalies and events that came up, over all runs

    def __init__(self) -> None:
        super().__init__()
        self.singly, self.at_once, self.in_cuts = File(), File(), File()
        self.known: dict[int, KnownPeriod] = {}
        self.said: dict[int, tuple[Declaration, int, str | None]] = {}
        self.sequence = 0
        self.before: dict[Key, Relation] = {}

    @initialize(
        employers=st.integers(1, 2),
        workers=st.sampled_from([[NISS], [NISS, OTHER_NISS]]),
        works=st.lists(st.sampled_from(WORK), min_size=1, max_size=3),
    )
    def meet(self, employers: int, workers: list[str], works: list[Mapping[str, Any]]) -> None:
        """Draw few workers and employers, so that declarations conflict."""
        self.employers, self.workers, self.works = employers, workers, works

    @rule(
        target=ins,
        employer=st.integers(0, 1),
        worker=st.integers(0, 1),
        work=st.integers(0, 5),
        start=DAYS,
        lasts=st.none() | st.integers(0, 3),
        identified=st.sampled_from([True, True, True, True, False]),
    )
    def engage(
        self,
        employer: int,
        worker: int,
        work: int,
        start: str,
        lasts: int | None,
        identified: bool,
    ) -> int:
        end = None if lasts is None else str(date.fromisoformat(start) + lasts * DAY)
        employer, ssin = employer % self.employers, self.workers[worker % len(self.workers)]
        numbers = {"enterpriseNumber": EMPLOYERS[employer].enterprise_number}
        given = {"startDate": start, "endDate": end, **self.works[work % len(self.works)]}
        declared = an_in(employer=numbers, worker={"ssin": ssin}, **given)
        return self.declare_in(declared, employer, ssin if identified else None)

    @rule(target=ins, number=ins)
    def engage_again(self, number: int) -> int:
        return self.declare_in(*self.said[number])

    @rule(number=ins, end=DAYS, hurried=st.booleans())
    def leave(self, number: int, end: str, hurried: bool) -> None:
        self.declare_change("out", number, hurried, endDate=end)

    @rule(
        number=ins,
        start=st.none() | DAYS,
        end=st.none() | DAYS | st.just(REOPENED),
        hours=st.tuples(HOURS, HOURS),
        planned=st.none() | st.integers(1, 500),
        hurried=st.booleans(),
    )
    def change(
        self,
        number: int,
        start: str | None,
        end: str | None,
        hours: tuple[str | None, str | None],
        planned: int | None,
        hurried: bool,
    ) -> None:
        given = {"startDate": start, "endDate": end, "startHour": hours[0], "endHour": hours[1]}
        self.declare_change("update", number, hurried, **given, plannedHoursNumber=planned)

    @rule(number=ins, other=ins)
    def move_onto(self, number: int, other: int) -> None:
        """Move a period to the dates of another."""
        block = self.said[other][0].block
        assert isinstance(block, DeclaredIn)
        given = {"startDate": block.start_date, "endDate": block.end_date or REOPENED}
        self.declare_change("update", number, True, **given)

    @rule(number=ins)
    def reopen(self, number: int) -> None:
        self.declare_change("update", number, True, endDate=REOPENED)

    @rule(number=ins, hurried=st.booleans())
    def cancel(self, number: int, hurried: bool) -> None:
        self.declare_change("cancel", number, hurried)

    @rule(number=ins)
    def give_up(self, number: int) -> None:
        """Discard, as an operator, a change that failed for good."""
        declaration = self.received(a_change("cancel", periodId=number), self.said[number][1])
        self.settle(
            DeclarationDiscarded(
                declaration=declaration, discarded_by="operator", discarded_at=RECEIVED, reason="it fails"
            )
        )

    @rule()
    def cut(self) -> None:
        self.in_cuts.cut()

    def declare_in(self, declared: Declaration, employer: int, worker: str | None) -> int:
        """Declare an IN, as far as intake admits it, and return its number."""
        anomalies = admit(declared, EMPLOYERS[employer], True, None, RECEIVED)
        declaration = self.received(declared, employer).model_copy(update={"anomalies": anomalies})
        number, refused = declaration.number, any(found.blocks for found in anomalies)
        self.said[number] = declared, employer, worker
        if not refused:
            person = WORKER.model_copy(update={"ssin": worker}) if worker is not None else None
            settled = self.settle(IdentificationEnded(declaration=declaration, worker=person))
            refused = settled.outcome.result is Result.REFUSED
        numbers = EMPLOYERS[employer].enterprise_number, EMPLOYERS[employer].employer_id
        self.known[number] = KnownPeriod(DimonaNumber(number), *numbers, refused)
        return number

    def declare_change(self, kind: str, number: int, hurried: bool, **given: Any) -> None:
        """Declare a change, as far as intake admits it; a hurried one precedes the news of the final."""
        declared, employer = a_change(kind, **{**given, "periodId": number}), self.said[number][1]
        known = replace(self.known[number], refused=False) if hurried else self.known[number]
        anomalies = admit(declared, EMPLOYERS[employer], True, known, RECEIVED)
        if not any(found.blocks for found in anomalies):
            declaration = self.received(declared, employer).model_copy(update={"anomalies": anomalies})
            self.settle(ChangeAdmitted(declaration=declaration))

    def received(self, declared: Declaration, employer: int) -> ReceivedDeclaration:
        """Return the declaration with a new number."""
        self.sequence += 1
        numbers = EmployerNumbers(
            enterprise_number=EMPLOYERS[employer].enterprise_number,
            employer_id=EMPLOYERS[employer].employer_id,
        )
        return received(declared, self.sequence).model_copy(update={"employer": numbers})

    def settle(self, arrived: SettleRequest) -> Settlement:
        """Settle in all three files and assert equal results; only an accepted one changes a relation."""
        settled, *others = (file.settle(arrived) for file in (self.singly, self.at_once, self.in_cuts))
        assert all(other == settled for other in others), "batches make a difference"
        self.singly.cut()
        refused = settled.outcome.result is Result.REFUSED
        assert refused == any(found.blocks for found in settled.outcome.anomalies)
        assert refused == (settled.events == ())
        AnySequence.reached |= {settled.outcome.result, *(found.code for found in settled.outcome.anomalies)}
        AnySequence.reached |= {event.type for event in settled.events}
        return settled

    @invariant()
    def what_stays_true(self) -> None:
        for key in self.singly.relations:
            relation = self.singly.relation(key)
            history = [event_from_json(text) for text in self.singly.history[key]]
            assert relation == fold(*key, history), "the history does not fold to the state"
            assert relation.version == len(history)
            assert_apart(relation)
            assert_ended(relation)
            if (before := self.before.get(key)) is not None:
                assert (before.employer, before.ssin, before.start) == (*key, relation.start)
                assert before.periods.keys() <= relation.periods.keys(), "a period disappeared"
                canceled = (period for period in before.periods.values() if period.canceled)
                assert all(relation.periods[period.id] == period for period in canceled)
            self.before[key] = relation
        assert self.before.keys() == self.singly.relations.keys(), "a relation disappeared"

    def teardown(self) -> None:
        self.at_once.cut()
        self.in_cuts.cut()
        assert self.singly == self.at_once == self.in_cuts


def moments(period: Period) -> tuple[int, int]:
    """Return start and end in minutes; whole days without hours, very late without an end."""
    span = period.span
    begin, hour = span.start.toordinal() * 1440, span.start_hour
    begin += hour.hour * 60 + hour.minute if hour else 0
    if span.end is None:
        return begin, 10**12
    end, hour = span.end.toordinal() * 1440, span.end_hour
    return begin, end + (hour.hour * 60 + hour.minute if hour else 1440)


def assert_apart(relation: Relation) -> None:
    """Assert that periods with equal features do not overlap, and that none ends before it starts."""
    standing = [period for period in relation.periods.values() if not period.canceled]
    assert all(begin <= end for begin, end in map(moments, standing))
    for one, other in combinations(standing, 2):
        (begin, end), (other_begin, other_end) = moments(one), moments(other)
        if one.features == other.features:
            assert end <= other_begin or other_end <= begin, "two periods overlap"


def assert_ended(relation: Relation) -> None:
    """Assert that the end is set exactly when no period is open (decision D32)."""
    ends = [period.span.end for period in relation.periods.values() if not period.canceled]
    if None in ends:
        assert relation.end is None
    else:
        assert relation.end == max([relation.start, *(end for end in ends if end is not None)])
