"""The scenarios of the sandbox, and their declarations in wire form.

The top of `scenarios.toml` explains the format.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from deploy.local.sandbox.workers import TestWorker, worker_of
from shared.domain.calendar import quarter

OWN: Final = "own"
_BLOCKS: Final = {
    "in": "dimonaIn", "out": "dimonaOut", "update": "dimonaUpdate", "cancel": "dimonaCancel",
    "day": "dimonaDailyRegistration",
}  # fmt: skip
_TEXT: Final = re.compile(r"\{([^{}]+)\}")


class Step(BaseModel):
    """One declaration of a scenario, described by its differences from a correct declaration."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    result: str = "A"  #: results in order with the codes of the last: `A`, `S A`, `B 00913-355`
    like: str = "plain"
    employer: str | Mapping[str, Any] | None = None  #: role of an employer, or the whole block
    worker: Mapping[str, Any] | None = None  #: the whole block; by default the NISS of the test worker
    identity: Mapping[str, Any] | None = None  #: the identity of the test worker without NISS, with changes
    without: Sequence[str] = ()
    in_: Mapping[str, Any] | None = Field(default=None, alias="in")
    out: Mapping[str, Any] | None = None
    update: Mapping[str, Any] | None = None
    cancel: Mapping[str, Any] | None = None
    day: Mapping[str, Any] | None = None

    @property
    def kind(self) -> str:
        """Return the kind of the declaration: in, out, update, cancel or day."""
        return next(kind for kind in _BLOCKS if self.given(kind) is not None)

    def given(self, kind: str) -> Mapping[str, Any] | None:
        """Return the properties that the step gives if its declaration is of this kind, else None."""
        found: Mapping[str, Any] | None = getattr(self, "in_" if kind == "in" else kind)
        return found

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if sum(self.given(kind) is not None for kind in _BLOCKS) != 1:
            raise ValueError("a step has one kind")
        return self


class End(BaseModel):
    """The end of an identification: after how many seconds, and whether the worker is found."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    after: int
    found: bool = False


class Scenario(Step):
    """A scenario: its last declaration, which has the outcome to show, and the steps before it."""

    name: str
    text: str
    place: int  #: in the file; it decides the worker
    rest: str | None = None  #: the answer over REST where it differs: a status and the name of a problem
    before: Sequence[Step] | None = (
        None  #: by default an accepted IN before a change, and nothing before an IN
    )
    career: float | None = None  #: part of full time that the worker has worked; None: nothing is known
    replaced: bool = False  #: the register has replaced the NISS of the worker
    unregistered: bool = False  #: the register has the worker under another NISS only
    ends: End | None = None  #: the identification ends by itself
    interrupted: bool = False  #: over REST the first attempt gets a 503
    locked: bool = False  #: the authority locks each period of the worker as soon as it exists

    @property
    def steps(self) -> tuple[Step, ...]:
        """Return all declarations in order.

        A step that names no employer gets the employer of the last step.
        """
        before = self.before
        if before is None:
            before = () if self.kind == "in" else (Step.model_validate({"in": {}}),)
        role = self.employer if isinstance(self.employer, str) else None
        return (*(step.model_copy(update={"employer": step.employer or role}) for step in before), self)

    @property
    def test_worker(self) -> TestWorker:
        """Return the test worker of this scenario."""
        return worker_of(self.place)

    @property
    def declared_worker(self) -> str:
        """Return the declared NISS; if the scenario declares no NISS, the declared family name."""
        return self.test_worker.ssin if self.identity is None else str(self.identity["familyName"])

    @property
    def found_as(self) -> str | None:
        """Return the NISS of the worker that the identification finds; None if it finds no worker."""
        if self.ends is None or not self.ends.found:
            return None
        return self.test_worker.number_in_force if self.unregistered else self.test_worker.ssin

    @property
    def keeps_a_period(self) -> bool:
        """Return whether the first step opens a period at a test employer, which other scenarios use too."""
        return isinstance(self.employer, str) and self.steps[0].result[0] in "AW"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The values that replace texts such as `{ssin}` in a scenario.

    `enterprises` and `nsso_numbers` have the numbers of employers by role, `own` among them.
    """

    today: date
    enterprises: Mapping[str, str]
    nsso_numbers: Mapping[str, int]

    def declaration(self, scenario: Scenario, step: Step, numbers: Sequence[int]) -> dict[str, Any]:
        """Return the declaration of a step in wire form.

        `numbers` are the Dimona numbers of the earlier steps.
        """
        document = {**_parties(scenario, step), _BLOCKS[step.kind]: _block(step)}
        for path in step.without:
            *above, last = path.split(".")
            inner = document
            for name in above:
                inner = inner[name]
            del inner[last]
        filled: dict[str, Any] = self._fill(document, scenario, numbers)
        return filled

    def _fill(self, value: Any, scenario: Scenario, numbers: Sequence[int]) -> Any:
        if isinstance(value, dict):
            return {name: self._fill(each, scenario, numbers) for name, each in value.items()}
        if isinstance(value, str) and (found := _TEXT.fullmatch(value)):
            return self._value(found[1], scenario, numbers)
        return value

    def _value(self, text: str, scenario: Scenario, numbers: Sequence[int]) -> Any:
        word, _, name = text.partition(":")
        if text.isdigit():
            return numbers[int(text) - 1]
        if word == "ssin":
            return (scenarios()[name] if name else scenario).test_worker.ssin
        if word == "enterprise":
            return self.enterprises[name]
        if word == "nsso":
            return self.nsso_numbers[name]
        first = self._week() if text.startswith("week") else 0
        return (self.today + timedelta(first + int(text.removeprefix("week") or 0))).isoformat()

    def _week(self) -> int:
        """Return the number of days from today to a day that is in one quarter with the 15 days after it."""
        days = ((count, self.today + timedelta(count)) for count in range(1, 32))
        return next(count for count, day in days if quarter(day) == quarter(day + timedelta(15)))


def _parties(scenario: Scenario, step: Step) -> dict[str, Any]:
    """Return the blocks `employer` and `worker` of a step.

    An IN gets a default block in place of each block that the step does not give. Other kinds of declaration
    get only the blocks that the step gives.
    """
    parties: dict[str, Any] = {}
    if isinstance(step.employer, Mapping):
        parties["employer"] = dict(step.employer)
    elif step.kind == "in":
        parties["employer"] = {"enterpriseNumber": f"{{enterprise:{step.employer or OWN}}}"}
    if step.identity is not None:
        parties["worker"] = {**scenario.test_worker.identity(), **step.identity}
    elif step.worker is not None:
        parties["worker"] = dict(step.worker)
    elif step.kind == "in":
        parties["worker"] = {"ssin": "{ssin}"}
    return parties


def _block(step: Step) -> dict[str, Any]:
    given = dict(step.given(step.kind) or {})
    if step.kind == "in":
        usual = _copied(_table()["like"][step.like])  # properties are removed from it
        features = {**usual["features"], **given.pop("features", {})}
        return {**usual, **given, "features": features}
    if step.kind == "out":
        return {"periodId": "{1}", "endDate": "{+20}", **given}
    if step.kind == "day":
        usual = {
            "periodId": "{1}",
            "startDate": "{week}",
            "startHour": "0900",
            "endDate": "{week}",
            "endHour": "1700",
        }
        return {
            "attestationStatus": 0,
            **({} if given.get("attestationStatus", 0) in (1, 3) else usual),
            **given,
        }
    return {"periodId": "{1}", **given}


def _copied(value: Any) -> Any:
    return {name: _copied(each) for name, each in value.items()} if isinstance(value, dict) else value


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("scenarios.toml").read_text("utf-8"))


@cache
def scenarios() -> Mapping[str, Scenario]:
    """Return all scenarios by name, in the order of the file. Raise ValueError for a wrong row."""
    return {
        name: Scenario.model_validate({"name": name, "place": place, **row})
        for place, (name, row) in enumerate(_table()["scenario"].items())
    }


def usual() -> Mapping[str, Mapping[str, Any]]:
    """Return the usual INs, which are correct, by name."""
    found: Mapping[str, Mapping[str, Any]] = _table()["like"]
    return found


def unreachable() -> Mapping[str, str]:
    """Return the codes of anomalies without a scenario, each with the reason."""
    found: Mapping[str, str] = _table()["unreachable"]
    return found
