"""Every operation that shows data about a person leaves a row: no row, no data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest
import typer
import yaml

from services.access.operations import OPERATIONS as ACCESS
from services.cli.main import commands
from services.contact.operations import OPERATIONS as CONTACT
from services.personnel_file.consultation.api import OPERATIONS as CONSULTATION
from shared.runtime.authorization import Operation
from tests.contracts.looks import COMMANDS, HARMLESS, QUEUES, RECORDED
from tests.contracts.openapi import contracts, operations

_ASYNCAPI: Final = Path(__file__).parents[2] / "contracts" / "asyncapi.yaml"
#: Name of the operation in the table of contact, where it differs from the contract.
_IN_CONTACT: Final = {"getContestations": "readContestations", "getContestation": "readContestations"}


def listed() -> set[tuple[str, str]]:
    """Return contract and operation of every row of the two tables."""
    return {
        (contract, name) for table in (RECORDED, HARMLESS) for contract in table for name in table[contract]
    }


def commands_of(app: typer.Typer, prefix: str = "") -> Iterator[str]:
    """Yield the commands of an app, such as `parked show`."""
    for command in app.registered_commands:
        assert command.callback is not None
        yield prefix + (command.name or command.callback.__name__.replace("_", "-"))
    for group in app.registered_groups:
        assert group.typer_instance is not None
        yield from commands_of(group.typer_instance, f"{prefix}{group.name} ")


def test_every_http_operation_has_a_record_or_a_reason() -> None:
    said = {(each.contract, each.document["operationId"]) for each in operations()}
    assert said == listed()
    assert set(contracts()) == set(RECORDED) == set(HARMLESS)


def test_no_operation_has_a_record_and_a_reason() -> None:
    for contract, names in RECORDED.items():
        assert not names.keys() & HARMLESS[contract].keys()


def test_every_queue_operation_has_a_record_or_a_reason() -> None:
    assert yaml.safe_load(_ASYNCAPI.read_text())["operations"].keys() == QUEUES.keys()


def test_every_command_has_a_record_or_a_reason() -> None:
    assert set(commands_of(commands)) == COMMANDS.keys()


@pytest.mark.parametrize(
    ("of", "table", "names"), [(("access",), ACCESS, {}), (("contact", "person"), CONTACT, _IN_CONTACT)]
)
def test_a_look_into_the_common_record_is_taken_with_the_rights(
    of: tuple[str, ...], table: Mapping[str, Operation], names: Mapping[str, str]
) -> None:
    """Every call of such an operation stores its look in the transaction that answers."""
    rows = [row for contract in of for row in RECORDED[contract].items()]
    said = {names.get(name, name) for name, record in rows if record == "platform.looks"}
    assert said == {name for name, operation in table.items() if operation.recorded}


def test_every_operation_of_the_consultation_is_known_to_the_table() -> None:
    assert CONSULTATION.keys() == RECORDED["consultation"].keys() | HARMLESS["consultation"].keys()
