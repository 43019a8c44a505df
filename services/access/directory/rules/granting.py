"""The rights that a person needs to give or take back each right. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from shared.domain.rights import AUTHORITY, MessageType, Right

Grant = tuple[Right, MessageType | None]

_LOCAL: Final = frozenset({Right.USERS})

#: Right → rights for the same enterprise, one of which allows to give it and to take it back. REPRESENTATIVE
#: also comes with the registration of the employer. ACCESS comes only by designation.
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
#: Rights that exist for the authority only.
OF_THE_AUTHORITY: Final = frozenset({Right.AGENT, Right.PRIVACY})
#: Rights that do not exist for the authority: a representative of the authority could give every right in it.
OF_OTHERS: Final = frozenset({Right.REPRESENTATIVE})


def changes(before: Collection[Grant], after: Collection[Grant]) -> tuple[set[Grant], set[Grant]]:
    """Return two sets: the rights to give, and the rights to take back, to get from `before` to `after`."""
    return set(after) - set(before), set(before) - set(after)


def beyond(has: Collection[Right], enterprise_number: str, changed: Collection[Grant]) -> set[Right]:
    """Return the changed rights that a person with the rights `has` may not give or take back."""
    return {
        right
        for right, _ in changed
        if not GRANTED_BY[right] & set(has)
        or right in (OF_OTHERS if enterprise_number == AUTHORITY else OF_THE_AUTHORITY)
    }


def grantable(has: Collection[Right], enterprise_number: str) -> list[Right]:
    """Return the rights that a person with the rights `has` may give and take back in an organization."""
    return [right for right in Right if not beyond(has, enterprise_number, [(right, None)])]
