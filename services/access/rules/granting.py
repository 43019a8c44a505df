"""Who may give and take back which right (seeds 001 and 004). Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from shared.domain.rights import AUTHORITY, MessageType, Right

Grant = tuple[Right, MessageType | None]

_LOCAL: Final = frozenset({Right.USERS})

#: Right → whoever has one of these for the same enterprise may give it, and take it back. The first
#: comes with the registration of the employer, and the authority puts right who has it; the second is not
#: given but comes by designation.
GRANTED_BY: Final[Mapping[Right, frozenset[Right]]] = {
    Right.REPRESENTATIVE: frozenset({Right.AGENT}),
    Right.ACCESS: frozenset(),
    Right.USERS: frozenset({Right.ACCESS}),
    Right.DECLARE: _LOCAL,
    Right.CONSULT: _LOCAL,
    Right.EBOX: _LOCAL,
    Right.EBOX_MANAGEMENT: _LOCAL,
    Right.CONTEST: _LOCAL,
    Right.AGENT: _LOCAL,
    Right.PRIVACY: _LOCAL,
}
#: Rights that exist for the authority itself and for nobody else.
OF_THE_AUTHORITY: Final = frozenset({Right.AGENT, Right.PRIVACY})
#: No agent makes anybody the authority's own representative, who could make whom he likes anything in it.
OF_OTHERS: Final = frozenset({Right.REPRESENTATIVE})


def changes(before: Collection[Grant], after: Collection[Grant]) -> tuple[set[Grant], set[Grant]]:
    """What is given, and what is taken back."""
    return set(after) - set(before), set(before) - set(after)


def beyond(has: Collection[Right], enterprise_number: str, changed: Collection[Grant]) -> set[Right]:
    """Of these changes the rights that somebody who has these may not give or take back there."""
    return {
        right
        for right, _ in changed
        if not GRANTED_BY[right] & set(has)
        or right in (OF_OTHERS if enterprise_number == AUTHORITY else OF_THE_AUTHORITY)
    }
