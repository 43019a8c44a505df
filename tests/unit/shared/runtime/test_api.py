"""The base of the APIs: problems without internals, trace ids, limits, and access by scope."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import Depends, FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from pydantic import BaseModel, ConfigDict

from shared.runtime import metrics
from shared.runtime.api import Bearer, ProblemError
from shared.runtime.guard import face
from shared.runtime.request_queue import RequestQueue
from shared.runtime.tokens import Caller, TokenRefusedError, Verifier
from tests.asgi import Answer, call

KEY = ECKey.generate_key("P-256", private=True)
OTHER = ECKey.generate_key("P-256", private=True)
ISSUER, AUDIENCE = "https://issuer", "urn:dimona"
LEVEL = "urn:be:fedict:iam:fas:Level"


class Body(BaseModel):
    """The body of a request."""

    model_config = ConfigDict(extra="forbid")

    name: str
    count: int = 0


class Keys:
    """The key set of an issuer, which can be unavailable or change."""

    def __init__(self, *keys: ECKey) -> None:
        self.keys, self.asked, self.away = list(keys), 0, False

    async def fetch(self, _url: str) -> Mapping[str, Any]:
        self.asked += 1
        if self.away:
            raise OSError
        return {"keys": [{**key.as_dict(private=False), "kid": key.thumbprint()} for key in self.keys]}


def verifier(keys: Keys) -> Verifier:
    return Verifier(ISSUER, AUDIENCE, "", fetch=keys.fetch)


def app(keys: Keys | None = None) -> FastAPI:
    api, bearer = face(RequestQueue(), most_bytes=1000), Bearer(verifier(keys or Keys(KEY)))

    reader, person = Depends(bearer.needs("read")), Depends(bearer.needs("read", level=400))
    either = Depends(bearer.needs("read", level=400, clients=True))

    @api.post("/things")
    async def things(body: Body) -> dict[str, str]:
        return {"name": body.name}

    @api.get("/things/{number}")
    async def thing(number: int) -> dict[str, int]:
        if number == 0:
            raise RuntimeError("85073003328 is in here")
        if number == 1:
            raise OSError("/var/lib/secret")
        if number == 2:
            raise ProblemError("conflict", "It is there already")
        return {"number": number}

    @api.get("/mine")
    async def mine(caller: Caller = reader) -> dict[str, Any]:
        return {"subject": caller.subject, "level": caller.level}

    @api.get("/sealed")
    async def sealed(caller: Caller = person) -> dict[str, str]:
        return {"subject": caller.subject}

    @api.get("/shared")
    async def shared(caller: Caller = either) -> dict[str, str]:
        return {"subject": caller.subject}

    return api


def token(key: Any = KEY, *, typ: str = "at+jwt", alg: str = "ES256", **claims: Any) -> str:
    now = int(time.time())
    said = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": "somebody", "client_id": "portal", "scope": "read write",
        "iat": now, "exp": now + 600, "acr": f"{LEVEL}400",
    }  # fmt: skip
    said = {name: value for name, value in (said | claims).items() if value is not None}
    return jwt.encode({"alg": alg, "typ": typ, "kid": key.thumbprint()}, said, key, algorithms=[alg])


async def get(path: str, said: str | None = None, keys: Keys | None = None) -> Answer:
    return await call(app(keys), "GET", path, {"Authorization": f"Bearer {said}"} if said else {})


async def test_an_unknown_or_missing_property_is_named_with_its_place() -> None:
    """Unknown properties are refused (threat T7)."""
    answer = await call(app(), "POST", "/things", body={"nam": "x", "count": "many"})
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
    issues = {(i["type"].rpartition(":")[2], i["in"], i["name"]) for i in answer.json()["issues"]}
    assert issues == {
        ("schemaViolation", "body", "name"),
        ("schemaViolation", "body", "count"),
        ("unknownInput", "body", "nam"),
    }


async def test_a_body_that_is_not_json_is_a_problem() -> None:
    answer = await call(app(), "POST", "/things", {"content-type": "application/json"}, b'{"a":\n  x}')
    assert answer.status == 400
    (issue,) = answer.json()["issues"]
    assert (issue["detail"], "name" in issue) == ("The body is not valid JSON: line 2, column 3", False)


async def test_a_wrong_path_parameter_is_named_without_its_value() -> None:
    answer = await get("/things/85073003328x")
    assert answer.status == 400
    assert answer.json()["issues"][0]["in"] == "path"
    assert b"85073003328" not in answer.body


@pytest.mark.parametrize(
    ("path", "status", "name"),
    [
        ("/nothing", 404, "resourceNotFound"),
        ("/things/0", 500, "internalServerError"),
        ("/things/1", 503, "serviceUnavailable"),
        ("/things/2", 409, "conflict"),
    ],
)
async def test_an_internal_error_reveals_nothing(path: str, status: int, name: str) -> None:
    """The answer shows no internals (threat T22)."""
    answer = await get(path)
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["type"] == f"urn:problem-type:belgif:{name}"
    assert b"8507" not in answer.body
    assert b"secret" not in answer.body


async def test_another_method_of_a_known_path_is_405() -> None:
    answer = await call(app(), "DELETE", "/things")
    assert answer.status == 405
    assert answer.headers["allow"] == "POST"


async def test_a_body_above_the_limit_is_not_read() -> None:
    answer = await call(app(), "POST", "/things", body={"name": "x" * 2000})
    assert answer.status == 413
    assert answer.json()["type"].endswith(":payloadTooLarge")


async def test_every_answer_has_our_trace_id_and_the_callers() -> None:
    own = str(uuid4())
    answer = await call(app(), "GET", "/things/2", {"BelGov-Trace-Id": own})
    assert answer.headers["belgov-related-trace-id"] == own
    assert UUID(answer.headers["belgov-trace-id"]) != UUID(own)
    assert answer.json()["instance"] == f"urn:uuid:{answer.headers['belgov-trace-id']}"
    answer = await call(app(), "GET", "/things/5", {"BelGov-Trace-Id": "85073003328"})
    assert "belgov-related-trace-id" not in answer.headers


async def test_the_caller_is_the_subject_of_the_token() -> None:
    assert (await get("/mine", token())).json() == {"subject": "somebody", "level": 400}
    assert (await get("/mine", token(acr=None))).json()["level"] == 0


async def test_a_request_without_token_is_401() -> None:
    answer = await get("/mine")
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="dimona"'
    assert answer.json()["type"].endswith(":noAccessToken")


HMAC = OctKey.import_key(b"a secret of thirty-two bytes or so")
#: Made when they are asked for: a suite may take longer than a token lives.
REFUSED: dict[str, Callable[[], str]] = {
    "another key": lambda: token(OTHER),
    "another issuer": lambda: token(iss="https://other"),
    "another audience": lambda: token(aud="urn:other"),
    "no audience": lambda: token(aud=None),
    "no expiry": lambda: token(exp=None),
    "no subject": lambda: token(sub=None),
    "not yet": lambda: token(nbf=int(time.time()) + 60),
    "an assertion": lambda: token(typ="JWT"),
    "a shared secret": lambda: token(HMAC, alg="HS256"),
    "no signature": lambda: token().rpartition(".")[0] + ".",
    "not a token": lambda: "x.y.z",
    "nothing like it": lambda: "x",
}


@pytest.mark.parametrize("name", REFUSED)
async def test_an_invalid_token_is_refused(name: str) -> None:
    """Threats T1, T3."""
    answer = await get("/mine", REFUSED[name]())
    assert answer.status == 401
    assert answer.json()["type"].endswith(":invalidAccessToken")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_an_expired_token_is_refused() -> None:
    answer = await get("/mine", token(exp=int(time.time()) - 60))
    assert answer.json()["type"].endswith(":expiredAccessToken")
    assert (await get("/mine", token(exp=int(time.time()) - 2))).status == 200, "a leeway of five seconds"


async def test_a_missing_scope_is_named() -> None:
    answer = await get("/mine", token(scope="write"))
    assert answer.status == 403
    assert answer.json()["requiredScopes"] == ["read"]
    assert 'scope="read"' in answer.headers["www-authenticate"]


async def test_a_too_low_level_asks_for_another_login_except_for_clients() -> None:
    """RFC 9470."""
    answer = await get("/sealed", token(acr=f"{LEVEL}350"))
    assert answer.status == 401
    challenge = answer.headers["www-authenticate"]
    assert 'error="insufficient_user_authentication"' in challenge
    assert f'acr_values="{LEVEL}400 {LEVEL}450 {LEVEL}500"' in challenge
    assert (await get("/sealed", token())).status == 200
    assert (await get("/sealed", token(acr=None))).status == 403
    assert (await get("/shared", token(acr=None))).status == 200
    assert (await get("/shared", token(acr=f"{LEVEL}350"))).status == 401


async def test_a_withdrawn_key_is_accepted_for_five_minutes_at_most() -> None:
    keys = Keys(KEY, OTHER)
    verify = verifier(keys)
    assert (await verify.caller(token())).subject == "somebody"
    keys.keys.remove(KEY)
    keys.away = True
    verify._asked_at -= 301
    assert (await verify.caller(token())).subject == "somebody", "an issuer that is away withdraws nothing"
    keys.away = False
    verify._asked_at -= 301
    with pytest.raises(TokenRefusedError):
        await verify.caller(token())
    assert (await verify.caller(token(OTHER))).subject == "somebody"


async def test_a_new_key_is_fetched_and_an_unavailable_issuer_is_503() -> None:
    keys = Keys(OTHER)
    verify = verifier(keys)
    keys.away = True
    assert (await get("/mine", token(), keys)).status == 503
    keys.away = False
    assert (await verify.caller(token(OTHER))).subject == "somebody"
    keys.keys.append(KEY)
    verify._asked_at -= 60
    assert (await verify.caller(token())).subject == "somebody"
    asked = keys.asked
    for _ in range(3):
        with pytest.raises(Exception, match="not valid"):
            await verify.caller(token(ECKey.generate_key("P-256", private=True)))
    assert keys.asked == asked, "a stranger's keys do not make us ask again and again"


def counted(operation: str, status: int) -> float:
    """Return the value of the metric."""
    return float(metrics.REQUESTS.labels(operation, status)._value.get())


@pytest.mark.parametrize(
    ("method", "path", "operation", "status"),
    [
        ("GET", "/things/85073003328", "GET /things/{number}", 200),
        ("GET", "/things/0", "GET /things/{number}", 500),
        ("GET", "/things/1", "GET /things/{number}", 503),
        ("GET", "/mine", "GET /mine", 401),
        ("GET", "/85073003328", "unknown", 404),
        ("BREW", "/things", "unknown", 405),
    ],
)
async def test_each_request_is_counted_by_operation(
    method: str, path: str, operation: str, status: int
) -> None:
    """Neither a path, which may hold a number, nor an invented method becomes a label."""
    before = counted(operation, status)
    assert (await call(app(), method, path)).status == status
    assert counted(operation, status) == before + 1
