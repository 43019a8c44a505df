"""Anomalies of the features of a period: joint commission, worker type and what they demand."""

from __future__ import annotations

from typing import Final

from shared.domain.anomalies.row import blocking

ROWS: Final = (
    blocking(
        "00046-001",
        fr="La commission paritaire manque",
        nl="Het paritair comité ontbreekt",
        de="Die paritätische Kommission fehlt",
        en="The joint commission is missing",
        hint="Give its three digits, or XXX when it is not in the list.",
    ),
    blocking(
        "00046-003",
        fr="La commission paritaire n'est pas de celles qu'on déclare",
        nl="Het paritair comité is er geen dat wordt aangegeven",
        de="Die paritätische Kommission gehört nicht zu den meldbaren",
        en="The joint commission is not one of those that are declared",
        hint="Use 124, 140, 144, 145, 149, 302, 320, 322, or XXX for all others; a user is never 322.",
    ),
    blocking(
        "00655-001",
        fr="Le type de travailleur manque",
        nl="Het type werknemer ontbreekt",
        de="Der Typ des Arbeitnehmers fehlt",
        en="The worker type is missing",
        hint="Give the worker type; OTH when no other applies.",
    ),
    blocking(
        "00655-003",
        fr="Le type de travailleur n'existe pas, ou n'existe plus",
        nl="Het type werknemer bestaat niet, of niet meer",
        de="Den Typ des Arbeitnehmers gibt es nicht oder nicht mehr",
        en="There is no such worker type, or no longer",
        hint="Use a worker type of the current list; OTH when no other applies.",
    ),
    blocking(
        "01135-003",
        fr="Le nombre d'heures prévues doit aller de 1 à 999",
        nl="Het aantal geplande uren moet tussen 1 en 999 liggen",
        de="Die Zahl der geplanten Stunden muss zwischen 1 und 999 liegen",
        en="The number of planned hours must be from 1 to 999",
        hint="Give whole hours; each hour begun counts as one.",
    ),
)
