"""The file channel in the demonstration: one IN as a file over SFTP, with its answers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import asyncssh

from services.files.transfer.rules import in_base_36

_FORM: Final = """\
<Dimona><Form><Identification>DIMONA</Identification><FormCreationDate>{day}</FormCreationDate>
<FormCreationHour>08:30:00.000</FormCreationHour><AttestationStatus>0</AttestationStatus><TypeForm>SU</TypeForm>
<DimonaIn><StartingDate>{day}</StartingDate><EmployerId><CompanyID>{employer}</CompanyID></EmployerId>
<NaturalPerson><INSS>{ssin}</INSS></NaturalPerson><DimonaFeatures><JointCommissionNbr>XXX</JointCommissionNbr>
<WorkerType>OTH</WorkerType></DimonaFeatures></DimonaIn></Form></Dimona>
"""
_LOOK_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Engaged:
    """The IN to send: day, enterprise number of the employer, and NISS of the worker."""

    day: date
    employer: str
    ssin: str


async def send_file(
    server: Mapping[str, Any], client_id: str, engaged: Engaged, number: int, seconds: float
) -> dict[str, str]:
    """Send one IN as a file, with its GO file. Return its answers by kind: ACRF, NOTI.

    Args:
        server: The entry `sftp` of `endpoints.json`.
        client_id: The client of the expeditor that sends.
        engaged: The IN.
        number: A number that makes the name of the file unique on its day.
        seconds: The longest wait for the answers.
    """
    expeditor, user = next(
        (name, user) for name, user in server["users"].items() if user["client_id"] == client_id
    )
    name = f"DIMN.{expeditor}.{engaged.day:%Y%m%d}.{in_base_36(number, 5)}.R.1"
    content = _FORM.format(day=engaged.day, employer=engaged.employer, ssin=engaged.ssin)
    async with asyncssh.connect(
        server["host"], server["port"], username=expeditor, client_keys=[user["key_file"]],
        known_hosts=None, config=None, agent_path=None,
    ) as connection, connection.start_sftp_client() as sftp:  # fmt: skip
        for file, text in ((f"FI.{name}.1", content), (f"GO.{name}", "")):
            async with sftp.open(f"IN/{file}", "w") as upload:
                await upload.write(text)
        return await _answers(sftp, f"FI.{name}.1", seconds)


async def _answers(sftp: asyncssh.SFTPClient, name: str, seconds: float) -> dict[str, str]:
    """Return the answers about a file by their kind; wait until all have come, or until the time is over."""
    found: dict[str, str] = {}
    seen: set[str] = set()
    end = asyncio.get_running_loop().time() + seconds
    while len(found) < 2 and asyncio.get_running_loop().time() < end:
        complete = {str(each) for each in await sftp.listdir("OUT") if str(each).startswith("GO.")} - seen
        for ready in complete:
            answer = ready.replace("GO.", "FO.", 1)
            async with sftp.open(f"OUT/{answer}", "r") as file:
                text = str(await file.read())
            if name in text:
                found[answer.split(".")[1]] = text
        seen |= complete
        await asyncio.sleep(_LOOK_SECONDS)
    return found
