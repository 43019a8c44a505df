"""Anomalies of the address of a user undertaking or of a student's place of work."""

from __future__ import annotations

from typing import Final

from shared.domain.anomalies.row import zone

_WHEN: Final = "The address is needed for a user without enterprise number and for a student's place of work."
_NOWHERE: Final = (
    "Leave the address out: only agency workers (322) have a user, only STU has a place of work."
)

ROWS: Final = (
    *zone(
        "00517",
        fr="La rue de l'adresse",
        nl="De straat van het adres",
        de="Die Straße der Anschrift",
        en="The street of the address",
        missing=_WHEN,
        invalid="A street has from 1 to 42 characters.",
        forbidden=_NOWHERE,
    ),
    *zone(
        "00518",
        fr="Le numéro de maison de l'adresse",
        nl="Het huisnummer van het adres",
        de="Die Hausnummer der Anschrift",
        en="The house number of the address",
        missing=_WHEN,
        invalid="A house number has from 1 to 10 characters; the box goes into boxNumber.",
        forbidden=_NOWHERE,
    ),
    *zone(
        "00519",
        fr="La boîte de l'adresse",
        nl="Het busnummer van het adres",
        de="Der Briefkasten der Anschrift",
        en="The box number of the address",
        invalid="A box number has from 1 to 4 characters; leave it out when there is none.",
        forbidden=_NOWHERE,
    ),
    *zone(
        "00520",
        fr="Le code postal de l'adresse",
        nl="De postcode van het adres",
        de="Die Postleitzahl der Anschrift",
        en="The postal code of the address",
        missing=_WHEN,
        invalid="Give an existing Belgian postal code (country 150), or at most 9 characters abroad.",
        forbidden=_NOWHERE,
    ),
    *zone(
        "00522",
        fr="La localité de l'adresse",
        nl="De gemeente van het adres",
        de="Die Gemeinde der Anschrift",
        en="The city of the address",
        missing=_WHEN,
        invalid="In Belgium the city is one of those of the postal code; it has at most 40 characters.",
        forbidden=_NOWHERE,
    ),
    *zone(
        "00523",
        fr="Le pays de l'adresse",
        nl="Het land van het adres",
        de="Das Land der Anschrift",
        en="The country of the address",
        missing=_WHEN,
        invalid="Give a country code of Annex 5: 150 for Belgium.",
        forbidden=_NOWHERE,
    ),
)
