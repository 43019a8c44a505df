"""The contracts as the documentation shows them: each HTTP contract in one document, without other files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

CONTRACTS: Final = Path(__file__).parents[2] / "contracts"
#: Files with parts that several contracts share.
_SHARED: Final = frozenset({"components", "dimona"})


@dataclass(frozen=True, slots=True)
class HttpContract:
    """An HTTP contract: the name of its file, and the document with all that it refers to."""

    name: str
    document: Mapping[str, Any]

    @property
    def title(self) -> str:
        """Return the title of the API."""
        return str(self.document["info"]["title"])

    @property
    def version(self) -> str:
        """Return the version of the contract."""
        return str(self.document["info"]["version"])


def http_contracts() -> Iterator[HttpContract]:
    """Yield the HTTP contracts in the order of their titles."""
    names = (path.stem for path in (CONTRACTS / "openapi").glob("*.yaml"))
    found = [HttpContract(name, _Bundle(name).document()) for name in names if name not in _SHARED]
    yield from sorted(found, key=lambda each: each.title)


def queue_contract() -> dict[str, Any]:
    """Return the contract of the queue, read from its bundled file, which refers to no other file."""
    return _read(CONTRACTS / "asyncapi.bundled.yaml")


class _Bundle:
    """A contract in one document: parts of other files become components of this document."""

    def __init__(self, name: str) -> None:
        self._file = f"{name}.yaml"
        self._taken: dict[tuple[str, str], str] = {}  #: kind and name of a part, and the file it is from
        self._parts: dict[str, dict[str, Any]] = {}

    def document(self) -> dict[str, Any]:
        """Return the document with all its components.

        Raise KeyError for a missing part, and ValueError if parts of two files have one name.
        """
        document: dict[str, Any] = self._inside(_file(self._file), self._file)
        components: dict[str, Any] = document.get("components", {})
        for kind, parts in self._parts.items():
            # A component that only stands for one of another file gives way to it.
            components[kind] = {**components.get(kind, {}), **parts}
        return {**document, "components": components}

    def _inside(self, node: Any, file: str) -> Any:
        """Return a part of a file, in which every reference leads to a component of the one document."""
        if isinstance(node, list):
            return [self._inside(each, file) for each in node]
        if not isinstance(node, dict):
            return node
        if isinstance(reference := node.get("$ref"), str):
            other, _, place = reference.partition("#/")
            kind, name = place.split("/")[-2:]
            self._take(other or file, kind, name)
            return {"$ref": f"#/components/{kind}/{name}"}
        return {key: self._inside(value, file) for key, value in node.items()}

    def _take(self, file: str, kind: str, name: str) -> None:
        if file == self._file:
            return
        if self._taken.setdefault((kind, name), file) != file:
            raise ValueError(f"{self._file} needs two parts with the name {name}")
        parts = self._parts.setdefault(kind, {})
        if name not in parts:
            parts[name] = None  # a part may refer to itself
            parts[name] = self._inside(_file(file)[kind][name], file)


@cache
def _file(name: str) -> dict[str, Any]:
    return _read(CONTRACTS / "openapi" / name)


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)
    return found
