"""`dimona register`: send entries for the registers of persons and careers."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from shared.domain.identifiers import parse_ssin
from shared.messages import Career, CareerRegistered, RegisterEntry, WorkerRegistered
from shared.runtime.operator import ENDPOINTS, EndpointsOption, SecretsOption, load, publish

register = typer.Typer(no_args_is_help=True, help="The registers of persons and careers of this deployment.")


@register.command()
def add(
    file: Annotated[
        Path, typer.Option(help='JSON: one person, or {"persons": [...], "careers": [...]}.', exists=True)
    ],
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Send new or changed persons and careers to identification.

    A person: ssin, familyName, givenName, birthDate (1985-00-00 when unknown), gender (0, 1, 2),
    nationality (NIS code); where known, address (street, postCode, municipality: NIS code), deceasedOn,
    and replacedBy, the NISS that replaces this one; optionally sequence, the register's own number of the
    change. A quarter of a career: ssin, quarter (2026Q1), share (part of full time with all employers, 0.8
    for four fifths; without it the earlier value is withdrawn), foreignShare (worked abroad, as an agent
    entered it), pensioner (true or false), optionally sequence.
    """
    document = json.loads(file.read_text())
    careers = document.get("careers", [])
    persons = document.get("persons", [] if "careers" in document else [document])
    now = time.time_ns() // 1000  # later commands count as later changes
    try:
        workers = [
            WorkerRegistered(worker=RegisterEntry.model_validate(row), sequence=row.get("sequence", now + n))
            for n, row in enumerate(persons)
        ]
        quarters = [
            CareerRegistered(career=Career.model_validate(row), sequence=row.get("sequence", now + n))
            for n, row in enumerate(careers)
        ]
    except ValidationError as error:
        raise typer.BadParameter(str(error)) from None
    numbers = [*(message.worker.ssin for message in workers), *(message.career.ssin for message in quarters)]
    if not all(map(parse_ssin, numbers)):
        raise typer.BadParameter("a person has no valid NISS")
    publish(load(endpoints, secrets_dir), [*workers, *quarters])
    print(f"sent to identification: {len(workers)} person(s) and {len(quarters)} quarter(s) of careers")
