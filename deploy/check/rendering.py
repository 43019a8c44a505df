"""Lint and render the chart, and validate Kubernetes' own objects, with the Python of the group `deploy`.

Standard input: `{"chart": path, "cases": {name: values}, "files": [manifest]}` as JSON. Standard output:
`{"faults": [text], "documents": {name: [object]}}`. It imports nothing of the project.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from typing import Any, Final

import helm_python
import yaml
from kubernetes_validate import utils

RELEASE, NAMESPACE = "dimona", "registry"
#: The oldest and the newest release of Kubernetes with a schema here.
_VERSIONS: Final = ("1.36", "1.37")
_WARNING: Final = 2
#: Endings of the groups of objects that belong to operators and not to Kubernetes.
_OWN: Final = ("k8s.io", "apps", "batch", "policy", "autoscaling")


def main() -> None:
    """Read the request, and write the answer."""
    asked = json.load(sys.stdin)
    # The library reads the definitions of all objects, megabytes of JSON, for each object again.
    utils.schema_contents = cache(utils.schema_contents)
    utils.all_versions = cache(utils.all_versions)
    found: list[str] = []
    documents = {
        name: _rendered(asked["chart"], name, values, found) for name, values in asked["cases"].items()
    }
    for file in asked["files"]:
        with open(file, encoding="utf-8") as stream:  # noqa: PTH123 - the tools have no paths of ours
            documents[file] = [each for each in yaml.load_all(stream, yaml.CSafeLoader) if each]
    for name, objects in documents.items():
        for each in objects:
            found += [f"{name}: {fault}" for fault in _invalid(each)]
    json.dump({"faults": found, "documents": documents}, sys.stdout)


def _rendered(chart: str, case: str, values: dict[str, Any], found: list[str]) -> list[dict[str, Any]]:
    report = helm_python.lint(chart, values, strict=True, namespace=NAMESPACE)
    found += [
        f"{case}: {row['path']}: {row['error']}" for row in report["messages"] if row["severity"] >= _WARNING
    ]
    try:
        with helm_python.Chart.load(chart) as loaded:
            loaded.validate_schema(values)
            files = loaded.render(values, name=RELEASE, namespace=NAMESPACE)
    except helm_python.HelmError as error:
        found.append(f"{case}: {error}")
        return []
    texts = [text for path, text in sorted(files.items()) if path.endswith(".yaml")]
    return [each for text in texts for each in yaml.load_all(text, yaml.CSafeLoader) if each]


def _invalid(document: dict[str, Any]) -> list[str]:
    group = document["apiVersion"].rpartition("/")[0]
    if group and not group.endswith(_OWN):
        return []
    found = []
    for version in _VERSIONS:
        try:
            utils.validate(document, version, strict=True)
        except (utils.ValidationError, utils.SchemaNotFoundError) as error:
            name = document["metadata"]["name"]
            found.append(
                f"{document['kind']} {name}: {getattr(error, 'message', error)} (Kubernetes {version})"
            )
    return found


if __name__ == "__main__":
    main()
