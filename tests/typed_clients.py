"""Programs that use clients generated from the contracts, and the checks of the generated types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from deploy.documentation.contracts import http_contracts
from tests.contracts.openapi import METHODS

#: Declares an IN, polls for its result, and searches for its period. Prints the number, result and periods.
TYPESCRIPT: Final = """
import type { components, paths as Declarations } from "./declarations.d.ts";
import type { paths as Consultation } from "./consultation.d.ts";

type Answer = Declarations["/REST/dimona/v2/declarations/{declarationId}"]["get"]["responses"][200]["content"]["application/json"];
type Searching = Consultation["/REST/dimona/v2/periods/search"]["post"];
type Query = Searching["requestBody"]["content"]["application/json"];
type Page = Searching["responses"][200]["content"]["application/json"];

declare const process: { argv: string[] };
const [url, authorization, enterpriseNumber, ssin, startDate] = process.argv.slice(2) as [string, string, string, string, string];
const headers = { authorization, "content-type": "application/json" };
const declaration: components["schemas"]["Declaration"] = {
  employer: { enterpriseNumber },
  worker: { ssin },
  dimonaIn: { startDate, features: { jointCommissionNumber: "XXX", workerType: "OTH" } },
};
const received = await fetch(`${url}/declarations`, { method: "POST", headers, body: JSON.stringify(declaration) });
const location: string = received.headers.get("location") ?? "";
let answer: Answer | undefined;
for (let n = 0; n < 200 && answer?.declarationStatus.result === undefined; n++) {
  await new Promise((resolve) => setTimeout(resolve, 100));
  const polled = await fetch(location, { headers });
  if (polled.status === 200) answer = (await polled.json()) as Answer;
}
const query: Query = { employer: { enterpriseNumber }, worker: { ssin } };
const found = await fetch(`${url}/periods/search?pageSize=10`, { method: "POST", headers, body: JSON.stringify(query) });
const page = (await found.json()) as Page;
const periods: number[] = page.items.map((period) => period.periodId);
console.log(JSON.stringify({ number: answer?.declarationStatus.declarationId, result: answer?.declarationStatus.result, periods }));
"""  # noqa: E501

PYTHON: Final = """
import json
import sys
import time
from typing import assert_type

import declarations
from consultation import AuthenticatedClient
from consultation.api.consultation import search_periods
from consultation.models import Period, PeriodPage, Problem, Search, SearchEmployer, SearchWorker
from declarations.api.declarations import create_declaration, get_declaration
from declarations.models import Declaration, DeclaredEmployer, DeclaredWorker, DimonaIn, Features
from declarations.models import ReadAnswer, Result

url, token, employer, ssin, day = sys.argv[1:]
declaring = declarations.AuthenticatedClient(url, token)
received = create_declaration.sync_detailed(
    client=declaring,
    body=Declaration(
        employer=DeclaredEmployer(enterprise_number=employer),
        worker=DeclaredWorker(ssin=ssin),
        dimona_in=DimonaIn(Features(joint_commission_number="XXX", worker_type="OTH"), start_date=day),
    ),
)
number = received.headers["location"].rpartition("/")[2]
answer = None
for _ in range(200):
    time.sleep(0.1)
    answer = get_declaration.sync(number, client=declaring)
    if isinstance(answer, ReadAnswer):
        break
assert isinstance(answer, ReadAnswer)
assert_type(answer.declaration_status.result, Result)
assert_type(answer.declaration_status.declaration_id, int)
found = search_periods.sync(
    client=AuthenticatedClient(url, token),
    body=Search(employer=SearchEmployer(enterprise_number=employer), worker=SearchWorker(ssin=ssin)),
)
assert_type(found, PeriodPage | Problem | None)
assert isinstance(found, PeriodPage)
assert_type(found.items, list[Period])
print(json.dumps({
    "number": answer.declaration_status.declaration_id,
    "result": answer.declaration_status.result.value,
    "periods": [period.period_id for period in found.items],
}))
"""

#: `Holes` is the names of the properties, at any depth, of which nothing is known; `string` stands for the
#: properties that no contract names, and `true` for a whole body.
HOLES: Final = """
type Holes<T, D extends 0[] = []> = D["length"] extends 8 ? never
  : unknown extends T ? true
  : T extends (infer U)[] ? Holes<U, [...D, 0]>
  : T extends object ? { [K in keyof T]-?: unknown extends T[K] ? K : Holes<T[K], [...D, 0]> }[keyof T]
  : never;
declare function whole<T extends "features">(): void;  // beside dimonaIn it is ignored, whatever it is
declare function rows<T extends string>(): void;  // stored rows have the columns of their tables
"""


def write_contracts(folder: Path) -> tuple[str, ...]:
    """Write each HTTP contract as one file, as `/doc` gives it. Return their names."""
    names = []
    for contract in http_contracts():
        (folder / f"{contract.name}.json").write_text(json.dumps(contract.document))
        names.append(contract.name)
    return tuple(names)


def questions() -> Iterator[tuple[str, str]]:
    """Yield the type of each JSON body and answer in TypeScript, with its operation."""
    for contract in http_contracts():
        for path, item in contract.document["paths"].items():
            for method in METHODS:
                operation = f'{contract.name}["{path}"]["{method}"]'
                said = item.get(method, {})
                for kind in said.get("requestBody", {}).get("content", {}):
                    yield f'NonNullable<{operation}["requestBody"]>["content"]["{kind}"]', operation
                for status, response in said.get("responses", {}).items():
                    key = status if status.isdigit() else f'"{status}"'
                    for kind in response.get("content", {}):
                        yield f'{operation}["responses"][{key}]["content"]["{kind}"]', operation


def holes_program(names: tuple[str, ...]) -> str:
    """Return a program that compiles only if the types of all bodies and answers are known."""
    imports = [f'import type {{ paths as {name} }} from "./{name}.d.ts";' for name in names]
    asked = [
        f"{'rows' if operation.startswith('person[') else 'whole'}<Holes<{type_}>>();"
        for type_, operation in questions()
    ]
    return "\n".join([*imports, HOLES, *asked, ""])
