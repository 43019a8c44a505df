"""One declaration by SMS and one by voice, as an employer without a program makes them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import uuid4

from deploy.local.demo.data import DemoData
from deploy.local.demo.people import DemoPerson
from deploy.local.demo.performance import PATIENCE
from deploy.local.demo.telephone import Telephone

_EMPLOYER: Final = "bakery"
_NUMBER: Final = re.compile(r"(?:\d ?){12}")
Line = tuple[str, str]  #: the direction, `>` or `<`, and the written, keyed or spoken text


async def play_phones(
    endpoints: Mapping[str, Any], data: DemoData, people: Sequence[DemoPerson]
) -> tuple[list[Line], list[Line], list[str]]:
    """Declare an IN of the first person by SMS, and of the second one by voice, both for today.

    Return the dialogue of each, and the complaints.
    """
    by_sms, by_voice = people
    phone = endpoints["phones"][data.client_of(_EMPLOYER).client_id]
    async with Telephone(endpoints, "demo") as telephone:
        exchange, complaints = await _write(telephone, data, phone, by_sms)
        call, complaint = await _call(telephone, data, phone, by_voice)
    return exchange, call, complaints + complaint


async def _write(
    telephone: Telephone, data: DemoData, phone: Mapping[str, str], person: DemoPerson
) -> tuple[list[Line], list[str]]:
    employer, day = data.organizations[_EMPLOYER].enterprise_number, f"{data.today:%d/%m/%Y}"
    text = (
        f"type: IN kbo: {employer} insz: {person.ssin} pc: 200 begin: {day} einde: {day} type-wn: OTH "
        f"pin: {phone['pin']}"
    )
    answer = await telephone.sms(phone["number"], text)
    lines = [(">", text), ("<", answer)]
    number = _number(answer)
    if number is None:
        return lines, ["the SMS got no Dimona number"]
    results = await telephone.texts_to(phone["number"], number, PATIENCE)
    lines += [("<", result) for result in results]
    return lines, [] if len(results) == 1 else [f"{len(results)} results came by SMS"]


async def _call(
    telephone: Telephone, data: DemoData, phone: Mapping[str, str], person: DemoPerson
) -> tuple[list[Line], list[str]]:
    employer, day = data.organizations[_EMPLOYER].enterprise_number, f"{data.today:%d%m%Y}"
    call, lines = str(uuid4()), list[Line]()
    answer: dict[str, Any] = {}
    for keys in (None, "4", phone["pin"], "1", employer, person.ssin, "", "1", day, day, "1"):
        if keys is not None:
            lines.append((">", keys or "#"))
        answer = await telephone.turn(call, phone["number"], keys, answer.get("state"))
        lines += [("<", said["text"]) for said in answer["say"]]
    return lines, [] if _number(lines[-1][1]) else ["the call spoke no Dimona number"]


def _number(text: str) -> str | None:
    found = _NUMBER.search(text)
    return found[0].replace(" ", "") if found else None
