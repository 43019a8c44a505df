"""Ask the personnel file for the periods of queries, page by page, and decide their answers (ADR 28)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from services.files.handling.handler.answering import AnswerFile, add_answer
from services.files.handling.handler.notifying import file_of
from services.files.handling.requests import from_text, result_of
from services.files.handling.store import queries
from services.files.handling.store.queries import OpenQuery, Page
from services.files.transfer.rules import AnswerKind, Environment
from services.files.xml import noti
from services.files.xml.content import PlacedAnomaly
from services.files.xml.pfans import Found, periods_of
from services.files.xml.pfreq import Request
from services.files.xml.reading import Form
from services.files.xml.structure import FORM
from shared.consultation import PeriodsAsked, PeriodsFound, Unanswered
from shared.runtime import file_metrics
from shared.runtime.database import Transaction
from shared.runtime.logs import log
from shared.runtime.step import Effect

OPEN_MOST: Final = 4  #: pages of all queries that are open at one time
ATTEMPTS_MOST: Final = 6  #: of one page, ten minutes apart
_NO_PAGE: Final = "The search could not be done. Send the query again under another name"


async def ask(tx: Transaction) -> Sequence[Effect]:
    """Return the messages that ask for the next pages. A query with anomalies is refused.

    If a page has not come after several attempts, for example because its message is parked each time, its
    query is given up. The page would be asked for without end.
    """
    effects: list[Effect] = []
    for query in await queries.ask(tx, OPEN_MOST):
        request = from_text(query.request)
        if query.attempts > ATTEMPTS_MOST:
            await _give_up(tx, query, request)
        elif request.anomalies:
            await _refuse(tx, query, request)
        else:
            effects.append(_asked(query, request, tx.now))
    return effects


async def store_pages(tx: Transaction, pages: Sequence[PeriodsFound]) -> Sequence[Effect]:
    """Store pages of periods, and answer each query that they end. Return what asks for the next pages.

    A repeated page is dropped.
    """
    for page in pages:
        query = await queries.lock_open(tx, page.ticket, page.page)
        if query is not None:
            await _store(tx, query, page)
    return await ask(tx)


async def _store(tx: Transaction, query: OpenQuery, page: PeriodsFound) -> None:
    request, employer = from_text(query.request), page.employer
    if employer is None:
        anomaly = PlacedAnomaly(_code(page.unanswered, request), request.place)
        await _refuse(tx, query, replace(request, anomalies=(anomaly,)))
        return
    count, more = len(page.periods), page.after is not None
    stored = Page(page.page, periods_of(page.periods), count, page.after or query.after, employer)
    await queries.add_page(tx, query.ticket, stored)
    too_long = page.unanswered is Unanswered.TOO_LONG
    result = Found.TOO_MANY if too_long else result_of(query.periods + count, page.page, more)
    if result is Found.TOO_MANY:
        await queries.drop_pages(tx, query.ticket)
    if result is not None:
        answer = await add_answer(tx, _answer_file(query, AnswerKind.PERIODS))
        await queries.end_query(tx, query.ticket, answer, result=result)


async def _refuse(tx: Transaction, query: OpenQuery, request: Request) -> None:
    """Answer a query with a notification of its anomalies."""
    form = Form(1, request.head, None, request.anomalies, {})
    await _end_refused(tx, query, noti.refusal_form(file_of(query), form, tx.now))


async def _give_up(tx: Transaction, query: OpenQuery, request: Request) -> None:
    """Answer a query that gets no page with a notification of 90059-163."""
    log.warning("query_given_up", ticket=query.ticket, page=query.page)
    file_metrics.FILE_QUERIES_GIVEN_UP.inc()
    form = Form(1, request.head, None, (), {FORM.path: request.place})
    await queries.drop_pages(tx, query.ticket)
    await _end_refused(tx, query, noti.problem_form(file_of(query), form, _NO_PAGE, tx.now))


async def _end_refused(tx: Transaction, query: OpenQuery, refusal: bytes) -> None:
    answer = await add_answer(tx, _answer_file(query, AnswerKind.NOTIFICATION))
    await queries.end_query(tx, query.ticket, answer, refusal=refusal)


def _answer_file(query: OpenQuery, kind: AnswerKind) -> AnswerFile:
    return AnswerFile(query.ticket, query.expeditor, Environment(query.environment), kind)


def _asked(query: OpenQuery, request: Request, at: datetime) -> PeriodsAsked:
    return PeriodsAsked(
        client_id=query.client_id,
        ticket=query.ticket,
        page=query.page,
        employer_id=request.employer_id,
        enterprise_number=request.enterprise_number,
        start_date=request.start,
        end_date=request.end,
        after=query.after,
        asked_at=at,
    )


def _code(reason: Unanswered | None, request: Request) -> str:
    """Return the anomaly of a query without page: an employer that is unknown, or one without mandate."""
    if reason is Unanswered.NO_MANDATE:
        return "90256-155"
    return "00014-235" if request.employer_id is None else "00011-235"
