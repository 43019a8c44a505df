"""Anomalies of checks against other data: quotas, flexi-jobs, starter jobs."""

from __future__ import annotations

from typing import Final

from shared.domain.anomalies.row import undecidable, warning

_STARTER_JOB: Final = "No source says for which outcome of the starter-job check it is told."

ROWS: Final = (
    warning(
        "90017-369",
        fr="Avec cette période, le travailleur dépasse le contingent de ce type d'occupation",
        nl="Met deze periode gaat de werknemer over het contingent voor dit soort tewerkstelling",
        de="Mit diesem Zeitraum überschreitet der Arbeitnehmer das Kontingent dieser Beschäftigungsart",
        en="With this period the worker goes beyond the quota for this kind of work",
        hint="Declare an ordinary worker instead (OTH), or fewer hours.",
        blocks_for=frozenset({"O17", "S17", "T17"}),
    ),
    warning(
        "90256-369",
        fr="Avec cette période, l'employeur dépasse son contingent annuel de jours d'extras",
        nl="Met deze periode gaat de werkgever over zijn jaarlijks contingent van gelegenheidsdagen",
        de="Mit diesem Zeitraum überschreitet der Arbeitgeber sein Jahreskontingent an Aushilfstagen",
        en="With this period the employer goes beyond its yearly quota of days with occasional workers",
        hint="The advantages of occasional work do not apply to the days beyond the quota.",
    ),
    warning(
        "90017-510",
        fr="Le travailleur ne remplit pas les conditions d'un flexi-job",
        nl="De werknemer voldoet niet aan de voorwaarden voor een flexi-job",
        de="Der Arbeitnehmer erfüllt die Bedingungen eines Flexi-Jobs nicht",
        en="The worker does not meet the conditions for a flexi-job",
        hint="Cancel the period and declare an ordinary worker (OTH): the wage cannot be a flexi-wage.",
    ),
    undecidable(
        warning(
            "90017-515",
            fr="Le statut de jeune sans expérience n'a pas pu être vérifié",
            nl="Het statuut van jongere zonder ervaring kon niet worden nagegaan",
            de="Der Status als junger Mensch ohne Erfahrung konnte nicht geprüft werden",
            en="The status of young worker without experience could not be checked",
            hint="Nothing is needed now; ask the NSSO if you count on the starter job.",
        ),
        "The workers of the starter-job check are not published, and this system repeats a check that failed "
        "for a technical reason instead of reporting it.",
    ),
    undecidable(
        warning(
            "90017-058",
            fr="Le travailleur n'a pas assez travaillé auparavant",
            nl="De werknemer heeft eerder niet genoeg gewerkt",
            de="Der Arbeitnehmer hat zuvor nicht genug gearbeitet",
            en="The worker has not worked enough before",
            hint="See the conditions of flexi-jobs; the period is registered.",
        ),
        "Probably the older form of 90017-510; no source says when it was raised and with which amounts.",
    ),
    warning(
        "90017-514",
        fr="Le travailleur est un jeune sans expérience",
        nl="De werknemer is een jongere zonder ervaring",
        de="Der Arbeitnehmer ist ein junger Mensch ohne Erfahrung",
        en="The worker is a young person without experience",
        hint="For information: it is the outcome of the starter-job check.",
    ),
    undecidable(
        warning(
            "90373-483",
            fr="L'avantage s'applique si les conditions sont remplies",
            nl="Het voordeel geldt als aan de voorwaarden is voldaan",
            de="Der Vorteil gilt, wenn die Bedingungen erfüllt sind",
            en="The advantage applies if its conditions are met",
            hint="For information: check the conditions of the starter job.",
        ),
        _STARTER_JOB,
    ),
    undecidable(
        warning(
            "90378-483",
            fr="Après la modification, l'avantage s'applique si les conditions sont remplies",
            nl="Na de wijziging geldt het voordeel als aan de voorwaarden is voldaan",
            de="Nach der Änderung gilt der Vorteil, wenn die Bedingungen erfüllt sind",
            en="After the change the advantage applies if its conditions are met",
            hint="For information: check the conditions of the starter job.",
        ),
        _STARTER_JOB,
    ),
)
