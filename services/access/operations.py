"""Each operation of the directory: its scope, assurance level and rights (ADR 14).

Reading requires level 300: a password and a second factor. A change of the directory requires level 400,
that of the identity card.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from shared.domain.rights import Right
from shared.runtime.authorization import Operation

READING: Final = 300
CHANGING: Final = 400

DIRECTORY: Final = "scope:dimona:access"
MANDATES: Final = "scope:dimona:mandates"
DECLARING: Final = "scope:dimona:declaration:declarant"

_MANAGERS: Final = frozenset({Right.ACCESS, Right.REPRESENTATIVE})
_ADMINISTRATION: Final = _MANAGERS | {Right.USERS, Right.AGENT}
_GIVING: Final = frozenset({Right.ACCESS, Right.USERS, Right.AGENT})
_AGENTS: Final = frozenset({Right.AGENT})
_ANY: Final = frozenset(Right)
_DECLARERS: Final = _MANAGERS | {Right.DECLARE}
_SIDES: Final = "The principal access manager of either side does this"

#: Key: the operationId of contracts/openapi/access.yaml. For mandates, rights of users and employers a second
#: table applies too (mandates.rules.mandates, directory.rules.{granting,employers}).
OPERATIONS: Final[Mapping[str, Operation]] = {
    "registerEmployer": Operation(DIRECTORY, CHANGING),
    "listRegistrations": Operation(DIRECTORY, READING, _AGENTS, recorded=True),
    "listOwnRegistrations": Operation(DIRECTORY, READING),
    "readRegistration": Operation(DIRECTORY, READING, _AGENTS, hidden=True, recorded=True),
    "decideRegistration": Operation(DIRECTORY, CHANGING, _AGENTS, recorded=True),
    "listAuthorizations": Operation(DIRECTORY, READING, _AGENTS),
    "proposeAuthorization": Operation(DIRECTORY, CHANGING, _AGENTS),
    "confirmAuthorization": Operation(DIRECTORY, CHANGING, _AGENTS),
    "endAuthorization": Operation(DIRECTORY, CHANGING, _AGENTS),
    "readEmployer": Operation(DIRECTORY, READING, _ANY, clients=True, hidden=True),
    "changeEmployer": Operation(DIRECTORY, CHANGING, _MANAGERS | {Right.AGENT}),
    "designatePrincipalAccessManager": Operation(DIRECTORY, CHANGING, frozenset({Right.REPRESENTATIVE})),
    "listUsers": Operation(DIRECTORY, READING, _ADMINISTRATION, recorded=True),
    "addUser": Operation(DIRECTORY, CHANGING, _GIVING, recorded=True),
    "readUser": Operation(DIRECTORY, READING, _ADMINISTRATION, recorded=True),
    "changeRights": Operation(DIRECTORY, CHANGING, _GIVING),
    "readSelf": Operation(DIRECTORY, READING),
    "listClients": Operation(DIRECTORY, READING, _ADMINISTRATION, clients=True),
    "addClient": Operation(DIRECTORY, CHANGING, _MANAGERS),
    "changeClient": Operation(DIRECTORY, CHANGING, _MANAGERS),
    "renewPassword": Operation(DIRECTORY, CHANGING, _MANAGERS),
    "listClientKeys": Operation(DIRECTORY, READING, _ADMINISTRATION),
    "addClientKey": Operation(DIRECTORY, CHANGING, _MANAGERS),
    "endClientKey": Operation(DIRECTORY, CHANGING, _MANAGERS),
    "listClientPhones": Operation(DIRECTORY, READING, _ADMINISTRATION),
    "addClientPhone": Operation(DIRECTORY, CHANGING, _MANAGERS),
    "endClientPhone": Operation(DIRECTORY, CHANGING, _MANAGERS),
    "listEvents": Operation(
        DIRECTORY, READING, _ADMINISTRATION, clients=True, text="You administer no organization"
    ),
    "listChanges": Operation(DIRECTORY, READING, _ADMINISTRATION, recorded=True),
    "listLooks": Operation(DIRECTORY, READING, _ADMINISTRATION, recorded=True),
    "resetSandbox": Operation(DECLARING, READING, _DECLARERS, clients=True),
    "readSandboxClock": Operation(DECLARING, READING, _DECLARERS, clients=True),
    "moveSandboxClock": Operation(DECLARING, READING, _DECLARERS, clients=True),
    "proposeMandate": Operation(
        MANDATES, CHANGING, _MANAGERS | {Right.USERS}, text="A mandate is proposed by one of its two sides"
    ),
    "previewMandate": Operation(
        MANDATES, CHANGING, _MANAGERS | {Right.USERS}, text="A mandate is proposed by one of its two sides"
    ),
    "listMandates": Operation(MANDATES, READING, _ANY, clients=True),
    "readMandate": Operation(MANDATES, READING, _ANY, clients=True, hidden=True),
    "validateMandate": Operation(MANDATES, CHANGING, _MANAGERS, text=_SIDES),
    "refuseMandate": Operation(MANDATES, CHANGING, _MANAGERS, text=_SIDES),
    "revokeMandate": Operation(MANDATES, CHANGING, _MANAGERS, text=_SIDES),
    "shortenMandate": Operation(MANDATES, CHANGING, _MANAGERS, text=_SIDES),
    "affiliate": Operation(MANDATES, CHANGING, _MANAGERS),
    "previewAffiliation": Operation(MANDATES, CHANGING, _MANAGERS),
    "listAffiliations": Operation(MANDATES, READING, _ANY, clients=True),
    "endAffiliation": Operation(MANDATES, CHANGING, _MANAGERS),
}
