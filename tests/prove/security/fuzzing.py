"""Requests that schemathesis makes from the contracts, correct ones and wrong ones (threats T7, T22).

Its checks compare headers, content type and body of each answer with the contract, and find wrong requests
that were carried out. The contracts describe all failures by `default`, which would allow any status: so the
statuses of a problem are listed here.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import count, cycle, repeat
from multiprocessing import get_context
from os import getpid
from typing import Any, Final

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from requests.adapters import HTTPAdapter
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
)

from tests.contracts.openapi import FOLDER, contract, contracts, in_openapi, operations
from tests.prove.security.figures import SERVER_ERRORS, UNDOCUMENTED, VIOLATIONS, Figures
from tests.prove.security.party import FEED, Party, Tokens, agent, institution

#: Statuses of a problem that the response `default` of the contracts documents.
PROBLEMS: Final = frozenset({400, 401, 403, 404, 409, 413, 429})
_OF_BODY: Final = [content_type_conformance, response_schema_conformance]
#: Operations that succeed with a problem for each wrong part.
_IN_PARTS: Final = frozenset({"createDeclarationBatch"})
#: The operation that reads a property with null as absent (`docs/rest.md`).
_DECLARES: Final = "createDeclaration"
_SECONDS: Final = 30.0  #: for an answer
_SEED: Final = 1
_REPEATS: Final = 5
_PATIENCE: Final = 2.0  #: seconds; some operations take few requests per hour and source

Headers = Mapping[str, str]
Fault = tuple[str, str]  #: its kind, and its description
_SOURCES: Final = count()
_PROCESSES: Final = 3
_PLANS: Final = list[Any]()  #: the last one is that of this process


class _FromSource(HTTPAdapter):
    """Connects from an address of its own: answers to a source that is often refused are slow.

    It also adds the token: schemathesis leaves it out of requests that it makes without one, and
    `tests/prove/security/strangers.py` sends those.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self.token: Headers = {}
        super().__init__()

    def send(self, request: requests.PreparedRequest, *arguments: Any, **named: Any) -> requests.Response:
        request.headers.update(self.token)
        return super().send(request, *arguments, **named)

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        super().init_poolmanager(*arguments, source_address=(self._source, 0), **named)


def fuzz(
    urls: Mapping[str, str], party: Party, tokens: Tokens, examples: int
) -> Iterator[tuple[str, Figures]]:
    """Send so many requests to each operation, and yield each contract with the figures of its answers."""
    plan = Plan(urls, party, tokens, examples)
    # Processes, because Hypothesis changes the recursion limit, which no two threads may do. Each gets the
    # plan with the memory of this one.
    with ProcessPoolExecutor(_PROCESSES, get_context("fork"), _take, (plan,)) as pool:
        asked = {
            name: [pool.submit(_fuzz_one, name, place) for place in range(_count(name))]
            for name in contracts()
        }
        for name, parts in asked.items():
            figures = Figures()
            for part in parts:
                figures += part.result()
            yield name, figures


@dataclass(frozen=True, slots=True)
class Plan:
    """The parts of all attempts."""

    urls: Mapping[str, str]  #: by service
    party: Party
    tokens: Tokens
    examples: int


def _take(plan: Plan) -> None:
    """Keep the plan in a new process."""
    _PLANS.append(plan)


def _count(name: str) -> int:
    return sum(1 for operation in operations() if operation.contract == name)


def _fuzz_one(name: str, place: int) -> Figures:
    """Send requests to one operation of a contract."""
    plan, figures, service = _PLANS[-1], Figures(), contract(name)["x-service"]
    callers = (*plan.party.callers(service), agent(plan.party.client.endpoints))
    headers: Iterator[Headers] = (plan.tokens.of(caller) for caller in cycle(callers))
    if name == FEED:
        headers = repeat(institution(plan.party.client.endpoints))
    operation = _operations(name, plan.urls[service])[place]
    fuzz_operation(figures, operation, plan.party.known, headers, plan.examples)
    return figures


@cache
def _operations(name: str, url: str) -> tuple[Any, ...]:
    return tuple(operations_at(name, url))


def operations_at(name: str, url: str) -> Iterator[Any]:
    """Yield the operations of a contract at the address of its service."""
    schema = schemathesis.openapi.from_path(FOLDER / f"{name}.yaml", config=schemathesis.Config(seed=_SEED))
    schema.config.update(base_url=url)
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found.err()
        yield found.ok()


def fuzz_operation(
    figures: Figures, operation: Any, known: Mapping[str, str], headers: Iterator[Headers], examples: int
) -> None:
    """Send requests to an operation, each with the next headers."""
    session = requests.Session()
    source = _FromSource(f"127.0.{getpid() % 200 + 4}.{next(_SOURCES) % 250 + 1}")
    session.mount("http://", source)

    @seed(_SEED)
    @settings(
        max_examples=examples, deadline=None, database=None, phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(requests_of(operation, known))
    def attempt(case: Any) -> None:
        source.token = next(headers)
        if found := _fault(case, session, figures):
            kind, fault = found
            figures.blame(kind, f"{operation.label}: {fault}")

    with session:
        try:
            attempt()
        except Unsatisfiable:
            figures.counts["operations without a request"] += 1


def requests_of(operation: Any, known: Mapping[str, str]) -> st.SearchStrategy[Any]:
    """Return correct and wrong requests, for ids that exist and for others."""
    ids = {name: value for name, value in known.items() if f"{{{name}}}" in operation.path}
    return st.one_of([
        operation.as_strategy(mode, path_parameters=fixed)
        for mode in GenerationMode
        for fixed in ([ids, None] if ids else [None])
    ])  # fmt: skip


def _fault(case: Any, session: requests.Session, figures: Figures) -> Fault | None:
    """Send a request and return the fault of its answer. After a short wait it is sent again (429)."""
    for _ in range(_REPEATS):
        try:
            response = case.call(session=session, timeout=_SECONDS)
        except (requests.RequestException, OSError) as error:
            figures.add("no answer")
            return SERVER_ERRORS, f"no answer, {type(error).__name__}"
        seconds = float(response.headers.get("retry-after", ["0"])[0])
        if response.status_code != 429 or seconds > _PATIENCE:
            break
        time.sleep(seconds)
    figures.add(str(response.status_code))
    return fault_of(case, response)


def fault_of(case: Any, response: Any) -> Fault | None:
    """Return the fault of an answer: its kind, and a text without any value that was sent."""
    status = response.status_code
    documented = {int(each) for each in case.operation.definition.raw["responses"] if each != "default"}
    if status >= 500:
        return SERVER_ERRORS, f"status {status}"
    if status not in documented | PROBLEMS:
        return UNDOCUMENTED, f"status {status}"
    checks = [response_headers_conformance]
    if status != 201 or response.content:  # a 201 has a body on request only, which OpenAPI cannot say
        checks += _OF_BODY
    if status < 400 and has_wrong_body(case):
        checks.append(negative_data_rejection)
    try:
        case.validate_response(response, checks=checks)
    except FailureGroup as group:
        titles = sorted({getattr(each, "title", type(each).__name__) for each in group.exceptions})
        return VIOLATIONS, f"{status}: {', '.join(titles)}"
    return None


def has_wrong_body(case: Any) -> bool:
    """Return whether the body must be refused. Wrong headers are replaced, and other parameters ignored."""
    body = case.meta.components.get(ParameterLocation.BODY)
    operation = case.operation.definition.raw["operationId"]
    if body is None or not body.mode.is_negative or operation in _IN_PARTS:
        return False
    return operation != _DECLARES or not in_openapi("Declaration").is_valid(without_nulls(case.body))


def without_nulls(value: Any) -> Any:
    """Return a JSON value without the properties that are null."""
    match value:
        case Mapping():
            return {name: without_nulls(each) for name, each in value.items() if each is not None}
        case list():
            return [without_nulls(each) for each in value]
    return value
