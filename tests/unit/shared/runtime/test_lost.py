"""Calls that wait on a connection end with an error that the session loop knows, however it closed."""

from __future__ import annotations

import asyncio

import aiormq.exceptions
import pytest
from aiormq.base import FutureStore

from shared.runtime.broker import LOST
from tests.foreign.program import is_lost


async def test_a_call_on_a_connection_closed_in_order_ends_with_a_known_error() -> None:
    store = FutureStore(asyncio.get_running_loop())
    waiting = store.create_future()
    await store.reject_all(None)
    with pytest.raises(LOST):
        await waiting
    with pytest.raises(LOST):
        await store.create_future()


async def test_a_call_keeps_the_reason_of_the_broker() -> None:
    store = FutureStore(asyncio.get_running_loop())
    waiting = store.create_future()
    await store.reject_all(aiormq.exceptions.ChannelAccessRefused("no right"))
    with pytest.raises(aiormq.exceptions.ChannelAccessRefused, match="no right"):
        await waiting


@pytest.mark.parametrize(
    ("error", "lost"),
    [
        (Exception(), True),
        (asyncio.CancelledError(), True),
        (ConnectionResetError(), True),
        (aiormq.exceptions.ConnectionClosed(320, "forced"), True),
        (AssertionError(), False),
        (KeyError("name"), False),
    ],
)
async def test_the_client_of_the_tests_repeats_only_calls_on_a_lost_connection(
    error: BaseException, lost: bool
) -> None:
    assert is_lost(error) is lost


async def test_the_client_of_the_tests_obeys_a_request_to_end() -> None:
    async def call() -> bool:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError as error:
            return is_lost(error)
        raise AssertionError("the call was not canceled")

    calling = asyncio.create_task(call())
    await asyncio.sleep(0)
    calling.cancel()
    assert await calling is False
