"""A plain model that decides one declaration after the other, without any code of the services.

It covers IN, OUT and CANCEL of periods with equal features, which the proof of order uses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

FOR_EVER: Final = "9999-12-31"


@dataclass(slots=True)
class _Period:
    start: str
    end: str  #: ISO dates compare as text
    open: bool
    canceled: bool = False


class Clerk:
    """The periods of each relation; call `decide` in the order in which declarations were sent."""

    def __init__(self) -> None:
        self._files: defaultdict[tuple[str, str], list[_Period]] = defaultdict(list)
        self._periods: dict[int, _Period] = {}
        self._refused: set[int] = set()

    def decide(self, declaration: Mapping[str, Any], number: int) -> str:
        """Return the result: `A`, or `B` with the error. `number` is its Dimona number."""
        if "dimonaIn" in declaration:
            return self._begin(declaration, number)
        kind = "dimonaOut" if "dimonaOut" in declaration else "dimonaCancel"
        block = declaration[kind]
        period = self._periods.get(block["periodId"])
        if period is None:
            return "B 00913-357" if block["periodId"] in self._refused else "B 00913-354"
        if period.canceled:
            return "B 00913-355"
        if kind == "dimonaCancel":
            period.canceled = True
            return "A"
        if not period.open:
            return "B 00913-356"
        if block["endDate"] < period.start:
            return "B 00911-014"
        period.end, period.open = block["endDate"], False
        return "A"

    def _begin(self, declaration: Mapping[str, Any], number: int) -> str:
        block = declaration["dimonaIn"]
        file = self._files[declaration["employer"]["enterpriseNumber"], declaration["worker"]["ssin"]]
        new = _Period(block["startDate"], block.get("endDate", FOR_EVER), "endDate" not in block)
        others = [one for one in file if not one.canceled]
        error = None
        if any((one.start, one.end) == (new.start, new.end) for one in others):
            error = "90373-333"
        elif any(one.start <= new.end and new.start <= one.end for one in others):
            error = "90373-334"
        if error is not None:
            self._refused.add(number)
            return f"B {error}"
        file.append(new)
        self._periods[number] = new
        return "A"
