"""The table of scenarios as a page in Markdown, made from the file that the sandbox itself uses."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from deploy.local.sandbox.employers import TEST_EMPLOYERS
from deploy.local.sandbox.scenarios import OWN, Scenario, Step, scenarios, unreachable, usual

_HEAD: Final = """# The scenarios of the sandbox

Made by `make contracts` from `deploy/local/sandbox/scenarios.toml`, from which the sandbox has its test
workers too. How to use them: [`sandbox.md`](sandbox.md). A test plays each row by queue and over REST.

* *Worker*: the NISS to declare. Each scenario has its own worker.
* *Employer*: `own` is an employer of yours, a private one without special properties; the others are the
  test employers below.
* *Declaration*: the properties that differ from the usual declaration of its kind; before it, those that it
  follows. `without` names a property to leave out. `{+1}` is tomorrow, `{week}` the first of fifteen days in
  one quarter, `{1}` the number of the first declaration of the row.
* *Outcome*: the result with the codes. *REST*: the answer over REST where it is another one.
"""
_KINDS: Final = """
An OUT has `endDate` {+20}; an UPDATE and a CANCEL have `periodId` only; a DAILY registers the new day
{week}, from 09:00 to 17:00.
"""
_BLOCKS: Final = {"in": "IN", "out": "OUT", "update": "UPDATE", "cancel": "CANCEL", "day": "DAILY"}


def page() -> str:
    """Return the page in Markdown."""
    return "\n".join([_HEAD, *_employers(), *_usual(), *_table(), *_unreachable()]) + "\n"


def _employers() -> Iterator[str]:
    yield "## Test employers\n"
    yield "| employer | enterprise number | NSSO number | name |\n|---|---|---|---|"
    for each in TEST_EMPLOYERS:
        assert each.employer is not None, "a test employer is an employer"
        yield f"| {each.role} | {each.enterprise_number} | {each.employer.employer_id} | {each.name} |"


def _usual() -> Iterator[str]:
    yield "\n## The usual declarations"
    yield _KINDS
    yield "| IN | dimonaIn |\n|---|---|"
    for name, block in usual().items():
        yield f"| {name} | {_code(block)} |"


def _table() -> Iterator[str]:
    yield "\n## The scenarios\n"
    yield "| scenario | worker | employer | declaration | outcome | REST |\n|---|---|---|---|---|---|"
    for row in scenarios().values():
        steps = " then ".join(_step(step) for step in row.steps)
        employer = row.employer if isinstance(row.employer, str) else OWN
        worker = row.test_worker.ssin
        yield f"| {row.text} | {worker} | {employer} | {steps} | {row.result} | {row.rest or ''} |"


def _step(step: Step) -> str:
    """Return a text about a step: its kind, its usual IN, its differences from that IN, and its result.

    The usual IN is left out if it is `plain`. The result is left out if it is A, and for the last step.
    """
    words = [_BLOCKS[step.kind]]
    if step.kind == "in" and step.like != "plain":
        words.append(step.like)
    parts: dict[str, Any] = {"identity": step.identity, "worker": step.worker}
    if isinstance(step.employer, Mapping):
        parts["employer"] = step.employer
    parts = {name: part for name, part in parts.items() if part is not None}
    if changed := {**(step.given(step.kind) or {}), **parts}:
        words.append(_code(changed))
    words += [f"without `{path.partition('.')[2]}`" for path in step.without]
    if not isinstance(step, Scenario) and step.result != "A":
        words.append(f"({step.result})")
    return " ".join(words)


def _code(value: Mapping[str, Any]) -> str:
    return f"`{json.dumps(value, ensure_ascii=False, default=dict)}`"


def _unreachable() -> Iterator[str]:
    yield "\n## Codes without a scenario\n"
    yield "| code | reason |\n|---|---|"
    for code, reason in unreachable().items():
        yield f"| {code} | {reason} |"
