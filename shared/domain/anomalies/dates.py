"""Anomalies of dates and hours, and of when a declaration comes."""

from __future__ import annotations

from typing import Final

from shared.domain.anomalies.row import blocking, warning

ROWS: Final = (
    blocking(
        "00910-001",
        fr="La date de début manque",
        nl="De begindatum ontbreekt",
        de="Das Anfangsdatum fehlt",
        en="The start date is missing",
        hint="Give the first day of the contractual or legal link.",
    ),
    blocking(
        "00910-003",
        fr="La date de début n'existe pas dans le calendrier",
        nl="De begindatum bestaat niet op de kalender",
        de="Das Anfangsdatum gibt es im Kalender nicht",
        en="The start date does not exist in the calendar",
        hint="Give an existing day, written YYYY-MM-DD.",
    ),
    blocking(
        "00910-008",
        fr="La date de début sort des limites admises",
        nl="De begindatum valt buiten de toegelaten grenzen",
        de="Das Anfangsdatum liegt außerhalb der zulässigen Grenzen",
        en="The start date lies outside the limits allowed",
        hint="Give a day from 1920 on, less than ten calendar years ahead.",
    ),
    blocking(
        "00911-001",
        fr="La date de fin manque",
        nl="De einddatum ontbreekt",
        de="Das Enddatum fehlt",
        en="The end date is missing",
        hint="An OUT needs it, and so does an IN of this joint commission or worker type.",
    ),
    blocking(
        "00911-003",
        fr="La date de fin n'existe pas dans le calendrier",
        nl="De einddatum bestaat niet op de kalender",
        de="Das Enddatum gibt es im Kalender nicht",
        en="The end date does not exist in the calendar",
        hint="Give an existing day, written YYYY-MM-DD.",
    ),
    blocking(
        "00911-008",
        fr="La date de fin sort des limites admises",
        nl="De einddatum valt buiten de toegelaten grenzen",
        de="Das Enddatum liegt außerhalb der zulässigen Grenzen",
        en="The end date lies outside the limits allowed",
        hint="Give a day from 1999 on, less than ten calendar years ahead; 9999-12-31 only in an UPDATE.",
    ),
    blocking(
        "00911-014",
        fr="La période se terminerait avant d'avoir commencé",
        nl="De periode zou eindigen voor ze begint",
        de="Der Zeitraum würde enden, bevor er beginnt",
        en="The period would end before it starts",
        hint="Compare the end date with the start date of the declaration or of the registered period.",
    ),
    blocking(
        "00777-003",
        fr="L'heure de début n'est pas une heure de la journée",
        nl="Het beginuur is geen uur van de dag",
        de="Die Anfangsstunde ist keine Uhrzeit",
        en="The start hour is not a time of day",
        hint="Write four digits, HHMM, from 0000 to 2359.",
    ),
    blocking(
        "00778-003",
        fr="L'heure de fin n'est pas une heure de la journée",
        nl="Het einduur is geen uur van de dag",
        de="Die Endstunde ist keine Uhrzeit",
        en="The end hour is not a time of day",
        hint="Write four digits, HHMM, from 0000 to 2359.",
    ),
    blocking(
        "00778-345",
        fr="Le même jour, l'heure de fin vient avant l'heure de début",
        nl="Op dezelfde dag komt het einduur voor het beginuur",
        de="Am selben Tag liegt die Endstunde vor der Anfangsstunde",
        en="On the same day the end hour comes before the start hour",
        hint="Work that goes past midnight has the next day as its end date.",
    ),
    warning(
        "90373-460",
        fr="L'entrée en service a été déclarée après le début de la période",
        nl="De indiensttreding is aangegeven na het begin van de periode",
        de="Der Dienstantritt wurde nach Beginn des Zeitraums gemeldet",
        en="The IN was declared after the period had started",
        hint="Declare at the latest when the worker starts.",
    ),
)
