"""Operations of the API of contact: their scope, assurance level and rights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from shared.domain.rights import Right
from shared.runtime.authorization import Operation

_CONTACT: Final = "scope:dimona:contact"
_AGENT: Final = "scope:dimona:agent"
_PERSON: Final = "scope:dimona:person"
_CONTEST: Final = frozenset({Right.CONTEST})
_AGENTS: Final = frozenset({Right.AGENT, Right.PRIVACY})
_OF_PERSONS: Final = (
    "readMyData", "readMyStatement", "readMyLooks", "exportMyData", "reportError", "readMyReports",
    "readMyReport",
)  # fmt: skip
_ABOUT_PERSONS: Final = (
    "readDataOfPerson", "readStatementOfPerson", "readLooksAtPerson", "reportErrorOfPerson",
    "readOpenReports", "readReport",
)  # fmt: skip


def _for_agents(*, recorded: bool = False) -> Operation:
    text = "This operation is for agents of the authority"
    return Operation(_AGENT, 400, _AGENTS, recorded=recorded, text=text)


def _for_officers() -> Operation:
    text = "This operation is for data protection officers"
    return Operation(_AGENT, 400, frozenset({Right.PRIVACY}), text=text)


def _for_persons() -> Operation:
    return Operation(_PERSON, 400, text="This operation is for persons about their own data")


#: The requirements by name of the operation, as in the audit. Reading contestations of an enterprise needs
#: level 300 (password and second factor). Contesting, and each operation of a person about the own data or of
#: an agent, needs level 400.
OPERATIONS: Final[Mapping[str, Operation]] = {
    "contest": Operation(
        _CONTACT, 400, _CONTEST, clients=True, text="You may not contest for this enterprise"
    ),
    "readContestations": Operation(_CONTACT, 300, _CONTEST, clients=True, recorded=True),
    "list": _for_agents(),
    "search": _for_agents(),
    "read": _for_agents(),
    "claim": _for_agents(),
    "answer": _for_agents(),
    "letters": _for_agents(),
    "sending": _for_agents(),
    **dict.fromkeys(_OF_PERSONS, _for_persons()),
    **dict.fromkeys(_ABOUT_PERSONS, _for_agents()),
    **dict.fromkeys(("searchLooks", "findUnusualLooks"), _for_officers()),
    "claimReport": _for_agents(recorded=True),
    "answerReport": _for_agents(recorded=True),
}
