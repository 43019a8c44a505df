"""Rows that no loader stores: planned ends of identifications, planned 503s, a used-up quota, locks."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import asyncpg

from deploy.local.demo.data import DemoData
from deploy.local.sandbox.data import SandboxData
from deploy.local.sandbox.employers import TEST_EMPLOYERS
from deploy.local.sandbox.scenarios import scenarios

_REHEARSAL: Final = "INSERT INTO access.rehearsal VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
_INTERRUPTION: Final = "INSERT INTO access.interruption VALUES ($1) ON CONFLICT DO NOTHING"
_USED: Final = """
INSERT INTO personnel_file.account_days (account, day, periods) VALUES ($1, $2, 1) ON CONFLICT DO NOTHING"""
#: A trigger, in the database of the sandbox only, that locks each new period of one test worker, as an agent
#: would do.
_LOCK: Final = """
CREATE OR REPLACE FUNCTION personnel_file.lock_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.locked := true;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER lock_period BEFORE INSERT ON personnel_file.periods
    FOR EACH ROW WHEN (NEW.ssin = '{}') EXECUTE FUNCTION personnel_file.lock_period();"""
_QUOTA: Final = 200  #: days of an employer in Horeca in a year (rule R67)


async def store_rows(dsn: str, data: DemoData) -> None:
    """Store the rows for the sandbox; do nothing for other data. Existing rows stay unchanged.

    `dsn` is the address of the database as its owner.
    """
    if not isinstance(data, SandboxData):
        return
    connection = await asyncpg.connect(dsn)
    try:
        for scenario in scenarios().values():
            if scenario.ends is not None:
                row = scenario.declared_worker, scenario.ends.after, scenario.found_as
                await connection.execute(_REHEARSAL, *row)
            if scenario.interrupted:
                await connection.execute(_INTERRUPTION, scenario.test_worker.ssin)
            if scenario.locked:
                await connection.execute(_LOCK.format(scenario.test_worker.ssin))
        inn = next(employer for employer in TEST_EMPLOYERS if employer.role == "inn")
        await connection.executemany(_USED, [(inn.enterprise_number, day) for day in used_days(data.today)])
    finally:
        await connection.close()


def used_days(today: date) -> list[date]:
    """Return days of work that together use up the yearly quota of an employer.

    They are in the year of tomorrow, as far from tomorrow as possible, so that tomorrow itself is free.
    """
    tomorrow = today + timedelta(1)
    first = date(tomorrow.year, 1, 1)
    days = [first + timedelta(count) for count in range(365)]
    return sorted(days, key=lambda day: -abs(day - tomorrow))[:_QUOTA]
