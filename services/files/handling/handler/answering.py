"""Decide which files are written for expeditors: acknowledgements, and notifications in portions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.files.handling.store import answers
from services.files.transfer.rules import OUT_FOLDERS, AnswerKind, Environment, answer_name
from shared.domain.calendar import local_date
from shared.runtime.database import Transaction
from shared.runtime.step import Effect

NOTIFICATIONS_MOST: Final = 5000  #: forms in one NOTI file
#: A NOTI file is complete with the form that reaches it. A form with many anomalies has a long notification.
NOTIFICATION_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class AnswerFile:
    """A file to write: the file that it answers with its expeditor and environment, and its content."""

    ticket: str
    expeditor: str
    environment: Environment
    kind: AnswerKind


async def add_answer(tx: Transaction, file: AnswerFile) -> int:
    """Store that a file is to be written. Return its number."""
    number = await answers.take_answer_number(tx)
    name = answer_name(file.kind, local_date(tx.now), number, file.environment)
    folder = OUT_FOLDERS[file.environment]
    await answers.add_answer(tx, number, file.ticket, file.expeditor, name, file.kind, folder)
    return number


class Gathering:
    """The timer that gathers results into NOTI files. `seconds` is the longest wait of a result."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def gather(self, tx: Transaction) -> Sequence[Effect]:
        """Choose the results of the next NOTI file of each file with results to write."""
        for ticket, expeditor, environment in await answers.lock_due(tx, self._seconds):
            file = AnswerFile(ticket, expeditor, Environment(environment), AnswerKind.NOTIFICATION)
            number = await add_answer(tx, file)
            await answers.gather(tx, ticket, number, NOTIFICATIONS_MOST, NOTIFICATION_BYTES)
        return ()
