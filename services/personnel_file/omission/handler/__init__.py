"""Import files of findings, and judge the findings (ADR 32)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from services.personnel_file.omission.channels import FindingsFile
from services.personnel_file.omission.rules.judge import OpenIdentification, Outcome, judge
from services.personnel_file.omission.store import files, judging
from shared.runtime.database import Connection

_CHUNK: Final = 4_000  #: findings of one transaction; memory holds their declarations


async def import_file(connection: Connection, file: FindingsFile) -> int | None:
    """Add a file with all its findings in one transaction.

    Return the number of findings; None if a file with this content is known, which changes nothing. Raise
    FindingsError, and add nothing, if a line cannot be read.
    """
    async with connection.transaction():
        file_id = await files.add_file(connection, file.sha256, file.days)
        if file_id is None:
            return None
        now = await files.load_instant(connection)
        await files.add_findings(connection, file_id, file.findings(now))
    return file.days


async def judge_findings(
    connection: Connection, identifications: Sequence[OpenIdentification]
) -> Counter[Outcome]:
    """Judge every finding without judgement, chunk by chunk, and return the number of days by outcome.

    A pending finding gets no judgement, so that the next call judges it again.

    Args:
        connection: A connection that is in no transaction.
        identifications: The INs that wait for the identification of their worker, with NISS in force.
    """
    outcomes: Counter[Outcome] = Counter()
    for file_id in await files.load_unjudged_files(connection):
        place: judging.Place | None = judging.START
        while place is not None:
            async with connection.transaction():
                await judging.lock_judging(connection)
                found = await judging.load_unjudged(connection, file_id, place, _CHUNK)
                outcomes += await _judge(connection, file_id, found, identifications)
            place = found[-1].place if found else None
    return outcomes


async def _judge(
    connection: Connection,
    file_id: int,
    found: Sequence[judging.Found],
    identifications: Sequence[OpenIdentification],
) -> Counter[Outcome]:
    employers = {each.finding.employer for each in found}
    open_ = [each for each in identifications if not each.employers.isdisjoint(employers)]
    declarations = await judging.load_declarations(connection, [each.key for each in found])
    until = await judging.load_removed_until(connection)
    judged = [(each, judge(each.finding, declarations.get(each.key, ()), open_, until)) for each in found]
    final = [each for each in judged if each[1].outcome is not Outcome.PENDING]
    await judging.add_judgements(connection, file_id, final)
    return Counter(judgement.outcome for _, judgement in judged)
