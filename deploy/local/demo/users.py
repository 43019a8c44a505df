"""The persons that log in for the invented organizations of the demo, and their rights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid5

from deploy.local.demo.numbers import FEMALE, MALE, make_ssin
from deploy.local.demo.people import DemoPerson
from shared.domain.rights import MessageType, Right

_IDS: Final = UUID("0d5d6f0e-3f3a-5b0c-8a58-6a5f2f1f2b77")
_SERIAL: Final = 48  #: the last of a birthday; the workers of the register begin at the first


@dataclass(frozen=True, slots=True)
class User:
    """A person that logs in.

    `rights` pairs each right with the only type of message to which it applies; None means all types.
    """

    name: str  #: in `endpoints.json`: role of the organization, a dot, and the person's part in it
    given_name: str
    family_name: str
    language: str
    ssin: str
    rights: tuple[tuple[Right, MessageType | None], ...]

    @property
    def role(self) -> str:
        """Return the role of the person's organization."""
        return self.name.partition(".")[0]

    @property
    def user_id(self) -> str:
        """Return the id in tokens and in the other services; it never changes."""
        return str(uuid5(_IDS, self.name))

    @property
    def has_second_factor(self) -> bool:
        """Return whether the person has an authenticator besides the password. Only one person has none."""
        return self.name != "bakery.reader"

    def person(self) -> dict[str, Any]:
        """Return the row of `persons` in the file that services/access loads."""
        return {
            "userId": self.user_id,
            "ssin": self.ssin,
            "familyName": self.family_name,
            "givenName": self.given_name,
            "language": self.language,
            "phone": f"+32{self.ssin[:8]}",
        }

    def granted(self) -> list[dict[str, Any]]:
        """Return the rights in the form of `endpoints.json` and of the file that services/access loads."""
        return [{"right": right, **({} if of is None else {"messageType": of})} for right, of in self.rights]


_User = tuple[str, str, str, str, str, int, tuple[Right | tuple[Right, MessageType], ...]]

_ROWS: Final[tuple[_User, ...]] = (
    # A small enterprise with every kind of user.
    ("bakery.representative", "Odile", "Tilquin", "fr", "1963-03-14", FEMALE, (Right.REPRESENTATIVE,)),
    ("bakery.principal", "Bastien", "Tilquin", "fr", "1988-06-02", MALE, (Right.ACCESS,)),
    ("bakery.local", "Noémie", "Carpiaux", "fr", "1991-11-20", FEMALE, (Right.USERS,)),
    (
        "bakery.declarer", "Loïc", "Henrotay", "fr", "1979-01-29", MALE,
        (Right.DECLARE, Right.CONSULT, Right.EBOX, Right.CONTEST, Right.EBOX_MANAGEMENT),
    ),
    # May see nothing of the e-Box but refusals.
    (
        "bakery.reader", "Maïté", "Oversacq", "fr", "1999-08-08", FEMALE,
        ((Right.EBOX, MessageType.NEGATIVE),),
    ),
    # In the mailbox of the hotel lies what its provider declares: each of two sees a part of it.
    ("hotel.representative", "Étienne", "Rouvroy", "fr", "1966-12-05", MALE, (Right.REPRESENTATIVE,)),
    (
        "hotel.reader", "Clarisse", "Rouvroy", "fr", "1994-04-17", FEMALE,
        ((Right.EBOX, MessageType.POSITIVE), (Right.EBOX, MessageType.PROVISIONAL), Right.CONTEST),
    ),
    ("hotel.all", "Jérôme", "Vanstals", "fr", "1985-09-23", MALE, (Right.EBOX, Right.EBOX_MANAGEMENT)),
    ("nursery.principal", "Griet", "Snoeckaert", "nl", "1974-02-11", FEMALE, (Right.ACCESS, Right.USERS)),
    ("studio.representative", "Aline", "Grisart", "fr", "1982-05-30", FEMALE, (Right.REPRESENTATIVE,)),
    ("municipality.principal", "Wout", "Hellebaut", "nl", "1970-10-19", MALE, (Right.ACCESS,)),
    ("secretariat.principal", "Hilde", "Vlierman", "nl", "1968-07-07", FEMALE, (Right.ACCESS,)),
    ("secretariat.local", "Joris", "Baetsleer", "nl", "1983-03-03", MALE, (Right.USERS,)),
    (
        "secretariat.clerk", "Femke", "Roosbroeck", "nl", "1996-01-15", FEMALE,
        (Right.DECLARE, Right.CONSULT, Right.EBOX, Right.CONTEST),
    ),
    ("provider.principal", "Pascal", "Delforterie", "fr", "1972-08-28", MALE, (Right.ACCESS, Right.USERS)),
    # Of the authority itself.
    ("authority.principal", "Renaud", "Quaedvlieg", "fr", "1965-06-16", MALE, (Right.ACCESS, Right.USERS)),
    ("authority.agent", "Leentje", "Oosterlynck", "nl", "1990-12-12", FEMALE, (Right.AGENT,)),
    ("authority.officer", "Gisela", "Kalpers", "de", "1977-11-03", FEMALE, (Right.AGENT, Right.PRIVACY)),
)  # fmt: skip

USERS: Final = tuple(
    User(
        name, given, family, language, make_ssin(born, gender, _SERIAL),
        tuple(each if isinstance(each, tuple) else (each, None) for each in rights),
    )
    for name, given, family, language, born, gender, rights in _ROWS
)  # fmt: skip


def worker_of(person: DemoPerson) -> User:
    """Return the login of a person of the register without any right for an enterprise."""
    return User("bakery.worker", person.given_name, person.family_name, "fr", person.ssin, ())
