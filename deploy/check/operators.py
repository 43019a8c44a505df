"""Check objects of operators, such as KEDA and CloudNativePG, by their properties.

Their schemas are in no package, so the tables here name the properties that this project uses. A misspelled
or misplaced property is found; a property that is new here needs a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from shared.messages import SHARDS

#: `apiVersion kind` → the required properties of `spec`, and the others that may be there.
_SPECS: Final[Mapping[str, tuple[frozenset[str], frozenset[str]]]] = {
    "keda.sh/v1alpha1 ScaledObject": (
        frozenset({"scaleTargetRef", "minReplicaCount", "maxReplicaCount", "triggers"}),
        frozenset({"cooldownPeriod", "fallback"}),
    ),
    "monitoring.coreos.com/v1 ServiceMonitor": (
        frozenset({"selector", "endpoints"}),
        frozenset({"namespaceSelector"}),
    ),
    "monitoring.coreos.com/v1 PrometheusRule": (frozenset({"groups"}), frozenset()),
    "external-secrets.io/v1 ExternalSecret": (
        frozenset({"secretStoreRef", "target", "data"}),
        frozenset({"refreshInterval"}),
    ),
    "postgresql.cnpg.io/v1 Cluster": (
        frozenset({"instances", "imageName", "storage", "bootstrap", "postgresql", "backup", "resources"}),
        frozenset({"primaryUpdateStrategy", "walStorage", "affinity"}),
    ),
    "postgresql.cnpg.io/v1 ScheduledBackup": (
        frozenset({"schedule", "cluster"}),
        frozenset({"backupOwnerReference", "method"}),
    ),
    "rabbitmq.com/v1beta1 RabbitmqCluster": (
        frozenset({"replicas", "image", "persistence", "resources", "rabbitmq", "tls"}),
        frozenset({"affinity", "override", "terminationGracePeriodSeconds"}),
    ),
}
#: The properties of an endpoint of a ServiceMonitor.
_ENDPOINT: Final = {"port", "interval", "path", "params", "relabelings", "metricRelabelings"}
_NODES: Final = 3
_OF_KUBERNETES: Final = ("v1", "apps/v1", "batch/v1", "policy/v1", "networking.k8s.io/v1")


def faults(documents: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield the objects of unknown kinds, with unknown or missing properties, or with too few servers."""
    for document in documents:
        kind, name = f"{document['apiVersion']} {document['kind']}", document["metadata"]["name"]
        if document["apiVersion"] in _OF_KUBERNETES:
            continue
        if kind not in _SPECS:
            yield f"{name}: unknown kind {kind}"
            continue
        required, others = _SPECS[kind]
        spec = document["spec"]
        yield from (f"{kind} {name} lacks {each}" for each in sorted(required - spec.keys()))
        yield from (f"{kind} {name} has {each}" for each in sorted(spec.keys() - required - others))
        if check := _CONTENT.get(document["kind"]):
            yield from (f"{kind} {name}: {fault}" for fault in check(name, spec))


def _scaling(name: str, spec: Mapping[str, Any]) -> Iterator[str]:
    if name.endswith("personnel-file") and spec.get("maxReplicaCount", 0) > SHARDS:
        yield f"more than {SHARDS} processes, one for each shard"
    for trigger in spec.get("triggers", ()):
        if "dimona_declarations_open" not in trigger.get("metadata", {}).get("query", ""):
            yield "it does not grow by declarations"


def _broker(_name: str, spec: Mapping[str, Any]) -> Iterator[str]:
    if spec.get("replicas") != _NODES:
        yield f"not {_NODES} nodes"
    text = spec.get("rabbitmq", {}).get("additionalConfig", "")
    wanted = {
        "default_queue_type": "quorum",
        "max_message_size": "1048576",
        "consumer_timeout": "1800000",
        "cluster_partition_handling": "pause_minority",
    }
    rows = (line.partition("=") for line in text.splitlines())
    given = {key.strip(): value.strip() for key, _, value in rows}
    yield from (f"{key} is not {value}" for key, value in wanted.items() if given.get(key) != value)


def _database(_name: str, spec: Mapping[str, Any]) -> Iterator[str]:
    if spec.get("instances") != _NODES:
        yield "not one primary and two replicas"
    if not spec.get("backup", {}).get("barmanObjectStore", {}).get("destinationPath"):
        yield "no place for backups"
    if "synchronous" not in spec.get("postgresql", {}):
        yield "commits are on one server only"


def _monitor(_name: str, spec: Mapping[str, Any]) -> Iterator[str]:
    for endpoint in spec.get("endpoints", ()):
        yield from (f"an endpoint has {each}" for each in sorted(endpoint.keys() - _ENDPOINT))


_CONTENT: Final = {
    "ServiceMonitor": _monitor,
    "ScaledObject": _scaling,
    "RabbitmqCluster": _broker,
    "Cluster": _database,
}
