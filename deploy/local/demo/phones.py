"""One declaration by SMS and one by voice, as an employer without a program makes them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from deploy.local.demo.data import DemoData
from deploy.local.demo.people import DemoPerson
from deploy.local.demo.performance import PATIENCE
from deploy.local.demo.telephone import Telephone

_EMPLOYER: Final = "bakery"
_NUMBER: Final = re.compile(r"(?:\d ?){12}")
Line = tuple[str, str]  #: the direction, `>` or `<`, and the written, keyed or spoken text


@dataclass(frozen=True, slots=True)
class Dialogue:
    """An exchange by phone: its lines, the spoken sentences with their languages, and the complaints."""

    lines: list[Line]
    spoken: list[tuple[str, str]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


async def play_phones(
    endpoints: Mapping[str, Any], data: DemoData, people: Sequence[DemoPerson]
) -> tuple[Dialogue, Dialogue]:
    """Declare an IN of the first person by SMS, and of the second one by voice, both for today."""
    by_sms, by_voice = people
    phone = endpoints["phones"][data.client_of(_EMPLOYER).client_id]
    async with Telephone(endpoints, "demo") as telephone:
        exchange = await _write(telephone, data, phone, by_sms)
        call = await _call(telephone, data, phone, by_voice)
    return exchange, call


async def _write(
    telephone: Telephone, data: DemoData, phone: Mapping[str, str], person: DemoPerson
) -> Dialogue:
    employer, day = data.organizations[_EMPLOYER].enterprise_number, f"{data.today:%d/%m/%Y}"
    text = (
        f"type: IN kbo: {employer} insz: {person.ssin} pc: 200 begin: {day} einde: {day} type-wn: OTH "
        f"pin: {phone['pin']}"
    )
    answer = await telephone.sms(phone["number"], text)
    lines = [(">", text), ("<", answer)]
    number = _number(answer)
    if number is None:
        return Dialogue(lines, complaints=["the SMS got no Dimona number"])
    results = await telephone.texts_to(phone["number"], number, PATIENCE)
    lines += [("<", result) for result in results]
    complaints = [] if len(results) == 1 else [f"{len(results)} results came by SMS"]
    return Dialogue(lines, complaints=complaints)


async def _call(
    telephone: Telephone, data: DemoData, phone: Mapping[str, str], person: DemoPerson
) -> Dialogue:
    employer, day = data.organizations[_EMPLOYER].enterprise_number, f"{data.today:%d%m%Y}"
    call, dialogue = str(uuid4()), Dialogue([])
    answer: dict[str, Any] = {}
    for keys in (None, "4", phone["pin"], "1", employer, person.ssin, "", "1", day, day, "1"):
        if keys is not None:
            dialogue.lines.append((">", keys or "#"))
        answer = await telephone.turn(call, phone["number"], keys, answer.get("state"))
        dialogue.spoken.extend((said["language"], said["text"]) for said in answer["say"])
        dialogue.lines.extend(("<", said["text"]) for said in answer["say"])
    if _number(dialogue.lines[-1][1]) is None:
        dialogue.complaints.append("the call spoke no Dimona number")
    return dialogue


def _number(text: str) -> str | None:
    found = _NUMBER.search(text)
    return found[0].replace(" ", "") if found else None
