"""Every operation that needs a token, called without the necessary one (threats T1, T3, T4, T6)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import uuid4

from joserfc.jwk import ECKey

from deploy.local.demo.directory import FEED
from tests.asgi import Answer
from tests.contracts.openapi import Operation, operations
from tests.directory import Caller
from tests.prove.security.figures import STRANGERS, Figures
from tests.prove.security.party import Party, Tokens
from tests.prove.security.samples import body_of, path_of
from tests.prove.security.sending import Sender, spread
from tests.tokens import bearer

_PROBLEM: Final = "urn:problem-type:belgif:"
#: The members of a problem that are the same for every caller of an operation.
_MEMBERS: Final = frozenset({
    "type", "href", "status", "title", "detail", "instance", "issues", "requiredScopes",
})  # fmt: skip
RIGHTLESS: Final = frozenset({"missingPermission", "resourceNotFound"})
_KEY: Final = ECKey.generate_key("P-256").as_dict(private=False)

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Stranger:
    """A caller that an operation has to refuse, and the problems that do so."""

    name: str
    headers: Callable[[], Headers]
    problems: frozenset[str]


def strangers(victim: Party, other: Party) -> list[Stranger]:
    """Return the strangers for the operations on a victim; `other` has rights in its own organization."""
    rightful, tokens = victim.principal, Tokens()

    def changed(**claims: Any) -> Headers:
        return bearer(rightful.endpoints, rightful.subject, *rightful.scopes, level=rightful.level, **claims)

    def of(caller: Caller) -> Callable[[], Headers]:
        return lambda: tokens.of(caller)

    rightless = replace(rightful, subject=str(uuid4()))
    narrow = replace(rightful, scopes=("scope:dimona:other",))

    def with_feed(caller: Caller) -> Callable[[], Headers]:
        return of(replace(caller, scopes=(*caller.scopes, FEED)))

    invalid = frozenset({"invalidAccessToken"})
    return [
        Stranger("no token", dict, frozenset({"noAccessToken"})),
        Stranger("another scheme", lambda: {"Authorization": "Basic eDp4"}, frozenset({"noAccessToken"})),
        Stranger("a broken token", lambda: {"Authorization": "Bearer x.y.z"}, invalid),
        Stranger("another audience", lambda: changed(aud="urn:other"), invalid),
        Stranger("another issuer", lambda: changed(iss="https://other.example"), invalid),
        Stranger("an expired token", lambda: changed(exp=1_700_000_000), frozenset({"expiredAccessToken"})),
        Stranger("another scope", of(narrow), frozenset({"missingScope"})),
        Stranger("a person without rights", with_feed(rightless), RIGHTLESS),
        Stranger("a person of another organization", with_feed(other.clerk), RIGHTLESS),
        Stranger("a manager of another organization", with_feed(other.principal), RIGHTLESS),
        Stranger("a client of another organization", with_feed(other.client), RIGHTLESS),
    ]


#: Operations that a stranger with a token of its own may call: they concern the caller, and no organization
#: that the request names. Their answers must not contain anything of the victim.
OWN: Final = frozenset({
    ("access", "registerEmployer"),
    ("access", "listEvents"),
    ("access", "listOwnRegistrations"),
    ("access", "readSelf"),
    ("consultation", "deleteSavedSearch"),
    ("consultation", "getQuotas"),
    ("consultation", "getSavedSearch"),
    ("consultation", "getSavedSearches"),
    ("consultation", "putSavedSearch"),
    ("contact", "getContestations"),
    ("declarations", "createDeclarationBatch"),  # each declaration has its own problem
    ("declarations", "getDeclarationResults"),  # it leaves out numbers of others
    ("declarations", "searchDeclarations"),
    ("person", "exportMyData"),
    ("person", "readMyData"),
    ("person", "readMyLooks"),
    ("person", "readMyReport"),
    ("person", "readMyReports"),
    ("person", "readMyStatement"),
    ("person", "reportError"),
})  # fmt: skip


def refuse_all(
    sender: Sender, victim: Party, kinds: Iterable[Stranger], only: Iterable[Operation] = ()
) -> Figures:
    """Call every operation (or some) as each stranger, and note those that are not refused."""
    figures = Figures()
    closed = [each for each in only or operations() if not each.is_public]

    def call(case: tuple[Operation, Stranger]) -> None:
        operation, stranger = case
        answer = sender.ask(
            operation.service, operation.method.upper(), path_of(operation, victim.known),
            stranger.headers(), _body(operation, victim.known),
        )  # fmt: skip
        judge(figures, operation, stranger, answer, victim.known)

    spread(call, ((operation, stranger) for operation in closed for stranger in kinds))
    return figures


def _body(operation: Operation, known: Mapping[str, str]) -> bytes:
    """Return the example of the body, with the victim in it."""
    sample = body_of(operation)
    return b"" if sample is None else json.dumps(_about(sample, known)).encode()


def _about(node: Any, known: Mapping[str, str]) -> Any:
    """Put the victim into a document, wherever it names an organization or a resource."""
    if isinstance(node, list):
        return [_about(each, known) for each in node]
    if not isinstance(node, dict):
        return node
    number = dict.fromkeys(("enterpriseNumber", "mandator", "employer"), known["enterpriseNumber"])
    about = {
        name: {**known, **number}.get(name, value) if isinstance(value, str) else _about(value, known)
        for name, value in node.items()
    }
    # The example has an ellipsis instead of a key, which is refused before the rights are read.
    return about | {"jwk": _KEY} if "jwk" in about else about


def judge(
    figures: Figures, operation: Operation, stranger: Stranger, answer: Answer, known: Mapping[str, str]
) -> None:
    """Note an answer: a stranger gets one of its problems, without content."""
    figures.add(str(answer.status))
    name = operation.document["operationId"]
    if stranger.problems is RIGHTLESS and (operation.contract, name) in OWN:
        told = [each for each in known if known[each].encode() in answer.body]
        if told or answer.status >= 500 or answer.status == 0:
            figures.blame(STRANGERS, f"{name}, {stranger.name}: {answer.status} with {told}")
        return
    if (fault := _fault(stranger.problems, answer)) is not None:
        figures.blame(STRANGERS, f"{name}, {stranger.name}: {fault}")


def _fault(problems: frozenset[str], answer: Answer) -> str | None:
    if answer.headers.get("content-type") != "application/problem+json":
        return f"{answer.status} without a problem"
    said = answer.json()
    kind = said["type"].removeprefix(_PROBLEM)
    if kind not in problems:
        return f"{answer.status} {kind}"
    if more := said.keys() - _MEMBERS:
        return f"{kind} with {sorted(more)}"
    return None
