"""The HTTP contracts as data: documents with resolved references, operations, and the applications."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import yaml
from fastapi import FastAPI
from fastapi.routing import APIRoute
from joserfc.jwk import ECKey
from jsonschema import Draft4Validator
from jsonschema.protocols import Validator
from pydantic import SecretStr

from services.access.api import app as access
from services.access.settings import AccessSettings
from services.contact.api import app as contact
from services.contact.settings import ContactSettings
from services.feed.api import app as feed
from services.feed.settings import FeedSettings
from services.files.api import app as files
from services.files.settings import FilesSettings
from services.files.transfer.channels.folders import Folders
from services.identification.api import app as identification
from services.identification.cases.handler import Identification
from services.identification.settings import IdentificationSettings
from services.intake.api import app as intake
from services.intake.settings import IntakeSettings
from services.notifier.api import app as notifier
from services.notifier.settings import NotifierSettings
from services.personnel_file.api import app as personnel_file
from services.personnel_file.settings import PersonnelFileSettings
from shared.topology import Deployment

FOLDER: Final = Path(__file__).parents[2] / "contracts" / "openapi"
#: Files with shared schemas: written by hand, and made from the schemas of the queue by `make contracts`.
_SHARED: Final = frozenset({"components", "dimona"})
#: The names of properties of which an object has exactly one.
EXACTLY_ONE: Final = "x-exactly-one-of"
METHODS: Final = ("get", "put", "post", "patch", "delete")
_NO_STAGE: Final = SimpleNamespace(pool=None)
_NO_FOLDERS: Final = Folders.of(Path("nowhere"), Deployment())
_NOWHERE: Final = {"database_dsn": "x://nowhere", "amqp_url": "x://nowhere", "key": "00" * 32}
_ISSUER: Final = {
    **_NOWHERE,
    **dict.fromkeys(("token_issuer", "public_url"), "https://dimona.example.be/access"),
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a contract; `document` has its references resolved."""

    contract: str
    service: str
    method: str
    path: str
    document: Mapping[str, Any]
    parameters: tuple[Mapping[str, Any], ...]
    is_public: bool

    @property
    def sample(self) -> str:
        """Return the path with the examples of its parameters."""
        path = self.path
        for parameter in self.parameters:
            if parameter["in"] == "path":
                path = path.replace(f"{{{parameter['name']}}}", str(parameter["example"]))
        return path


def contracts() -> tuple[str, ...]:
    """Return the file names of the OpenAPI contracts."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml") if path.stem not in _SHARED))


@cache
def contract(name: str) -> dict[str, Any]:
    """Return a contract with every reference resolved."""
    found: dict[str, Any] = _resolved(_file(f"{name}.yaml"), f"{name}.yaml")
    return found


@cache
def operations() -> tuple[Operation, ...]:
    """Return every operation of every contract."""
    return tuple(_operations())


def _operations() -> Iterator[Operation]:
    for name in contracts():
        document = contract(name)
        for path, item in document["paths"].items():
            for method in METHODS:
                if method in item:
                    found = item[method]
                    parameters = (*item.get("parameters", ()), *found.get("parameters", ()))
                    public = found.get("security", document.get("security")) == []
                    yield Operation(name, document["x-service"], method, path, found, parameters, public)


@cache
def in_openapi(schema: str) -> Validator:
    """Return a validator for a schema that REST shares with the queue."""
    return Draft4Validator(as_json_schema(_resolved(_file("dimona.yaml")["schemas"][schema], "dimona.yaml")))


def as_json_schema(node: Any) -> Any:
    """Replace `nullable`, which is OpenAPI's own word, and our `x-exactly-one-of` by JSON Schema."""
    if isinstance(node, list):
        return [as_json_schema(each) for each in node]
    if not isinstance(node, dict):
        return node
    said = {key: as_json_schema(value) for key, value in node.items() if key not in ("nullable", EXACTLY_ONE)}
    if EXACTLY_ONE in node:
        said["oneOf"] = [{"required": [name]} for name in node[EXACTLY_ONE]]
    return {"anyOf": [said, {"type": "null"}]} if node.get("nullable") is True else said


def faces() -> Mapping[str, FastAPI]:
    """Return the application of each service with a contract, with settings that lead nowhere."""
    key = SecretStr(json.dumps(ECKey.generate_key("P-256", private=True).as_dict(private=True)))
    made: dict[str, Callable[[], Any]] = {
        "access": lambda: access(AccessSettings(**_ISSUER, token_key=key), _NO_STAGE),  # type: ignore[arg-type]
        "contact": lambda: contact(ContactSettings(**_NOWHERE), _NO_STAGE),  # type: ignore[arg-type]
        "feed": lambda: feed(FeedSettings(**_NOWHERE), _NO_STAGE),  # type: ignore[arg-type]
        "files": lambda: files(FilesSettings(**_NOWHERE), _NO_FOLDERS, _NO_STAGE),  # type: ignore[arg-type]
        "identification": lambda: identification(
            IdentificationSettings(**_NOWHERE),  # type: ignore[arg-type]
            Identification(10),
            _NO_STAGE,  # type: ignore[arg-type]
        ),
        "intake": lambda: intake(IntakeSettings(**_NOWHERE), None, _NO_STAGE),  # type: ignore[arg-type]
        "notifier": lambda: notifier(NotifierSettings(**_NOWHERE), None),  # type: ignore[arg-type]
        "personnel_file": lambda: personnel_file(PersonnelFileSettings(**_NOWHERE), _NO_STAGE),  # type: ignore[arg-type]
    }
    return {service: make() for service, make in made.items()}


def routes(app: FastAPI) -> set[tuple[str, str]]:
    """Return method and path of each route of an application."""
    return set(_routes(app.routes))


def _routes(found: Iterable[Any]) -> Iterator[tuple[str, str]]:
    for route in found:
        if (included := getattr(route, "original_router", None)) is not None:
            yield from _routes(included.routes)  # FastAPI keeps an included router as it is
        elif isinstance(route, APIRoute) and route.include_in_schema:
            yield from ((method.lower(), route.path) for method in route.methods or ())


@cache
def _file(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text())


def _resolved(node: Any, file: str) -> Any:
    if isinstance(node, list):
        return [_resolved(each, file) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        other, _, pointer = node["$ref"].partition("#/")
        target = _file(other or file)
        for part in pointer.split("/"):
            target = target[part]
        return _resolved(target, other or file)
    return {key: _resolved(value, file) for key, value in node.items()}
