"""Every operation of the directory's API: the scope and the login it takes, and who may do it.

Reading takes a password and a second factor. Whatever changes who may act takes the level of the
identity card. What somebody may do for whom is asked of his rights, on each request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.domain.rights import Right

READING: Final = 300
CHANGING: Final = 400

DIRECTORY: Final = "scope:dimona:access"
MANDATES: Final = "scope:dimona:mandates"

_MANAGERS: Final = frozenset({Right.ACCESS, Right.REPRESENTATIVE})
_ADMINISTRATION: Final = _MANAGERS | {Right.USERS, Right.AGENT}
_GIVING: Final = frozenset({Right.ACCESS, Right.USERS, Right.AGENT})
_ANY: Final = frozenset(Right)


@dataclass(frozen=True, slots=True)
class Operation:
    """What a caller's token needs, and one of which rights he has in the organization concerned."""

    scope: str
    level: int
    rights: frozenset[Right]
    clients: bool = False  #: a technical client may too, for its own organization


#: By operationId of contracts/openapi/access.yaml. Operations on mandates, and those that give rights,
#: ask a table of their own (rules.mandates, rules.granting, rules.employers): here is what they begin with.
OPERATIONS: Final[Mapping[str, Operation]] = {
    "registerEmployer": Operation(DIRECTORY, CHANGING, frozenset()),
    "readEmployer": Operation(DIRECTORY, READING, _ANY, clients=True),
    "changeEmployer": Operation(DIRECTORY, CHANGING, _MANAGERS | {Right.AGENT}),
    "designatePrincipalAccessManager": Operation(DIRECTORY, CHANGING, frozenset({Right.REPRESENTATIVE})),
    "listUsers": Operation(DIRECTORY, READING, _ADMINISTRATION),
    "addUser": Operation(DIRECTORY, CHANGING, _GIVING),
    "readUser": Operation(DIRECTORY, READING, _ADMINISTRATION),
    "changeRights": Operation(DIRECTORY, CHANGING, _GIVING),
    "listClients": Operation(DIRECTORY, READING, _ADMINISTRATION, clients=True),
    "addClient": Operation(DIRECTORY, CHANGING, _MANAGERS),
    "changeClient": Operation(DIRECTORY, CHANGING, _MANAGERS),
    "listClientKeys": Operation(DIRECTORY, READING, _ADMINISTRATION),
    "addClientKey": Operation(DIRECTORY, CHANGING, _MANAGERS),
    "endClientKey": Operation(DIRECTORY, CHANGING, _MANAGERS),
    "listEvents": Operation(DIRECTORY, READING, _ADMINISTRATION, clients=True),
    "proposeMandate": Operation(MANDATES, CHANGING, _MANAGERS | {Right.USERS}),
    "listMandates": Operation(MANDATES, READING, _ANY, clients=True),
    "readMandate": Operation(MANDATES, READING, _ANY, clients=True),
    "validateMandate": Operation(MANDATES, CHANGING, _MANAGERS),
    "refuseMandate": Operation(MANDATES, CHANGING, _MANAGERS),
    "revokeMandate": Operation(MANDATES, CHANGING, _MANAGERS),
    "shortenMandate": Operation(MANDATES, CHANGING, _MANAGERS),
    "affiliate": Operation(MANDATES, CHANGING, _MANAGERS),
    "listAffiliations": Operation(MANDATES, READING, _ANY, clients=True),
    "endAffiliation": Operation(MANDATES, CHANGING, _MANAGERS),
}
