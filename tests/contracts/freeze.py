"""Write the contract files that are made from others: `python -m tests.contracts.freeze`.

`contracts/asyncapi.bundled.yaml` is the hand-written contract in one file. `contracts/openapi/dimona.yaml`
holds the schemas of declarations, answers and searches in the form of OpenAPI 3.0.
`contracts/internal/messages.json` holds the schemas of the messages between services: a change of a model
shows there, in the diff of the commit that makes it. `docs/how-to/scenarios.md` is the table of scenarios of
the sandbox, `docs/processing.md` the register of processing. The last columns of `docs/law.md` and
`docs/threats.md` list the modules and tests that cite each row.
The tests fail while a file differs from the result of this command.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic.json_schema import models_json_schema

from deploy.documentation import processing
from deploy.local.sandbox.page import page
from shared.messages import MESSAGES
from shared.runtime.processing import load_register
from tests.contracts import citations
from tests.contracts.contract import CONTRACTS, ROOT, bundle
from tests.contracts.openapi import EXACTLY_ONE

INTERNAL = CONTRACTS / "internal" / "messages.json"
BUNDLED = CONTRACTS / "asyncapi.bundled.yaml"
REST = CONTRACTS / "openapi" / "dimona.yaml"
SCENARIOS = ROOT / "docs" / "how-to" / "scenarios.md"
PROCESSING = ROOT / "docs" / "processing.md"
#: The files of schemas that both channels share.
_SHARED = ("declaration", "answer", "search")


def generated() -> Iterator[tuple[Path, str]]:
    """Yield each file that is made, with its text."""
    yield BUNDLED, _yaml(bundle(), "asyncapi.yaml, schemas/ and examples/")
    yield (
        REST,
        _yaml({"schemas": rest()}, " and ".join(f"schemas/{name}.yaml" for name in _SHARED)),
    )
    yield INTERNAL, json.dumps(internal(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    yield SCENARIOS, page()
    yield PROCESSING, processing.page(load_register())
    for path, text in citations.with_columns(citations.tree()).items():
        yield ROOT / path, text


def internal() -> dict[str, Any]:
    """Return the schema of the data of every internal message by CloudEvents type."""
    by_model, definitions = models_json_schema(
        [(message, "serialization") for message in MESSAGES.values()], by_alias=True
    )
    messages = {message.TYPE: by_model[message, "serialization"] for message in MESSAGES.values()}
    return {"messages": messages, **_bare(definitions)}


def rest() -> dict[str, Any]:
    """Return the schemas of declarations, answers and searches in the JSON Schema of OpenAPI 3.0."""
    files = (CONTRACTS / "schemas" / f"{name}.yaml" for name in _SHARED)
    found = {
        name: _in_openapi(schema)
        for file in files
        for name, schema in yaml.safe_load(file.read_text()).items()
    }
    return found | {"StoredCriteria": _stored(found["PeriodSearch"])}


def _stored(search: dict[str, Any]) -> dict[str, Any]:
    """Return the criteria of a search that is kept: they name no worker (ADR 23)."""
    kept = {name: schema for name, schema in search["properties"].items() if name != "worker"}
    return {**search, "properties": kept}


_NOT_IN_OPENAPI = {"if", "then", "dependencies", "examples"}


def _in_openapi(node: Any) -> Any:
    """Convert a schema to OpenAPI 3.0: one example, `nullable` beside a type, no conditions.

    Alternatives that only require a property become `x-exactly-one-of`: generators of clients would make a
    type without properties of them.
    """
    if isinstance(node, list):
        return [_in_openapi(each) for each in node]
    if not isinstance(node, dict):
        return node
    found = {key: _in_openapi(value) for key, value in node.items() if key not in _NOT_IN_OPENAPI}
    if _only_requires(node.get("oneOf")):
        del found["oneOf"]
        found[EXACTLY_ONE] = [name for each in node["oneOf"] for name in each["required"]]
    if isinstance(node.get("$ref"), str):
        found["$ref"] = f"#/schemas/{node['$ref'].partition('#/')[2]}"
    if "examples" in node:
        found["example"] = node["examples"][0]
    if isinstance(node.get("type"), list):
        (found["type"],) = [each for each in node["type"] if each != "null"]
        found["nullable"] = True
    if node == {"type": "null"}:  # `nullable` needs a type beside it
        return {"type": "string", "nullable": True, "enum": [None]}
    return found


def _only_requires(alternatives: Any) -> bool:
    return alternatives is not None and all(each.keys() == {"required"} for each in alternatives)


def _bare(schema: Any) -> Any:
    """Remove titles and descriptions: they come from docstrings and change nothing on the wire."""
    if isinstance(schema, dict):
        return {
            key: _bare(value)
            for key, value in schema.items()
            if not (key in {"title", "description"} and isinstance(value, str))
        }
    return [_bare(each) for each in schema] if isinstance(schema, list) else schema


#: A number in YAML 1.2. PyYAML knows YAML 1.1 only, in which `0990101368` is not a number.
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+")


class _Dumper(yaml.SafeDumper):
    """Write long texts as blocks, so that a diff is readable."""

    def ignore_aliases(self, _data: Any) -> bool:
        """Write repeated values in full instead of as YAML aliases."""
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else "'" if _NUMBER.fullmatch(value) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def _yaml(document: dict[str, Any], made_from: str) -> str:
    head = f"# Made from {made_from} by `make contracts`. Change those, not this.\n"
    return head + yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def main() -> None:
    """Write all generated files."""
    for path, text in generated():
        path.write_text(text)


if __name__ == "__main__":
    main()
