"""Resources of an organization, with ids that another one tries."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any, Final

from tests.asgi import Answer
from tests.directory import Caller, proposal
from tests.prove.security.ids import Ids, number, uuid
from tests.prove.security.party import Party, Tokens
from tests.prove.security.sending import Sender, spread

_PATIENCE: Final = 120.0
_CONTESTED: Final = 20
_DECLARATIONS: Final = "/REST/dimona/v2/declarations"
_PERIODS: Final = "/REST/dimona/v2/periods"


class Maker:
    """Makes resources of an organization over the APIs."""

    def __init__(self, sender: Sender, party: Party) -> None:
        self._sender, self._party, self._tokens = sender, party, Tokens()

    def make(self, declarations: int) -> dict[str, list[str]]:
        """Make declarations and all that follows from them; return the ids by path parameter."""
        party, box = self._party, f"/eboxes/{self._party.number}/messages"
        deliveries = f"/organizations/{party.number}"
        self._get("notifier", party.clerk, "PUT", f"{deliveries}/deliveryChannels/file")
        numbers = self._declare(declarations)
        messages = self._wait(lambda: self._about_declarations(box), declarations)
        sent = [item["id"] for item in self._items(party.clerk, f"{deliveries}/deliveries")]
        ids = {
            "declarationId": numbers,
            "messageId": messages,
            "deliveryId": sent,
            "contestationId": [self._contest(message) for message in messages[:_CONTESTED]],
            "mandateId": [self._propose(role) for role in ("provider", "secretariat")],
        }
        party.known |= {name: found[0] for name, found in ids.items()}
        # An IN that is accepted has the number of its period; a contestation is a case.
        party.known |= {"caseId": party.known["contestationId"], "periodId": numbers[0]}
        self._get("personnel_file", party.client, "GET", f"{_PERIODS}/{numbers[0]}")
        return ids

    def _declare(self, count: int) -> list[str]:
        endpoints, found = self._party.client.endpoints, list[str]()
        start = str(endpoints.data.today + timedelta(1))
        features = {"jointCommissionNumber": "XXX", "workerType": "OTH"}

        def declare(worker: str) -> None:
            body = {
                "employer": {"enterpriseNumber": self._party.number},
                "worker": {"ssin": worker},
                "dimonaIn": {"startDate": start, "features": features},
            }
            answer = self._ask("intake", self._party.client, "POST", _DECLARATIONS, body)
            assert answer.status == 201, answer.body
            found.append(answer.headers["location"].rpartition("/")[2])

        spread(declare, islice(endpoints.data.workers, count))
        return found

    def _contest(self, message: str) -> str:
        body = {
            "enterpriseNumber": self._party.number,
            "notificationId": message,
            "reason": "The contract shows another day.",
        }
        answer = self._ask("contact", self._party.clerk, "POST", "/contestations", body)
        assert answer.status == 201, answer.body
        return str(answer.json()["contestationId"])

    def _propose(self, role: str) -> str:
        body = proposal(self._party.principal.endpoints, self._party.number, role)
        answer = self._ask("access", self._party.principal, "POST", "/mandates", body)
        assert answer.status == 201, answer.body
        return str(answer.json()["id"])

    def _wait(self, read: Callable[[], list[str]], count: int) -> list[str]:
        end = time.monotonic() + _PATIENCE
        while len(found := read()) < count:
            if time.monotonic() > end:
                raise TimeoutError(f"{len(found)} of {count} after {_PATIENCE:.0f} s")
            time.sleep(0.2)
        return found

    def _about_declarations(self, box: str) -> list[str]:
        """Return the ids of the messages of an e-Box that are notifications."""
        return [item["id"] for item in self._items(self._party.clerk, box) if "declarationId" in item]

    def _items(self, caller: Caller, path: str) -> Iterator[dict[str, Any]]:
        """Yield the items in all pages of a list of the notifier."""
        after = ""
        while True:
            page = self._get("notifier", caller, "GET", f"{path}?pageSize=200{after}")
            yield from page["items"]
            if "nextAfter" not in page:
                return
            after = f"&after={page['nextAfter']}"

    def _get(self, service: str, caller: Caller, method: str, path: str) -> Any:
        answer = self._ask(service, caller, method, path)
        assert answer.status == 200, answer.body
        return answer.json()

    def _ask(self, service: str, caller: Caller, method: str, path: str, body: Any = None) -> Answer:
        sent = b"" if body is None else json.dumps(body).encode()
        return self._sender.ask(service, method, path, self._tokens.of(caller), sent)


def tried(ids: dict[str, list[str]], victim: Party, other: Party) -> list[Ids]:
    """Return the ids of a victim with the requests with which another organization tries them."""
    numbers, messages = ids["declarationId"], ids["messageId"]
    clerk, principal = other.clerk, other.principal
    box, theirs = f"/eboxes/{other.number}/messages", f"/eboxes/{victim.number}/messages"
    own = f"/organizations/{other.number}"
    users, clients = [victim.clerk.subject], [victim.client.subject]
    contested = ids["contestationId"]
    letter = "attachments/letter.html"

    def row(kind: str, caller: Caller, path: str, found: list[str]) -> Ids:
        service, method, pattern = path.split(" ")
        absent = number(numbers) if found[0] in numbers else uuid
        return Ids(kind, service, caller, method, lambda id_: pattern.replace("ID", id_), found, absent)

    return [
        row("declaration", other.client, f"intake GET {_DECLARATIONS}/ID", numbers),
        row("period", other.client, f"personnel_file GET {_PERIODS}/ID", numbers[:100]),
        row("changes", other.client, f"personnel_file GET {_PERIODS}/ID/changes", numbers[:50]),
        row("message", clerk, f"notifier GET {box}/ID", messages),
        row("message in the other e-Box", clerk, f"notifier GET {theirs}/ID", messages[:50]),
        row("letter", clerk, f"notifier GET {box}/ID/{letter}", messages),
        row("label", clerk, f"notifier PUT {box}/ID/labels/mine", messages[:50]),
        row("print job", clerk, "notifier PUT /printJobs/ID/sending", messages[:20]),
        row("delivery", clerk, f"notifier POST {own}/deliveries/ID/retries", ids["deliveryId"][:100]),
        row("contestation", clerk, "contact GET /contestations/ID", contested),
        row("withdrawal", clerk, "contact POST /contestations/ID/withdrawals", contested),
        row("case", clerk, "contact GET /cases/ID", contested),
        row("claim", clerk, "contact POST /cases/ID/claims", contested),
        row("mandate", principal, "access GET /mandates/ID", ids["mandateId"]),
        row("validation", principal, "access POST /mandates/ID/validations", ids["mandateId"]),
        row("user", principal, f"access GET {own}/users/ID", users),
        row("keys", principal, f"access GET {own}/clients/ID/keys", clients),
        row("phones", principal, f"access GET {own}/clients/ID/phones", clients),
    ]
