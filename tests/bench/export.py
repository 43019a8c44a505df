"""`make bench-export`: an export of a million periods of one employer, in each form.

Fills the personnel file, and reads each file over intake, as a client does. Measures rows per second, and
the largest memory of the two processes that the file passes through. Writes `.run/bench-export.json`; fails
when a row is missing, or a process has had more than 200 MB.

It takes some minutes and 3 GB of disk. `ROWS=100000` gives a short run.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg
import psutil

from deploy.local.deployment import ROOT, Endpoints
from deploy.local.stack import Stack
from services.personnel_file.consultation.channels.files import Form
from services.personnel_file.consultation.handler import CONSULT
from tests.bench.filling import fill
from tests.tokens import bearer
from tests.web import ask

RESULT: Final = ROOT / ".run" / "bench-export.json"
MOST_MB: Final = 200.0
_FOLDER: Final = Path(".run/bench-export")
_PROCESSES: Final = ("personnel_file", "intake")
_CHUNK: Final = 1 << 20


def main() -> None:
    """Measure, print and write the figures."""
    rows = int(os.environ.get("ROWS", "1000000"))
    stack = Stack(_FOLDER, services=("access", *_PROCESSES), say=_say)
    try:
        stack.start()
        employer = stack.endpoints.data.organizations["bakery"].enterprise_number
        asyncio.run(_filled(stack.endpoints, rows, employer))
        figures = {form.value: _measured(stack.endpoints, form) for form in Form}
    finally:
        stack.stop()
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps(figures, indent=1))
    for form, found in figures.items():
        if found["rows"] != rows or max(found["peak_mb"].values()) > MOST_MB:
            sys.exit(f"{form}: {found}")


async def _filled(endpoints: Endpoints, rows: int, employer: str) -> None:
    owner = await asyncpg.connect(endpoints.superuser_dsn)
    await fill(owner, rows, 0, [employer], rows, _say, one_in=1)
    await owner.execute("VACUUM ANALYZE personnel_file.periods", timeout=3_600)
    await owner.close()


def _measured(endpoints: Endpoints, form: Form) -> dict[str, Any]:
    headers = bearer(endpoints, endpoints.data.client_of("bakery").client_id, CONSULT, level=0)
    url = f"{endpoints.api_url('intake')}/REST/dimona/v2/exports"
    made = ask(url, "POST", headers, {"format": form.value, "criteria": {}})
    assert made.status == 202, made.body
    href = made.json()["href"]
    began = time.perf_counter()
    size = _read(f"{href}/content", headers)
    seconds = time.perf_counter() - began
    state = ask(href, "GET", headers).json()
    found = {
        "rows": state["deliveredRows"],
        "seconds": round(seconds, 1),
        "rows_per_second": round(state["deliveredRows"] / seconds),
        "bytes": size,
        "peak_mb": {service: _peak_mb(service) for service in _PROCESSES},
    }
    _say(f"{form}: {found}")
    return found


def _read(url: str, headers: Mapping[str, str]) -> int:
    """Read a file and return its bytes. Raise http.client.IncompleteRead if it breaks off."""
    parts = urlsplit(url)
    with closing(http.client.HTTPConnection(parts.netloc, timeout=60)) as connection:
        connection.request("GET", parts.path, headers=dict(headers))
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        size = 0
        while chunk := answer.read(_CHUNK):
            size += len(chunk)
    return size


def _peak_mb(service: str) -> float:
    """Return the largest resident memory that the process of a service has had."""
    (process,) = [
        each
        for each in psutil.Process().children(recursive=True)
        if f"services.{service}" in each.cmdline() and each.cmdline()[0].endswith(("python", "python3"))
    ]
    status = Path(f"/proc/{process.pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return round(int(line.split()[1]) / 1024, 1)


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


if __name__ == "__main__":
    main()
