"""Files of expeditors for tests: their texts, their transfer with OpenSSH, and the answers to them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

from deploy.local.deployment import Endpoints
from services.files.transfer.rules import in_base_36
from tests.official import faults_in
from tests.openssh import sftp

_SERIALS = count(1)
_HEAD = """<Identification>{identification}</Identification><FormCreationDate>{day}</FormCreationDate>
<FormCreationHour>08:30:00.000</FormCreationHour><AttestationStatus>0</AttestationStatus><TypeForm>{type}</TypeForm>
<Reference><ReferenceType>1</ReferenceType><ReferenceOrigin>1</ReferenceOrigin><ReferenceNbr>{reference}</ReferenceNbr>
</Reference>"""
_BLOCKS: Final = ("dimonaIn", "dimonaOut", "dimonaUpdate", "dimonaCancel")
_ZONES: Final = {
    "periodId": "DimonaPeriodId", "startDate": "StartingDate", "endDate": "EndingDate",
    "plannedHoursNumber": "PlannedHoursNbr",
}  # fmt: skip


def file_of(forms: Sequence[str], day: date) -> bytes:
    """Return a file with a form for each of these contents, such as `cancel(1)`; form 7 has ref-7."""
    texts = (
        _HEAD.format(identification="DIMONA", day=day, type="SU", reference=f"ref-{number}") + content
        for number, content in enumerate(forms, 1)
    )
    inside = "".join(f"<Form>{text}</Form>" for text in texts)
    return f'<?xml version="1.0" encoding="ISO-8859-1"?>\n<Dimona>{inside}</Dimona>'.encode("latin-1")


def content_of(declaration: Mapping[str, Any]) -> str:
    """Return the content of a form from a declaration of REST v2 with the usual properties."""
    name = next(name for name in _BLOCKS if name in declaration)
    block = declaration[name]
    zones = "".join(f"<{zone}>{block[part]}</{zone}>" for part, zone in _ZONES.items() if part in block)
    if name == "dimonaIn":
        features = block["features"]
        zones += (
            f"<EmployerId><CompanyID>{declaration['employer']['enterpriseNumber']}</CompanyID></EmployerId>"
            f"<NaturalPerson><INSS>{declaration['worker']['ssin']}</INSS></NaturalPerson><DimonaFeatures>"
            f"<JointCommissionNbr>{features['jointCommissionNumber']}</JointCommissionNbr>"
            f"<WorkerType>{features['workerType']}</WorkerType></DimonaFeatures>"
        )
    tag = f"D{name[1:]}"
    return f"<{tag}>{zones}</{tag}>"


def engage(
    enterprise_number: str, ssin: str, day: date, *, commission: str = "XXX", kind: str = "OTH"
) -> str:
    """Return the content of an IN."""
    features = {"jointCommissionNumber": commission, "workerType": kind}
    return content_of(
        {
            "employer": {"enterpriseNumber": enterprise_number},
            "worker": {"ssin": ssin},
            "dimonaIn": {"startDate": day, "features": features},
        }
    )


def query_of(enterprise_number: str, day: date, days: tuple[date, date] | None = None) -> bytes:
    """Return a file with a query of the periods of an employer that are active in these days; None: all."""
    root = "PersonnelFileConsultationRequest"
    head = _HEAD.format(identification="PFREQ", day=day, type="RE", reference="query-1")
    first, last = days or (None, None)
    period = (
        f"<ReferencePeriod><RefStartingDate>{first}</RefStartingDate><RefEndingDate>{last}</RefEndingDate>"
        "</ReferencePeriod>"
    )
    employer = f"<EmployerId><CompanyID>{enterprise_number}</CompanyID></EmployerId>"
    return f"<{root}><Form>{head}{employer}{period if days else ''}</Form></{root}>".encode()


def cancel(period: int) -> str:
    """Return the content of a CANCEL."""
    return content_of({"dimonaCancel": {"periodId": period}})


@dataclass
class FileSender:
    """An expeditor of a deployment: it sends with OpenSSH, and reads its folder OUT."""

    endpoints: Endpoints
    role: str
    folder: Path  #: for files before they are sent

    @property
    def client_id(self) -> str:
        """Return the technical client for which it declares."""
        return self.endpoints.data.client_of(self.role).client_id

    @property
    def expeditor(self) -> str:
        """Return its number."""
        return next(
            each for each, client in self.endpoints.transfer.clients.items() if client == self.client_id
        )

    @property
    def out(self) -> Path:
        """Return its folder OUT on disk."""
        return self.endpoints.transfer.folder / "home" / self.expeditor / "OUT"

    def new_name(self, content: str = "DIMN") -> str:
        """Return the name of a file without kind, such as DIMN.100001.20261130.00007.R.1.1."""
        day = self.endpoints.data.today
        return f"{content}.{self.expeditor}.{day:%Y%m%d}.{in_base_36(next(_SERIALS), 5)}.R.1.1"

    async def run(self, *commands: str) -> None:
        """Run commands of OpenSSH's client. Raise AssertionError if one fails."""
        key = self.endpoints.transfer.keys[self.expeditor]
        done = await asyncio.to_thread(sftp, self.endpoints.transfer.port, self.expeditor, key, commands)
        assert done.returncode == 0, done.stderr

    async def send(self, name: str, content: bytes, *, start: bool = True) -> None:
        """Send a file with its GO file."""
        local, empty = self.folder / name, self.folder / "empty"
        local.write_bytes(content)
        empty.touch()
        go = [f"put {empty} IN/GO.{name.rpartition('.')[0]}"] if start else []
        await self.run(f"put {local} IN/FI.{name}", *go)

    async def answers(
        self, kind: str, about: str, *, most: int = 1, seconds: float = 60
    ) -> list[ElementTree.Element]:
        """Wait for answers about a file, and return their roots. Fail if one is not valid for its schema.

        Args:
            kind: ACRF, NOTI or PFAN.
            about: The name of the file, as for `send`.
            most: The number of answers to wait for.
            seconds: The longest wait.
        """
        found: list[bytes] = []

        def complete() -> bool:
            paths = sorted(self.out.glob(f"GO.{kind}.*")) if self.out.exists() else []
            texts = [path.with_name(path.name.replace("GO.", "FO.", 1)).read_bytes() for path in paths]
            found[:] = [text for text in texts if f"FI.{about}".encode() in text]
            return len(found) >= most

        await until(complete, f"{most} {kind} about {about}", seconds)
        assert [fault for text in found for fault in faults_in(text)] == []
        return [ElementTree.fromstring(text) for text in found]  # noqa: S314 - our own

    async def results_of(self, declarations: Sequence[Mapping[str, Any]]) -> list[ElementTree.Element]:
        """Send declarations in one file, and return the form of each with its final result."""
        name = self.new_name()
        await self.send(name, file_of(list(map(content_of, declarations)), self.endpoints.data.today))
        (notified,) = await self.answers("NOTI", name)
        forms = {form.findtext("Reference/ReferenceNbr"): form for form in notified.findall("Form")}
        return [forms[f"ref-{number}"] for number in range(1, len(declarations) + 1)]


def number_in(form: ElementTree.Element) -> int:
    """Return the Dimona number in the notification of a form."""
    return int(form.findtext("HandledReference/ReferenceNbr") or "")


async def until(holds: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Wait until a condition holds. Raise AssertionError when it does not in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"waited {seconds:.0f} s in vain for {what}"
        await asyncio.sleep(0.05)
