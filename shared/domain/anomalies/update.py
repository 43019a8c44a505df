"""Anomalies of changes of a period."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from shared.domain.anomalies.row import blocking, since, warning
from shared.domain.features import STUDENT_START_STAYS_AFTER

ROWS: Final = (
    since(
        STUDENT_START_STAYS_AFTER + timedelta(1),
        blocking(
            "00910-005",
            fr="La date de début de cette période ne peut pas changer",
            nl="De begindatum van deze periode kan niet veranderen",
            de="Das Anfangsdatum dieses Zeitraums kann sich nicht ändern",
            en="The start date of this period cannot change",
            hint="Leave startDate out. To move a student's period, cancel it and declare a new IN.",
        ),
    ),
    blocking(
        "00910-344",
        fr="Le début d'une période de ce type ne peut pas être reporté",
        nl="Het begin van een periode van dit type kan niet worden uitgesteld",
        de="Der Beginn eines Zeitraums dieser Art kann nicht verschoben werden",
        en="The start of a period of this kind cannot be put off",
        hint="Cancel the period before it starts and declare a new IN.",
    ),
    blocking(
        "00911-344",
        fr="La fin d'une période de ce type ne peut pas être reportée",
        nl="Het einde van een periode van dit type kan niet worden uitgesteld",
        de="Das Ende eines Zeitraums dieser Art kann nicht verschoben werden",
        en="The end of a period of this kind cannot be put off",
        hint="Declare a new IN for the days that follow.",
    ),
    blocking(
        "00913-005",
        fr="Le numéro de la période n'a pas sa place ici",
        nl="Het nummer van de periode hoort hier niet",
        de="Die Nummer des Zeitraums gehört nicht hierher",
        en="The number of the period has no place here",
        hint="Name the daily registration by its own number alone.",
    ),
    blocking(
        "00913-181",
        fr="Une période de ce type ne se modifie plus",
        nl="Een periode van dit type kan niet meer worden gewijzigd",
        de="Ein Zeitraum dieser Art kann nicht mehr geändert werden",
        en="A period of this kind can no longer be changed",
        hint="The scheme of this period has ended; contact the NSSO if its data are wrong.",
    ),
    blocking(
        "90378-341",
        fr="Ainsi modifiée, la période à heures dépasserait 24 heures",
        nl="Met deze wijziging zou de periode met uren langer dan 24 uur duren",
        de="So geändert würde der Zeitraum mit Stunden 24 Stunden überschreiten",
        en="Changed like this, the period with hours would last longer than 24 hours",
        hint="Declare a separate IN for each day.",
    ),
    blocking(
        "90378-343",
        fr="L'employeur n'est pas actif au répertoire aux dates modifiées",
        nl="De werkgever is in het repertorium niet actief op de gewijzigde data",
        de="Der Arbeitgeber ist im Verzeichnis an den geänderten Daten nicht aktiv",
        en="The directory does not show the employer as active on the dates as changed",
        hint="Check the dates, or have the employer's file at the NSSO corrected.",
    ),
    blocking(
        "90378-368",
        fr="La date de fin de cette période ne peut pas être enlevée",
        nl="De einddatum van deze periode kan niet worden weggenomen",
        de="Das Enddatum dieses Zeitraums kann nicht entfernt werden",
        en="The end date of this period cannot be taken away",
        hint="Give the new end date instead of 9999-12-31.",
    ),
    blocking(
        "90378-421",
        fr="Ainsi modifiée, la période ne resterait pas dans un seul trimestre",
        nl="Met deze wijziging zou de periode niet binnen één kwartaal blijven",
        de="So geändert bliebe der Zeitraum nicht in einem einzigen Quartal",
        en="Changed like this, the period would not stay within one quarter",
        hint="Declare a separate IN for each quarter.",
    ),
    blocking(
        "90378-450",
        fr="Les périodes de ce type ne se modifient pas pour l'instant",
        nl="Periodes van dit type kunnen voorlopig niet worden gewijzigd",
        de="Zeiträume dieser Art können vorläufig nicht geändert werden",
        en="Periods of this kind cannot be changed for the time being",
        hint="Wait until the NSSO opens this type again; it announces when.",
    ),
    warning(
        "90378-460",
        fr="La modification a été déclarée trop tard",
        nl="De wijziging is te laat aangegeven",
        de="Die Änderung wurde zu spät gemeldet",
        en="The change was declared too late",
        hint="Tell an earlier start before it, and another end by the working day after the end.",
    ),
)
