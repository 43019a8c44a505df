"""`dimona omission import`: import worked days, and compare them with the declarations."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from services.identification.commands import open_declarations
from services.personnel_file.commands import (
    FindingsError,
    FindingsFile,
    OpenIdentification,
    import_findings,
    omission,
)
from shared.domain.declaration import In, typed
from shared.messages import ReceivedDeclaration
from shared.runtime.operator import ENDPOINTS, EndpointsOption, SecretsOption, load

__all__ = ["omission"]


@omission.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="CSV (.csv) or JSON lines: docs/how-to/omission.md.")],
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Import a file of worked days, and judge every day without outcome.

    A file with a wrong line is refused as a whole. A file that is known adds nothing; days that were pending
    are judged again.
    """
    operator = load(endpoints, secrets_dir)
    try:
        findings = FindingsFile.of(file)
        waiting = [
            open_
            for text in operator.query(open_declarations)
            if (open_ := open_identification(ReceivedDeclaration.model_validate_json(text))) is not None
        ]
        added, outcomes = operator.query(import_findings, findings, waiting)
    except (FindingsError, OSError) as error:
        raise typer.BadParameter(str(error)) from None
    print("this file is known: nothing was added" if added is None else f"{added} day(s) imported")
    for outcome, days in sorted(outcomes.items()):
        print(f"{days:>10}  {outcome}")


def open_identification(declaration: ReceivedDeclaration) -> OpenIdentification | None:
    """Return the open identification of an IN; None for another declaration."""
    if declaration.declared.dimona_in is None or declaration.employer is None:
        return None
    in_ = typed(declaration.declared)
    assert isinstance(in_, In), "it has the block of an IN"
    user, worker = in_.features.using_employer, declaration.declared.worker
    numbers = (declaration.employer.enterprise_number, None if user is None else user.enterprise_number)
    return OpenIdentification(
        frozenset(number for number in numbers if number is not None),
        in_.span.start,
        in_.span.end,
        declaration.received_at,
        None if worker is None else worker.ssin,
    )
