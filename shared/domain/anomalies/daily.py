"""Anomalies of daily registrations."""

from __future__ import annotations

from typing import Final

from shared.domain.anomalies.row import blocking, undecidable, zone

ROWS: Final = (
    *zone(
        "01085",
        fr="Le numéro de l'enregistrement journalier",
        nl="Het nummer van de dagregistratie",
        de="Die Nummer der Tagesregistrierung",
        en="The number of the daily registration",
        missing="Give the number of the registration to change (1) or to cancel (3).",
        invalid="Give the 12 digits that the registration was answered with.",
        forbidden="A new registration (0) gets its number from us.",
    ),
    blocking(
        "01085-354",
        fr="Aucun enregistrement journalier n'est connu sous ce numéro",
        nl="Onder dit nummer is geen dagregistratie bekend",
        de="Unter dieser Nummer ist keine Tagesregistrierung bekannt",
        en="No daily registration is known under this number",
        hint="Give the number of a registration of an employer you may act for.",
    ),
    blocking(
        "01085-355",
        fr="Cet enregistrement journalier est annulé et ne peut plus changer",
        nl="Deze dagregistratie is geannuleerd en kan niet meer wijzigen",
        de="Diese Tagesregistrierung ist annulliert und kann sich nicht mehr ändern",
        en="This daily registration is canceled and can no longer change",
        hint="Register the day anew if it was worked.",
    ),
    undecidable(
        blocking(
            "01085-092",
            fr="L'enregistrement journalier désigné n'est pas connu",
            nl="De aangeduide dagregistratie is niet bekend",
            de="Die bezeichnete Tagesregistrierung ist nicht bekannt",
            en="The daily registration that is meant is not known",
            hint="Give the number of a registration that exists.",
        ),
        "Its label says no more than 01085-354 does; no source tells them apart. We raise 01085-354.",
    ),
    blocking(
        "01085-181",
        fr="Cet enregistrement journalier ne se modifie ni ne s'annule",
        nl="Deze dagregistratie kan niet worden gewijzigd of geannuleerd",
        de="Diese Tagesregistrierung kann weder geändert noch annulliert werden",
        en="This daily registration can be neither changed nor canceled",
        hint="Contact the NSSO about this registration.",
    ),
    undecidable(
        blocking(
            "90480-003",
            fr="L'enregistrement journalier n'est pas valable",
            nl="De dagregistratie is niet geldig",
            de="Die Tagesregistrierung ist nicht gültig",
            en="The daily registration is not valid",
            hint="Check all its fields.",
        ),
        "The block is reported as a whole; nothing says for which mistake that has no code of its own.",
    ),
    blocking(
        "90480-260",
        fr="L'enregistrement journalier compte trop d'heures",
        nl="De dagregistratie telt te veel uren",
        de="Die Tagesregistrierung umfasst zu viele Stunden",
        en="The daily registration has too many hours",
        hint="Between its start and its end lie at most 24 hours.",
    ),
    blocking(
        "90480-334",
        fr="Un autre enregistrement de la même période couvre en partie ces heures",
        nl="Een andere registratie van dezelfde periode valt gedeeltelijk op deze uren",
        de="Eine andere Registrierung desselben Zeitraums deckt sich teilweise mit diesen Stunden",
        en="Another registration of the same period covers some of these hours",
        hint="Change or cancel the other registration first, or correct these hours.",
    ),
    blocking(
        "90480-444",
        fr="La modification ne change rien à l'enregistrement journalier",
        nl="De wijziging verandert niets aan de dagregistratie",
        de="Die Änderung lässt die Tagesregistrierung, wie sie ist",
        en="The change leaves the daily registration as it is",
        hint="Nothing is needed if the registered data are right.",
    ),
    blocking(
        "00910-462",
        fr="L'enregistrement journalier commence en dehors de sa période",
        nl="De dagregistratie begint buiten haar periode",
        de="Die Tagesregistrierung beginnt außerhalb ihres Zeitraums",
        en="The daily registration starts outside its period",
        hint="Compare its start date with the dates of the period.",
    ),
    blocking(
        "00911-462",
        fr="L'enregistrement journalier se termine en dehors de sa période",
        nl="De dagregistratie eindigt buiten haar periode",
        de="Die Tagesregistrierung endet außerhalb ihres Zeitraums",
        en="The daily registration ends outside its period",
        hint="Compare its end date with the dates of the period.",
    ),
    blocking(
        "00913-461",
        fr="L'employeur n'a pas choisi Dimona pour ses enregistrements journaliers",
        nl="De werkgever heeft niet voor Dimona gekozen om zijn dagen te registreren",
        de="Der Arbeitgeber hat Dimona nicht für seine Tagesregistrierungen gewählt",
        en="The employer has not chosen Dimona for his daily registrations",
        hint="Have the choice registered at the NSSO first, or register the days elsewhere.",
    ),
    blocking(
        "00913-462",
        fr="Une période de ces caractéristiques ne prend pas d'enregistrements journaliers",
        nl="Een periode met deze kenmerken neemt geen dagregistraties",
        de="Ein Zeitraum mit diesen Merkmalen nimmt keine Tagesregistrierungen auf",
        en="A period with these features takes no daily registrations",
        hint="Register days for flexi-jobs by period only.",
    ),
)
