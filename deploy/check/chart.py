"""Check the chart: rendered in three ways, valid for Kubernetes, hardened, and connected as the code says."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from deploy.check import operators, settings
from deploy.check.tools import tool
from deploy.processes import API_PORT, OPS_PORT, PROCESSES
from shared.runtime.service import DRAIN_SECONDS

CHART: Final = "deploy/helm/dimona"
SERVERS: Final = "deploy/kubernetes"
RELEASE: Final = "dimona"
_DRAIN: Final = 3 * DRAIN_SECONDS + 1
Document = dict[str, Any]

#: Values with which the chart is rendered.
CASES: Final[Mapping[str, dict[str, Any]]] = {
    "defaults": {},
    "all options": {
        "image": {"digest": "sha256:" + "0" * 64},
        "imagePullSecrets": [{"name": "registry"}],
        "settings": {
            "log_level": "DEBUG",
            "token_levels": {"high": 400},
            "api_connections": 256,
            "otlp_endpoint": "http://collector:4318",
        },
        "processes": {
            "intake": {
                "replicas": 3,
                "settings": {"new_workers": 200, "new_workers_of": {"0477472701": 20000}},
            },
            "notifier": {"volume": {"enabled": True}, "settings": {"webhook_trusted_networks": {}}},
            "files": {"settings": {"content_days": 400, "noti_seconds": 0.5}},
            "canary": {
                "enabled": True,
                "settings": {"canary_employer": "0999100097", "canary_worker": "98032099202"},
            },
        },
        "keda": {"enabled": True},
        "certManager": {"enabled": True, "clusterIssuer": "letters"},
        "externalSecrets": {
            "enabled": True,
            "store": "vault",
            "optional": {"files": ["dimona_signature_authorities"], "intake": ["dimona_phone_gateways"]},
        },
        "monitoring": {"enabled": True, "labels": {"release": "prometheus"}},
        "sftp": {"type": "LoadBalancer"},
        "servers": {"broker": {"namespace": "servers"}, "database": {"namespace": "servers"}},
    },
    "without options": {
        "ingress": {"enabled": False},
        "networkPolicies": {"enabled": False},
        "jobs": {"migrate": False, "topology": False},
        "processes": {"files": {"enabled": False}},
    },
}
#: Values that the schema has to refuse.
WRONG: Final[Mapping[str, dict[str, Any]]] = {
    "an unknown setting": {"settings": {"no_such_setting": 1}},
    "a setting of another process": {"processes": {"ledger": {"settings": {"new_workers": 1}}}},
    "a number below the limit": {"processes": {"intake": {"settings": {"new_workers": 0}}}},
    "a text in place of a number": {"settings": {"batch_size": "many"}},
    "two processes of files": {"processes": {"files": {"replicas": 2}}},
    "an unknown process": {"processes": {"intakes": {}}},
    "a secret of another process": {"externalSecrets": {"optional": {"feed": ["dimona_phone_gateways"]}}},
    "an unknown value": {"replicaCount": 3},
}


def _asked(root: Path, cases: Mapping[str, dict[str, Any]], files: Iterable[str] = ()) -> dict[str, Any]:
    script = Path(__file__).with_name("rendering.py")
    asked = {"chart": str(root / CHART), "cases": cases, "files": list(files)}
    done = subprocess.run(
        [tool("python"), str(script)], input=json.dumps(asked), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"rendering.py: {done.stderr[-1500:]}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def check(root: Path) -> list[str]:
    """Return the faults of the chart and of the manifests of servers."""
    manifests = sorted(str(file) for file in (root / SERVERS).glob("*.yaml"))
    answer = _asked(root, CASES, manifests)
    lines: list[str] = answer["faults"]
    for name, documents in answer["documents"].items():
        lines += [f"{name}: {fault}" for fault in operators.faults(documents)]
    for name in CASES:
        documents = answer["documents"][name]
        faults = (_hardening(documents), _probes(documents), settings.chart(documents, RELEASE))
        lines += [f"{name}: {fault}" for part in faults for fault in part]
    for name in ("defaults", "all options"):
        traced = "otlp_endpoint" in CASES[name].get("settings", {})
        lines += [f"{name}: {fault}" for fault in connections(answer["documents"][name], traced=traced)]
    return [*lines, *_alerts(root, answer["documents"]["all options"])]


def refusals(root: Path) -> list[str]:
    """Return the wrong values that the schema of the chart does not refuse."""
    return [
        f"the schema takes {name}"
        for name, values in WRONG.items()
        if not _asked(root, {"wrong": values})["faults"]
    ]


def _pods(documents: Iterable[Document]) -> Iterator[tuple[str, Document]]:
    for document in documents:
        if document["kind"] in ("Deployment", "Job"):
            yield document["metadata"]["name"], document["spec"]["template"]["spec"]


def _hardening(documents: Iterable[Document]) -> Iterator[str]:
    """Yield the pods that could write to their root, gain rights, or use the API of Kubernetes."""
    for name, pod in _pods(documents):
        (container,) = pod["containers"]
        own, whole = container["securityContext"], pod["securityContext"]
        tests = {
            "its root is not read-only": own.get("readOnlyRootFilesystem") is True,
            "it may gain rights": own.get("allowPrivilegeEscalation") is False and not own.get("privileged"),
            "it keeps capabilities": own.get("capabilities") == {"drop": ["ALL"]},
            "it runs as root": whole.get("runAsNonRoot") is True and whole.get("runAsUser", 0) > 0,
            "no seccomp profile": whole.get("seccompProfile", {}).get("type") == "RuntimeDefault",
            "it has a token of Kubernetes": pod.get("automountServiceAccountToken") is False,
            "its memory has no limit": "memory" in container["resources"].get("limits", {}),
        }
        yield from (f"{name}: {fault}" for fault, holds in tests.items() if not holds)


def _probes(documents: Iterable[Document]) -> Iterator[str]:
    """Yield the deployments with wrong probes, that are killed in their drain, or without budget."""
    budgets = {each["metadata"]["name"] for each in documents if each["kind"] == "PodDisruptionBudget"}
    for document in documents:
        if document["kind"] != "Deployment":
            continue
        name, pod = document["metadata"]["name"], document["spec"]["template"]["spec"]
        process = PROCESSES[name.removeprefix(f"{RELEASE}-").replace("-", "_")]
        (container,) = pod["containers"]
        paths = {
            kind: container[f"{kind}Probe"]["httpGet"]["path"]
            for kind in ("liveness", "readiness", "startup")
        }
        if paths != {"liveness": "/livez", "readiness": "/readyz", "startup": "/livez"}:
            yield f"{name}: its probes are {paths}"
        pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
        if pod["terminationGracePeriodSeconds"] < pause + _DRAIN:
            yield f"{name}: it is killed during its drain"
        if container["args"] != [process.module]:
            yield f"{name}: it runs {container['args']}"
        if process.replicas > 1 and name not in budgets:
            yield f"{name}: no PodDisruptionBudget"


def _let_in(document: Document, port: int) -> set[str]:
    """Return the processes that a policy lets in on this port."""
    return {
        peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"]
        for rule in document["spec"]["ingress"]
        if rule["ports"] == [{"port": port}]
        for peer in rule["from"]
        if "app.kubernetes.io/component" in peer.get("podSelector", {}).get("matchLabels", {})
    }


def _let_out(document: Document) -> set[str]:
    """Return the places that a policy lets a process connect to: `port:NUMBER` or `COMPONENT:NUMBER`."""
    reached = set()
    for rule in document["spec"]["egress"]:
        labels = rule["to"][0].get("podSelector", {}).get("matchLabels", {})
        place = labels.get("app.kubernetes.io/component", "port")
        reached |= {f"{place}:{row['port']}" for row in rule["ports"]}
    return reached


def connections(documents: Iterable[Document], *, traced: bool) -> Iterator[str]:
    """Yield how the network policies differ from the connections of the code, with or without spans."""
    policies = {each["metadata"]["name"]: each for each in documents if each["kind"] == "NetworkPolicy"}
    running = {each["metadata"]["name"] for each in documents if each["kind"] == "Deployment"}
    for name, process in PROCESSES.items():
        if process.simulation and f"{RELEASE}-{_label(name)}" not in running:
            continue
        policy = policies.get(f"{RELEASE}-{_label(name)}")
        if policy is None:
            yield f"{name}: no network policy"
            continue
        callers = {_label(each.name) for each in PROCESSES.values() if name in each.calls}
        probers = {_label(each.name) for each in PROCESSES.values() if name in each.probes}
        for port, wanted in ((API_PORT, callers), (OPS_PORT, probers)):
            if (found := _let_in(policy, port)) != wanted:
                yield f"{name}: port {port} is open to {sorted(found)} and not {sorted(wanted)}"
        reached = _let_out(policy)
        places = {"port:53", *(f"{_label(called)}:{API_PORT}" for called in process.calls)}
        places |= {f"{_label(probed)}:{OPS_PORT}" for probed in process.probes}
        places |= {"port:5432"} if process.database else set()
        places |= {"port:5672"} if process.broker else set()
        places |= {"port:15672", "port:15671"} if process.management else set()
        places |= {"port:443"} if process.outside else set()
        places |= {"port:4318"} if traced and "otlp_endpoint" in process.variables else set()
        if reached != places:
            yield f"{name}: it may reach {sorted(reached)} and not {sorted(places)}"
        if {"Ingress", "Egress"} != set(policy["spec"]["policyTypes"]):
            yield f"{name}: its policy leaves a direction open"


def _label(process: str) -> str:
    return process.replace("_", "-")


def _alerts(root: Path, documents: Iterable[Document]) -> Iterator[str]:
    """Yield how the PrometheusRule and the monitors differ from the local configuration of Prometheus."""
    files = [root / f"deploy/prometheus/{name}.yml" for name in ("objectives", "alerts")]
    groups = [group for file in files for group in yaml.safe_load(file.read_text())["groups"]]
    made = [each["spec"] for each in documents if each["kind"] == "PrometheusRule"]
    if made != [{"groups": groups}]:
        yield "the PrometheusRule has other rules than deploy/prometheus"
    folders = [each["data"] for each in documents if each["metadata"]["name"].endswith("-dashboards")]
    if [set(data) for data in folders] != [{f.name for f in (root / "deploy/grafana/files").glob("*.json")}]:
        yield "the ConfigMap has other dashboards than deploy/grafana"
    monitors = [each for each in documents if each["kind"] == "ServiceMonitor"]
    watched = {
        row.get("replacement")
        for each in monitors
        for point in each["spec"]["endpoints"]
        for row in point["relabelings"]
    }
    if missing := {"dimona", "rabbitmq", "rabbitmq-queues", *PROCESSES} - watched:
        yield f"no monitor for {sorted(missing)}"
    services = [each for each in documents if each["kind"] == "Service"]
    if not any(port["port"] == OPS_PORT for each in services for port in each["spec"]["ports"]):
        yield "no Service leads to the ops ports"
