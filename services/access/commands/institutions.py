"""`dimona institution`: grant, confirm, end and show the authorizations of institutions."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import typer
from pydantic import ValidationError

from services.access.authorizations.rules import Terms, faults
from services.access.authorizations.store import status, terms_of, versions
from services.access.commands import store
from shared.runtime.database import Record
from shared.runtime.operator import (
    ENDPOINTS,
    EndpointsOption,
    ReasonOption,
    SecretsOption,
    load,
    print_table,
)

institution = typer.Typer(no_args_is_help=True, help="Institutions and their authorizations to get the feed.")

_REFUSALS: Final = {
    "unknownInstitution": "there is no such institution",
    "noProposal": "this version is not proposed any more, or it never was",
    "sameAgent": "another operator confirms it",
    "otherKind": "an agent confirms the proposal of an agent, over the API",
    "expired": "this proposal has expired",
    "noAuthorization": "the institution has no authorization to end",
}

InstitutionArgument = Annotated[str, typer.Argument(metavar="INSTITUTION", help="The institution id.")]


@institution.command()
def grant(
    institution_id: InstitutionArgument,
    file: Annotated[Path, typer.Argument(help="The terms in JSON.", exists=True)],
    reason: ReasonOption,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Propose an authorization, or other terms of one. It gives nothing until another person confirms it.

    A former proposal that waits is withdrawn. Your login at the database is recorded.
    """
    try:
        terms = Terms.model_validate_json(file.read_bytes())
    except ValidationError as error:
        raise typer.BadParameter(str(error)) from None
    if found := faults(terms):
        raise typer.BadParameter("; ".join(finding.detail for finding in found))
    outcome = load(endpoints, secrets_dir).query(
        store.grant_authorization, institution_id, terms.model_dump(mode="json"), reason
    )
    _check(outcome)
    print(f"proposed; `dimona institution show {institution_id}` has what another person confirms")


@institution.command()
def confirm(
    institution_id: InstitutionArgument,
    authorization_id: Annotated[UUID, typer.Argument(metavar="AUTHORIZATION", help="As `show` prints it.")],
    version: Annotated[int, typer.Argument(metavar="VERSION", help="As `show` prints it.")],
    reason: ReasonOption,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Confirm a proposal of another person. It counts from its begin, at once if that is past."""
    operator = load(endpoints, secrets_dir)
    _check(operator.query(store.confirm_authorization, institution_id, authorization_id, version, reason))
    print("confirmed")


@institution.command()
def end(
    institution_id: InstitutionArgument,
    reason: ReasonOption,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """End the authorization of an institution at once, with its proposals and planned versions.

    Its token is refused, no event is sent to it, and the provisioner deletes its broker user and empties its
    queue within seconds. All versions stay in the register.
    """
    _check(load(endpoints, secrets_dir).query(store.end_authorization, institution_id, reason))
    print(f"{institution_id} gets no event any more")


@institution.command()
def show(
    institution_id: InstitutionArgument,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Show all versions of the authorizations of an institution, the latest first."""
    rows = load(endpoints, secrets_dir).query(versions, institution_id)
    for row in rows:
        _print_version(row)
    if not rows:
        print("the institution has no authorization")


def _print_version(row: Record) -> None:
    print(f"\n{row['authorization_id']} {row['version']}: {status(row)}")
    shown = [
        (name, _text(value))
        for name, value in terms_of(row).items()
        if name not in ("authorization_id", "version", "institution_id") and value is not None
    ]
    print_table(("", ""), shown, nothing="", width=160)


def _text(value: object) -> str:
    match value:
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}Z"
        case list():
            return ", ".join(value)
        case _:
            return str(value)


def _check(outcome: str) -> None:
    if outcome != "done":
        raise typer.BadParameter(_REFUSALS[outcome])
