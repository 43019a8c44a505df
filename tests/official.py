"""The official schemas and samples of the NSSO on the reference shelf beside this repository."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import pytest
from lxml import etree

SHELF: Final = Path(__file__).parents[2] / "shared" / "domain" / "onss"
_MOST_RESULT: Final = (
    "//xs:element[@name='ResultCode']//xs:maxInclusive",
    {"xs": "http://www.w3.org/2001/XMLSchema"},
)


def sample(name: str) -> bytes:
    """Return an official sample. Skip the test without the shelf."""
    return _read(SHELF / "samples" / name)


def schema(name: str) -> Any:
    """Return the root element of an official schema. Skip the test without the shelf."""
    return etree.fromstring(_read(SHELF / "xsd" / f"{name}.xsd"))


def faults_in(content: bytes) -> list[str]:
    """Return the faults of an answer, by the official schema that its root names; none without the shelf.

    ResultCode 3 is allowed, as for `assert_valid`.
    """
    document = etree.fromstring(content)
    named = document.get("{http://www.w3.org/2001/XMLSchema-instance}noNamespaceSchemaLocation")
    if not (SHELF / "xsd" / named).is_file():
        return []
    compiled = _compiled(named.removesuffix(".xsd"))
    compiled.validate(document)
    return [str(fault) for fault in compiled.error_log]


@lru_cache
def _compiled(name: str) -> etree.XMLSchema:
    rules = schema(name)
    if name.startswith("NOTIFICATION"):
        _allow_provisional(rules)
    return etree.XMLSchema(rules)


def assert_valid(content: bytes, name: str, *, provisional: bool = False) -> Any:
    """Fail unless a file is valid for an official schema. Return its root element.

    Args:
        content: The file.
        name: The name of the schema, such as ACRF_20231.
        provisional: Whether to allow ResultCode 3. Glossary 2023/3 has this code, schema 2022/3 does not.
    """
    rules = schema(name)
    if provisional:
        _allow_provisional(rules)
    document = etree.fromstring(content)
    etree.XMLSchema(rules).assertValid(document)
    return document


def _allow_provisional(rules: Any) -> None:
    (most,) = rules.xpath(_MOST_RESULT[0], namespaces=_MOST_RESULT[1])
    most.set("value", "3")


def _read(path: Path) -> bytes:
    if not path.is_file():
        pytest.skip("the official schemas and samples are beside the reference shelf only")
    return path.read_bytes()
