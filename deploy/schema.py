"""The JSON schema of the chart's values; the types and limits of settings come from the settings classes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from deploy.processes import PROCESSES, Process

_TEXT: Final = {"type": "string"}
_FLAG: Final = {"type": "boolean"}
_TEXTS: Final = {"type": "array", "items": _TEXT}
_LABELS: Final = {"type": "object", "additionalProperties": _TEXT}
_COUNT: Final = {"type": "integer", "minimum": 0}


def schema() -> dict[str, Any]:
    """Return the schema of values.yaml (JSON Schema, draft 7). It refuses unknown properties."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Values of the chart dimona",
        **_closed(
            {
                "global": {"type": "object"},  # Helm adds it
                "image": _closed({"repository": _TEXT, "tag": _TEXT, "digest": _TEXT, "pullPolicy": _TEXT}),
                "imagePullSecrets": {"type": "array", "items": _closed({"name": _TEXT})},
                "domain": {"type": "string", "pattern": "^$|^[a-z0-9-]+([.][a-z0-9-]+)+$"},
                "settings": _settings(PROCESSES.values()),
                "processes": _closed({name: _process(each) for name, each in PROCESSES.items()}),
                "secrets": _closed({"prefix": _TEXT}),
                "jobs": _closed({"migrate": _FLAG, "topology": _FLAG, "ownerSecret": _TEXT}),
                "servers": _closed({"database": _place(), "broker": _place(), "collector": _place()}),
                "ingress": _closed(
                    {"enabled": _FLAG, "className": _TEXT, "annotations": _LABELS, "from": {"type": "object"}}
                ),
                "sftp": _closed({"type": _TEXT, "port": _COUNT, "sources": _TEXTS}),
                "networkPolicies": _closed(
                    {"enabled": _FLAG, "outside": _TEXTS, "monitoring": {"type": "object"}}
                ),
                "certManager": _closed({"enabled": _FLAG, "clusterIssuer": _TEXT}),
                "externalSecrets": _closed(
                    {
                        "enabled": _FLAG,
                        "store": _TEXT,
                        "storeKind": _TEXT,
                        "folder": _TEXT,
                        "refresh": _TEXT,
                        "optional": _optional_secrets(),
                    }
                ),
                "keda": _closed({"enabled": _FLAG, "prometheus": _TEXT, "declarations": _COUNT}),
                "monitoring": _closed(
                    {"enabled": _FLAG, "labels": _LABELS, "dashboards": _FLAG, "runbooks": _TEXT}
                ),
            }
        ),
    }


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _place() -> dict[str, Any]:
    """Return the schema of a server: its pods, and its ports."""
    ports = {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 65535}}
    return _closed({"namespace": _TEXT, "labels": _LABELS, "ports": ports})


def _optional_secrets() -> dict[str, Any]:
    """Return the schema of the secret files that a process can do without, by process.

    The key of the SFTP server is not among them: the chart asks for it always.
    """
    files = {
        name: [
            f"dimona_{each}" for each in process.secrets if each not in (*process.required, "sftp_host_key")
        ]
        for name, process in PROCESSES.items()
    }
    return _closed(
        {
            name: {"type": "array", "uniqueItems": True, "items": {"enum": names}}
            for name, names in files.items()
            if names
        }
    )


def _process(process: Process) -> dict[str, Any]:
    amounts = _closed({"cpu": _TEXT, "memory": _TEXT})
    properties: dict[str, Any] = {
        "enabled": _FLAG,
        # Another number of processes of `files` would work on one folder (ADR 28).
        "replicas": {"const": 1} if process.volume == "transfer_dir" else _COUNT,
        "resources": _closed({"requests": amounts, "limits": amounts}),
        "settings": _settings([process]),
    }
    if process.volume:
        properties["volume"] = _closed(
            {"enabled": _FLAG, "storageClass": _TEXT, "size": _TEXT, "accessMode": _TEXT}
        )
    return _closed(properties)


def _settings(processes: Iterable[Process]) -> dict[str, Any]:
    return _closed({name: row for process in processes for name, row in _plain(process).items()})


def _plain(process: Process) -> dict[str, Any]:
    """Return the schemas of the settings of a process, without their titles and the defaults of the code."""
    rows = process.settings.model_json_schema()["properties"]
    return {
        name: {key: part for key, part in rows[name].items() if key not in ("title", "default")}
        for name in process.variables
    }
