"""The classification of failures: the fault of each SQLSTATE that the server, not a message, causes."""

from __future__ import annotations

import asyncpg
import pytest

from shared.runtime.errors import BY_SQLSTATE, Fault, OurError, classify, reason

#: One code of each class in the table.
CODES = {
    "08006": Fault.OUTAGE,  # connection failure
    "53100": Fault.OUTAGE,  # disk full
    "53300": Fault.OUTAGE,  # too many connections
    "25006": Fault.OUTAGE,  # read-only transaction
    "28P01": Fault.OUTAGE,  # invalid password
    "28000": Fault.OUTAGE,  # invalid authorization
    "3D000": Fault.OUTAGE,  # no such database
    "42501": Fault.OUTAGE,  # insufficient privilege
    "57014": Fault.OUTAGE,  # query canceled
    "58030": Fault.OUTAGE,  # I/O error
    "XX000": Fault.OUTAGE,  # internal error
    "XX001": Fault.OUTAGE,  # data corrupted
    "57P01": Fault.OUTAGE,  # shutdown by an administrator
    "57P03": Fault.OUTAGE,  # starting up
    "55P03": Fault.CONTENTION,  # lock not available
    "40001": Fault.CONFLICT,  # serialization failure
    "40P01": Fault.CONFLICT,  # deadlock detected
    "23505": Fault.DETERMINISTIC,  # unique violation
    "22003": Fault.DETERMINISTIC,  # numeric value out of range
    "55006": Fault.DETERMINISTIC,  # object in use: the class of 55P03
    "25001": Fault.DETERMINISTIC,  # active transaction: the class of 25006
    "42P01": Fault.DETERMINISTIC,  # undefined table: the class of 42501
}


def error_of(code: str) -> asyncpg.PostgresError:
    """Return an error as asyncpg raises it for a code."""
    error: asyncpg.PostgresError = asyncpg.PostgresError.new({"C": code, "M": "text", "S": "ERROR"})
    return error


@pytest.mark.parametrize("code", CODES)
def test_the_fault_of_a_code(code: str) -> None:
    assert classify(error_of(code)) is CODES[code]


def test_each_class_of_the_table_has_a_case() -> None:
    assert {prefix for prefix in BY_SQLSTATE if not any(code.startswith(prefix) for code in CODES)} == set()


@pytest.mark.parametrize("error", [TimeoutError(), asyncpg.InterfaceError("x")])
def test_an_error_of_the_client_library_needs_a_probe(error: Exception) -> None:
    assert classify(error) is Fault.AMBIGUOUS


def test_a_lost_connection_is_an_outage_and_any_other_error_the_fault_of_the_message() -> None:
    assert classify(ConnectionResetError()) is Fault.OUTAGE
    assert classify(KeyError("x")) is Fault.DETERMINISTIC


def test_a_reason_quotes_only_our_own_errors() -> None:
    assert reason(OurError("no such case")) == "no such case"
    assert reason(KeyError("85073003328")) == "KeyError"
