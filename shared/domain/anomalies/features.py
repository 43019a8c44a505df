"""Anomalies of the features of a period: joint commission, worker type and the blocks they require."""

from __future__ import annotations

from typing import Final

from shared.domain.anomalies.row import blocking, since, undecidable, until, zone
from shared.domain.features import LAST_DAY_OF_PLANNED_DAYS, SMALL_STATUTES_FROM

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
    *zone(
        "01135",
        fr="Le nombre d'heures prévues",
        nl="Het aantal geplande uren",
        de="Die Zahl der geplanten Stunden",
        en="The number of planned hours",
        missing="Give the hours planned for STU, O17 and S17.",
        forbidden="Leave the hours out: only STU, O17 and S17 have them.",
    ),
    *zone(
        "01017",
        fr="Le nombre de jours prévus",
        nl="Het aantal geplande dagen",
        de="Die Zahl der geplanten Tage",
        en="The number of planned days",
        forbidden="Leave the days out: students' hours are planned (plannedHoursNumber).",
    ),
    *(
        until(LAST_DAY_OF_PLANNED_DAYS, row)
        for row in zone(
            "01017",
            fr="Le nombre de jours prévus",
            nl="Het aantal geplande dagen",
            de="Die Zahl der geplanten Tage",
            en="The number of planned days",
            missing="Give the planned days of a student for a period until 2016 (plannedDaysNumber).",
            invalid="Give whole days, from 1 to 999.",
        )
    ),
    *(
        until(
            LAST_DAY_OF_PLANNED_DAYS,
            blocking(
                f"{block}-420",
                fr=f"Plus de jours prévus que la période n'en compte{fr}",
                nl=f"Meer geplande dagen dan de periode er telt{nl}",
                de=f"Mehr geplante Tage, als der Zeitraum zählt{de}",
                en=f"More days are planned than the period has{en}",
                hint="Compare the planned days with the dates of the period.",
            ),
        )
        for block, fr, nl, de, en in (
            ("90373", "", "", "", ""),
            ("90378", " après la modification", " na de wijziging", " nach der Änderung", " when changed"),
        )
    ),
    blocking(
        "00041-521",
        fr="La classe de risque ne convient pas à la nature de l'emploi",
        nl="De risicoklasse past niet bij de aard van de tewerkstelling",
        de="Die Risikoklasse passt nicht zur Art der Beschäftigung",
        en="The risk class does not fit the nature of the employment",
        hint="Give a class of Annex 6: 1 to 6 for WORKER, 401 to 412 for EMPLOYEE.",
    ),
    *zone(
        "00046",
        fr="La commission paritaire",
        nl="Het paritair comité",
        de="Die paritätische Kommission",
        en="The joint commission",
        forbidden="Leave it out: a provincial or local authority has none, nor has a user unless JC is 322.",
    ),
    blocking(
        "00655-350",
        fr="Ce type de travailleur n'est pas ouvert à cet employeur",
        nl="Dit type werknemer staat niet open voor deze werkgever",
        de="Dieser Typ des Arbeitnehmers steht diesem Arbeitgeber nicht offen",
        en="This worker type is not open to this employer",
        hint="Use another worker type; OTH when no other applies.",
    ),
    undecidable(
        blocking(
            "00655-005",
            fr="Le type de travailleur ne peut pas être donné ici",
            nl="Het type werknemer mag hier niet worden opgegeven",
            de="Der Typ des Arbeitnehmers darf hier nicht angegeben werden",
            en="The worker type may not be given here",
            hint="Leave the worker type out.",
        ),
        "It is indispensable wherever it can occur; types that are barred have codes of their own.",
    ),
    blocking(
        "90374-349",
        fr="Cette commission paritaire et ce type de travailleur ne vont pas ensemble",
        nl="Dit paritair comité en dit type werknemer gaan niet samen",
        de="Diese paritätische Kommission und dieser Typ des Arbeitnehmers passen nicht zusammen",
        en="This joint commission and this worker type do not go together",
        hint="For ordinary work use XXX with the type; EXT goes with 144, 145, 302, 320 or 322 only.",
    ),
    *zone(
        "00663",
        fr="Le numéro de la carte C3.2A du premier mois",
        nl="Het nummer van de C3.2A-kaart van de eerste maand",
        de="Die Nummer der Karte C3.2A des ersten Monats",
        en="The number of the C3.2A card of the first month",
        missing="Construction work needs both cards: give firstMonthC32ANumber.",
        invalid="A card number has 12 digits.",
        forbidden="Leave the cards out: they are for construction only.",
    ),
    *zone(
        "00664",
        fr="Le numéro de la carte C3.2A du mois suivant",
        nl="Het nummer van de C3.2A-kaart van de volgende maand",
        de="Die Nummer der Karte C3.2A des folgenden Monats",
        en="The number of the C3.2A card of the next month",
        missing="Construction work needs both cards: give nextMonthC32ANumber.",
        invalid="A card number has 12 digits.",
        forbidden="Leave the cards out: they are for construction only.",
    ),
    blocking(
        "00664-353",
        fr="Les deux mois ont la même carte C3.2A",
        nl="De twee maanden hebben dezelfde C3.2A-kaart",
        de="Die beiden Monate haben dieselbe Karte C3.2A",
        en="The two months have the same C3.2A card",
        hint="Each month has a card of its own.",
    ),
    *zone(
        "00776",
        fr="Le lieu de travail de l'étudiant",
        nl="De werkplaats van de student",
        de="Der Arbeitsort des Studenten",
        en="The student's place of work",
        invalid="Its name has from 1 to 96 characters.",
        forbidden="Leave it out: only a student (STU) has a place of work of his own.",
    ),
    *(
        since(SMALL_STATUTES_FROM, row) if row.code.endswith("-001") else row
        for row in (
            *zone(
                "01231",
                fr="La nature de l'emploi",
                nl="De aard van de tewerkstelling",
                de="Die Art der Beschäftigung",
                en="The nature of the employment",
                missing="IVT, TRI and STG need it: give smallStatutesInformation.employmentNature.",
                invalid="Use EMPLOYEE or WORKER.",
                forbidden="Leave it out: only IVT, TRI and STG have it.",
            ),
            *zone(
                "00053",
                fr="Le statut du travailleur",
                nl="Het statuut van de werknemer",
                de="Das Statut des Arbeitnehmers",
                en="The status of the worker",
                missing="IVT, TRI and STG need it: give smallStatutesInformation.workerStatus.",
                invalid="Use F1 (training for paid work) or F2 (learning contract with a cover of its own).",
                forbidden="Leave it out: only IVT, TRI and STG have it.",
            ),
        )
    ),
)
