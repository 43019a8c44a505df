"""The client of `samples/python/by_rest.py` follows the poll schedule, and repeats safe requests only."""

from __future__ import annotations

import io
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from email.message import Message
from importlib import import_module
from itertools import accumulate, chain, repeat
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ADDRESS = "https://dimona.example.be/605114838201"


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Return the program as a module."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "samples" / "python"))
    yield import_module("by_rest")
    for name in ("by_rest", "access_token"):
        del sys.modules[name]


class ScriptedServer:
    """A clock that moves by sleeping only, and scripted answers; the last answer repeats for ever."""

    def __init__(
        self, example: ModuleType, monkeypatch: pytest.MonkeyPatch, answers: Sequence[Exception | bytes]
    ) -> None:
        self.now, self.asked, self.tokens = 1000.0, list[tuple[float, str]](), 0
        self._answers = chain(answers, repeat(answers[-1]))
        monkeypatch.setattr(example.time, "sleep", self._sleep)
        monkeypatch.setattr(example.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(example, "token", self._token)
        monkeypatch.setattr(urllib.request, "urlopen", self._open)
        self.client = example.Client("token url", "client", "key")

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def _token(self, *_who: str) -> dict[str, object]:
        self.tokens += 1
        return {"access_token": str(self.tokens), "expires_in": 600}

    def _open(self, request: urllib.request.Request, **_more: object) -> Any:
        self.asked.append((self.now - 1000, str(request.headers["Authorization"])))
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        response = io.BytesIO(answer)
        response.headers = Message()  # type: ignore[attr-defined]
        response.headers["Location"] = ADDRESS  # type: ignore[attr-defined]
        return response


def status(code: int) -> urllib.error.HTTPError:
    return urllib.error.HTTPError(ADDRESS, code, "", Message(), None)


def said(letter: str) -> bytes:
    return f'{{"declarationStatus": {{"result": "{letter}"}}}}'.encode()


def test_the_client_polls_by_the_official_schedule(
    example: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not before 2 s, each second until 30 s, each minute until 20 minutes; no expired token is sent."""
    played = ScriptedServer(example, monkeypatch, [status(404)])
    assert example.result(ADDRESS, played.client) is None
    at = [moment for moment, _ in played.asked]
    assert at == list(accumulate([2, *[1] * 28, *[60] * 19]))
    assert (at[0], at[28], at[29], at[-1]) == (2, 30, 90, 1170)
    assert played.tokens == 3
    for number in "123":
        times = [moment for moment, header in played.asked if header == f"Bearer {number}"]
        assert times[-1] - times[0] < 600


@pytest.mark.parametrize(
    "trouble", [status(500), status(503), urllib.error.URLError("away"), TimeoutError(), said("S")]
)
def test_a_failed_poll_is_repeated(
    example: ModuleType, monkeypatch: pytest.MonkeyPatch, trouble: Exception | bytes
) -> None:
    played = ScriptedServer(example, monkeypatch, [trouble, trouble, said("W")])
    assert example.result(ADDRESS, played.client)["declarationStatus"]["result"] == "W"
    assert [moment for moment, _ in played.asked] == [2, 3, 4]


@pytest.mark.parametrize("code", [400, 401, 403])
def test_a_permanent_error_ends_the_polling(
    example: ModuleType, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    played = ScriptedServer(example, monkeypatch, [status(code)])
    with pytest.raises(urllib.error.HTTPError):
        example.result(ADDRESS, played.client)
    assert len(played.asked) == 1


@pytest.mark.parametrize("trouble", [status(503), urllib.error.URLError("away")])
def test_a_declaration_is_sent_once(
    example: ModuleType, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    played = ScriptedServer(example, monkeypatch, [trouble])
    with pytest.raises(urllib.error.URLError):
        example.main(ADDRESS, "token url", "client", "key", "0990101368", "93051891449")
    assert len(played.asked) == 1


def test_the_client_prints_the_address_for_a_later_request(
    example: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    played = ScriptedServer(example, monkeypatch, [b"", status(404)])
    monkeypatch.setattr(example, "Client", lambda *_who: played.client)
    example.main("https://dimona.example.be", "token url", "client", "key", "0990101368", "93051891449")
    assert capsys.readouterr().out.splitlines()[-1] == f"no final answer yet; ask by hand: {ADDRESS}"
