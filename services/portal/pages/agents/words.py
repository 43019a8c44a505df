"""The words for states, sources and properties of cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from shared.words import later

#: States of cases of all lists.
STATES: Final[Mapping[str, str]] = {
    "open": later("open"),
    "pending": later("waits for a decision"),
    "heard": later("employer heard"),
    "proposed": later("one agent has decided"),
    "disputed": later("two agents have decided differently"),
    "confirmed": later("confirmed"),
    "dismissed": later("dismissed"),
    "upheld": later("upheld"),
    "rejected": later("rejected"),
    "withdrawn": later("withdrawn"),
    "answered": later("answered"),
    "accepted": later("accepted"),
    "refused": later("refused"),
    "opened": later("opened"),
    "resolved": later("worker identified"),
    "given_up": later("ended without a worker"),
    "timed_out": later("ended at the deadline"),
    "unknown_number": later("the register does not have the number"),
    "deceased": later("the person with the number died before"),
    "nobody": later("no person agrees enough"),
    "ambiguous": later("several persons agree almost equally well"),
}
#: Sources of findings of omissions.
SOURCES: Final[Mapping[str, str]] = {
    "wages": later("wages"),
    "presence": later("presence register"),
    "inspector": later("inspector"),
}
#: Properties of a declared worker and of a candidate, side by side.
PROPERTIES: Final[Mapping[str, str]] = {
    "ssin": later("National register number"),
    "familyName": later("Family name"),
    "givenName": later("Given name"),
    "birthDate": later("Date of birth"),
    "gender": later("Gender (1 man, 2 woman)"),
    "nationality": later("Nationality (code)"),
    "street": later("Street"),
    "postCode": later("Postcode"),
    "deceasedOn": later("Died on"),
    "points": later("Likeness, of 100"),
}
