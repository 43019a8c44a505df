"""Persons at a phone for tests: their SMS and keys, and the Dimona numbers in the answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import count
from typing import Any, Final

from deploy.local.demo.directory import CLIENTS
from deploy.local.demo.telephone import Telephone
from tests.foreign.events import PATIENCE
from tests.prove.world import World

_calls: Final = count(1)
#: The words of the short form, and the keys of a call, by the block of a declaration.
_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "dimonaIn": ("IN", "1"), "dimonaOut": ("OUT", "2"), "dimonaUpdate": ("UPDATE", "3"),
    "dimonaCancel": ("CANCEL", "4"),
}  # fmt: skip
_LABELS: Final[Mapping[str, str]] = {
    "periodId": "dimona", "startDate": "début", "endDate": "fin", "plannedHoursNumber": "heures",
}  # fmt: skip
_TYPE_KEYS: Final[Mapping[str, str]] = {"OTH": "1", "STU": "2"}
#: A joint commission without a code of its own, which a declaration has as XXX.
_COMMISSION: Final = "200"


class Person:
    """A person at the phone of a client. The person writes an SMS or presses keys."""

    def __init__(self, world: World, telephone: Telephone, role: str) -> None:
        self._world, self._telephone, self.role = world, telephone, role
        self.phone: Mapping[str, str] = world.document["phones"][CLIENTS[role]]

    async def writes(self, text: str) -> str:
        """Send an SMS with the PIN added, and return the answer."""
        return await self._telephone.sms(self.phone["number"], f"{text} pin: {self.phone['pin']}")

    async def declares(self, text: str) -> int:
        """Send an SMS that is received, and return its Dimona number."""
        return self.note(await self.writes(text))

    async def calls(self, *keyed: str) -> int:
        """Call, press keys until the declaration is received, and return its Dimona number."""
        return self.note((await self.keys(*keyed))[-1][1])

    async def result_of(self, number: int) -> str:
        """Return the only SMS with the result of a declaration."""
        (text,) = await self._telephone.texts_to(self.phone["number"], str(number), PATIENCE)
        return text

    async def keys(self, *keyed: str) -> list[tuple[str, str]]:
        """Call and press keys, `PIN` for the PIN. Return the keys before each prompt, and the prompt."""
        call, said = f"C{next(_calls)}", []
        answer = await self._telephone.turn(call, self.phone["number"])
        said.append(("", _spoken(answer)))
        for keys in keyed:
            digits = self.phone["pin"] if keys == "PIN" else keys.rstrip("#")
            answer = await self._telephone.turn(call, self.phone["number"], digits, answer["state"])
            said.append((digits or keys, _spoken(answer)))
        return said

    def note(self, answer: str) -> int:
        """Return the Dimona number in an answer, and remember it as declared."""
        found = re.search(r"(?:\d ?){12}", answer)
        assert found is not None, answer
        number = int(found[0].replace(" ", ""))
        self._world[self.role].posted.add(number)
        return number


def short_form(declaration: Mapping[str, Any]) -> str:
    """Return the short form of a declaration, without the PIN."""
    name, block = _block_of(declaration)
    values = {"type": _KINDS[name][0]}
    if name == "dimonaIn":
        values |= {
            "bce": declaration["employer"]["enterpriseNumber"], "niss": declaration["worker"]["ssin"],
            "comp": _COMMISSION, "type-trav": block["features"]["workerType"],
        }  # fmt: skip
    values |= {label: block[part] for part, label in _LABELS.items() if part in block}
    return " ".join(f"{label}: {value}" for label, value in values.items())


def keys_of(declaration: Mapping[str, Any]) -> list[str]:
    """Return the keys of a call that declares this, an IN or an UPDATE of the end, in French."""
    name, block = _block_of(declaration)
    begin, end = ["1", "PIN", _KINDS[name][1]], [_day(block["endDate"])]
    if name == "dimonaUpdate":
        return [*begin, str(block["periodId"]), "#", "#", *end, "#", "1"]
    parties = [declaration["employer"]["enterpriseNumber"], declaration["worker"]["ssin"], _COMMISSION]
    hours = [f"{block['plannedHoursNumber']}#"] if "plannedHoursNumber" in block else []
    type_ = _TYPE_KEYS[block["features"]["workerType"]]
    return [*begin, *parties, type_, _day(block["startDate"]), *end, *hours, "1"]


def _block_of(declaration: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    return next((name, declaration[name]) for name in _KINDS if name in declaration)


def _day(iso: str) -> str:
    """Return a date as it is keyed: two digits for the day, two for the month, four for the year."""
    return "".join(reversed(iso.split("-")))


def _spoken(answer: Mapping[str, Any]) -> str:
    return " ".join(each["text"] for each in answer["say"])
