"""`python -m tests.contracts.freeze`: write the contract files that are made from others.

`contracts/asyncapi.bundled.yaml` is the hand-written contract in one file. `contracts/openapi/dimona.yaml`
is what REST says as the queue does, in the words of OpenAPI 3.0. `contracts/internal/messages.json`
holds the schemas of the messages between services: a change of a model shows there, in the diff of the
commit that makes it. The tests fail while a file does not say what this would write.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic.json_schema import models_json_schema

from shared.messages import MESSAGES
from tests.contracts.contract import CONTRACTS, bundle

INTERNAL = CONTRACTS / "internal" / "messages.json"
BUNDLED = CONTRACTS / "asyncapi.bundled.yaml"
REST = CONTRACTS / "openapi" / "dimona.yaml"
#: The files of schemas that both channels share.
_SHARED = ("declaration", "answer")


def generated() -> Iterator[tuple[Path, str]]:
    """Each file that is made, with its text."""
    yield BUNDLED, _yaml(bundle(), "asyncapi.yaml, schemas/ and examples/")
    yield REST, _yaml({"schemas": rest()}, "schemas/declaration.yaml and schemas/answer.yaml")
    yield INTERNAL, json.dumps(internal(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def internal() -> dict[str, Any]:
    """The data of every internal message as it is on the wire, by CloudEvents type."""
    by_model, definitions = models_json_schema(
        [(message, "serialization") for message in MESSAGES.values()], by_alias=True
    )
    messages = {message.TYPE: by_model[message, "serialization"] for message in MESSAGES.values()}
    return {"messages": messages, **_bare(definitions)}


def rest() -> dict[str, Any]:
    """The schemas of declarations and answers, in what OpenAPI 3.0 has of JSON Schema."""
    files = (CONTRACTS / "schemas" / f"{name}.yaml" for name in _SHARED)
    return {
        name: _in_openapi(schema)
        for file in files
        for name, schema in yaml.safe_load(file.read_text()).items()
    }


def _in_openapi(node: Any) -> Any:
    """One example instead of several, `nullable` instead of a type, no conditions, references within."""
    if isinstance(node, list):
        return [_in_openapi(each) for each in node]
    if not isinstance(node, dict):
        return node
    found = {key: _in_openapi(value) for key, value in node.items() if key not in {"if", "then", "examples"}}
    if isinstance(node.get("$ref"), str):
        found["$ref"] = f"#/schemas/{node['$ref'].partition('#/')[2]}"
    if "examples" in node:
        found["example"] = node["examples"][0]
    if {"type": "null"} in node.get("oneOf", ()):
        rest_ = [each for each in found.pop("oneOf") if each != {"type": "null"}]
        found |= {"allOf": rest_, "nullable": True}
    return found


def _bare(schema: Any) -> Any:
    """Without titles and descriptions: they come from docstrings, and change nothing on the wire."""
    if isinstance(schema, dict):
        return {
            key: _bare(value)
            for key, value in schema.items()
            if not (key in {"title", "description"} and isinstance(value, str))
        }
    return [_bare(each) for each in schema] if isinstance(schema, list) else schema


#: What YAML 1.2 reads as a number; PyYAML knows 1.1 alone, where `0990101368` is none.
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+")


class _Dumper(yaml.SafeDumper):
    """Long texts as blocks, one line per line, so that a diff can be read."""

    def ignore_aliases(self, _data: Any) -> bool:
        """Repeated values are written out."""
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else "'" if _NUMBER.fullmatch(value) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def _yaml(document: dict[str, Any], made_from: str) -> str:
    head = f"# Made from {made_from} by `make contracts`. Change those, not this.\n"
    return head + yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def main() -> None:
    """Write them all."""
    for path, text in generated():
        path.write_text(text)


if __name__ == "__main__":
    main()
