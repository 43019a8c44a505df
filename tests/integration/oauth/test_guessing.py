"""Guessed names, passwords and codes of authenticators, singly and concurrently."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from deploy.local.deployment import Endpoints
from shared.runtime.database import connect
from tests.asgi import Answer
from tests.portal import LEVEL, Portal
from tests.web import ask

pytestmark = pytest.mark.stack


def _wrong(portal: Portal, name: str, guess: str = "certainly not this one") -> Answer:
    portal.begin()
    user = portal.document["users"].get(name, {"user_name": name})
    return portal.browser.submit(user_name=user["user_name"], password=guess)


def test_an_unknown_name_and_a_wrong_password_have_equal_answers_and_times(portal: Portal) -> None:
    def measured(name: str) -> tuple[float, bytes]:
        portal.browser.cookies.clear()
        begun = time.perf_counter()
        answer = _wrong(portal, name)
        return time.perf_counter() - begun, answer.body.replace(_hidden(portal), b"").split(b"</style>")[1]

    def _hidden(portal: Portal) -> bytes:
        assert portal.browser.page is not None
        return portal.browser.page.fields["form"].encode()

    names = ["municipality.principal", "nobody.of.that.name"]
    turns: list[list[tuple[float, bytes]]] = []
    for source in ("127.0.0.11", "127.0.0.12", "127.0.0.13", "127.0.0.14"):
        portal.browser.source = source  # the fifth attempt from a place is blocked
        turns += [[measured(name) for name in names] for _ in range(4)]
        # Whatever else the machine does only adds: the least tells what each takes.
        wrong, unknown = (min(seconds for seconds, _ in taken) for taken in zip(*turns, strict=True))
        if 0.4 < wrong / unknown < 2.5:
            break
    assert len({body for turn in turns for _, body in turn}) == 1
    assert 0.4 < wrong / unknown < 2.5


async def test_concurrent_guesses_are_blocked(
    portal: Portal, another: Callable[[], Portal], served: Endpoints
) -> None:
    name = "studio.representative"
    with ThreadPoolExecutor(20) as executor:
        answers = list(executor.map(lambda n: _wrong(another(), name, f"guess number {n}"), range(12)))
    assert {answer.status for answer in answers} <= {400, 429}
    connection = await connect(served.postgres_dsn)
    try:
        looked_at = await connection.fetchval(
            """SELECT attempts FROM access.factor JOIN access.login USING (user_id)
            WHERE user_name = $1 AND kind = 'password'""",
            name,
        )
        assert looked_at == 5, "no more than five were looked at"
        portal.begin()
        assert portal.password(name).status == 400, "the right one neither, while it is blocked"
        await connection.execute("UPDATE access.attempt SET blocked_until = clock_timestamp()")
        portal.begin()
        assert portal.password(name).status == 303
    finally:
        await connection.close()


async def test_wrong_passwords_elsewhere_do_not_block_a_known_device(
    portal: Portal, another: Callable[[], Portal]
) -> None:
    """Five wrong passwords from anywhere once blocked the right person."""
    name = "nursery.principal"
    portal.logged_in(name)
    for cookie in ("dimona_session", "dimona_form"):
        portal.browser.cookies.pop(cookie, None)
    stranger = another()
    stranger.browser.source = "127.0.0.6"
    for guess in range(12):
        assert _wrong(stranger, name, f"guess number {guess}").status == 400
    stranger.begin()
    assert stranger.password(name).status == 400, "the source that guessed is blocked"
    portal.begin()
    assert portal.password(name).status == 303, "a remembered device is not"
    elsewhere = another()
    elsewhere.browser.source = "127.0.0.7"
    elsewhere.begin()
    assert elsewhere.password(name).status == 303, "nor is another place"


async def test_guesses_from_many_places_block_unknown_devices_only(
    portal: Portal, another: Callable[[], Portal], served: Endpoints
) -> None:
    name = "secretariat.principal"
    portal.logged_in(name)
    connection = await connect(served.postgres_dsn)
    try:
        await connection.execute(
            """UPDATE access.factor SET attempts = 50 FROM access.login
            WHERE login.user_id = factor.user_id AND user_name = $1 AND kind = 'password'""",
            name,
        )
    finally:
        await connection.close()
    stranger = another()
    stranger.browser.source = "127.0.0.8"
    assert _wrong(stranger, name).status == 400
    fresh = another()
    fresh.browser.source = "127.0.0.9"
    fresh.begin()
    assert fresh.password(name).status == 400
    portal.browser.cookies.pop("dimona_session")
    portal.begin()
    assert portal.password(name).status == 303


def test_connections_from_one_place_leave_room_for_others(another: Callable[[], Portal]) -> None:
    """Forty connections from one place once caused 429 for all other senders."""
    with ThreadPoolExecutor(41) as executor:
        flood = [executor.submit(_wrong, another(), f"nobody.{n}") for n in range(40)]
        other = another()
        other.browser.source = "127.0.0.10"
        other.begin()
        answer = other.password("hotel.all")
        statuses = {done.result().status for done in flood}
    assert answer.status == 303
    assert 429 in statuses


def test_a_code_of_the_authenticator_is_valid_once(another: Callable[[], Portal]) -> None:
    name = "provider.principal"
    first, second = another(), another()
    for portal in (first, second):
        portal.begin(acr_values=f"{LEVEL}400")
        assert portal.password(name).status == 200
    code = first.code(name)
    assert first.browser.submit(code=code).status == 303
    assert second.browser.submit(code=code).status == 400
    assert second.totp(name, -1).status == 400, "nor one from before it"
    assert second.totp(name, 1).status == 303


def test_a_right_password_does_not_reset_the_guesses_of_the_second_factor(portal: Portal) -> None:
    name = "authority.officer"
    for _ in range(5):
        portal.browser.cookies.clear()
        portal.begin(acr_values=f"{LEVEL}400")
        assert portal.password(name).status == 200
        assert portal.browser.submit(code="000000").status == 400
    assert portal.totp(name).status == 400, "blocked, though it is right"


def test_attempts_and_tokens_are_counted(portal: Portal, served: Endpoints) -> None:
    def counted(line: str) -> float:
        rows = ask(f"{served.ops_url('access')}/metrics").body.decode().splitlines()
        found = [row for row in rows if row.startswith(line)]
        return float(found[0].rpartition(" ")[2]) if found else 0.0

    lines = (
        'dimona_login_attempts_total{factor="password",outcome="wrong"}',
        'dimona_login_attempts_total{factor="password",outcome="right"}',
        'dimona_tokens_total{grant="authorization_code",outcome="issued"}',
        'dimona_tokens_total{grant="authorization_code",outcome="invalid_grant"}',
    )
    before = [counted(line) for line in lines]
    _wrong(portal, "nobody.of.that.name")
    portal.logged_in("hotel.representative")
    assert portal.redeem("made-up").status == 400
    assert [counted(line) - was for line, was in zip(lines, before, strict=True)] == [1, 1, 1, 1]
