"""Anomalies of the employer: his numbers, his place in the directory, the right to declare for him."""

from __future__ import annotations

from typing import Final

from shared.domain.anomalies.row import blocking, warning

ROWS: Final = (
    blocking(
        "90256-364",
        fr="L'employeur n'est désigné par aucun numéro",
        nl="Er is geen enkel nummer van de werkgever opgegeven",
        de="Der Arbeitgeber ist durch keine Nummer bezeichnet",
        en="No number of the employer was given",
        hint="Give employer.employerId, employer.enterpriseNumber, or both.",
    ),
    blocking(
        "00011-003",
        fr="Le numéro ONSS n'est pas un numéro correct",
        nl="Het RSZ-nummer is geen juist nummer",
        de="Die LSS-Nummer ist keine richtige Nummer",
        en="The NSSO number is not a correct number",
        hint="Check the digits: an NSSO number has at most 9, the last two being the check digits.",
    ),
    blocking(
        "00948-003",
        fr="Le numéro ONSS provisoire n'est pas un numéro correct",
        nl="Het voorlopige RSZ-nummer is geen juist nummer",
        de="Die vorläufige LSS-Nummer ist keine richtige Nummer",
        en="The provisional NSSO number is not a correct number",
        hint="Check the digits: a provisional number has 10, begins with 5 and ends with check digits.",
    ),
    blocking(
        "00014-003",
        fr="Le numéro d'entreprise n'est pas un numéro correct",
        nl="Het ondernemingsnummer is geen juist nummer",
        de="Die Unternehmensnummer ist keine richtige Nummer",
        en="The enterprise number is not a correct number",
        hint="Give 10 digits beginning with 0 or 1, without dots; the last two are the check digits.",
    ),
    blocking(
        "00011-235",
        fr="Aucun employeur du répertoire ne porte ce numéro ONSS",
        nl="Geen werkgever in het repertorium heeft dit RSZ-nummer",
        de="Kein Arbeitgeber im Verzeichnis hat diese LSS-Nummer",
        en="No employer in the directory has this NSSO number",
        hint="Check the number. A new employer first identifies himself to the NSSO.",
    ),
    blocking(
        "00948-235",
        fr="Aucun employeur du répertoire ne porte ce numéro ONSS provisoire",
        nl="Geen werkgever in het repertorium heeft dit voorlopige RSZ-nummer",
        de="Kein Arbeitgeber im Verzeichnis hat diese vorläufige LSS-Nummer",
        en="No employer in the directory has this provisional NSSO number",
        hint="Check the number. Once the definitive number exists, only that one may be used.",
    ),
    blocking(
        "00014-235",
        fr="Aucun employeur du répertoire ne porte ce numéro d'entreprise",
        nl="Geen werkgever in het repertorium heeft dit ondernemingsnummer",
        de="Kein Arbeitgeber im Verzeichnis hat diese Unternehmensnummer",
        en="No employer in the directory has this enterprise number",
        hint="Check the number. A new employer first identifies himself to the NSSO.",
    ),
    warning(
        "00014-022",
        fr="Selon le répertoire, les deux numéros donnés ne désignent pas le même employeur",
        nl="Volgens het repertorium horen de twee opgegeven nummers niet bij dezelfde werkgever",
        de="Laut Verzeichnis gehören die beiden Nummern nicht zum selben Arbeitgeber",
        en="According to the directory the two numbers given do not belong to one employer",
        hint="The declaration was handled with the prevailing number; correct the other in your files.",
    ),
    blocking(
        "90256-155",
        fr="L'expéditeur n'a pas, ou n'a plus, le droit de déclarer pour cet employeur",
        nl="De afzender mag niet, of niet meer, voor deze werkgever aangeven",
        de="Der Absender darf nicht oder nicht mehr für diesen Arbeitgeber melden",
        en="The sender may not, or may no longer, declare for this employer",
        hint="Have the mandate for the current quarter accepted by both sides, then declare again.",
    ),
    blocking(
        "90373-343",
        fr="L'employeur n'est pas actif au répertoire pendant toute la période déclarée",
        nl="De werkgever is in het repertorium niet actief tijdens de hele aangegeven periode",
        de="Der Arbeitgeber ist im Verzeichnis nicht während des ganzen gemeldeten Zeitraums aktiv",
        en="The directory does not show the employer as active throughout the declared period",
        hint="Check the dates of the period, or have the employer's file at the NSSO corrected.",
    ),
    blocking(
        "00011-347",
        fr="Ce numéro ONSS n'est pas celui de l'employeur de la période",
        nl="Dit RSZ-nummer is niet dat van de werkgever van de periode",
        de="Diese LSS-Nummer ist nicht die des Arbeitgebers des Zeitraums",
        en="This NSSO number is not that of the employer of the period",
        hint="Leave out the employer, or check both his number and the period.",
    ),
    blocking(
        "00948-347",
        fr="Ce numéro ONSS provisoire n'est pas celui de l'employeur de la période",
        nl="Dit voorlopige RSZ-nummer is niet dat van de werkgever van de periode",
        de="Diese vorläufige LSS-Nummer ist nicht die des Arbeitgebers des Zeitraums",
        en="This provisional NSSO number is not that of the employer of the period",
        hint="Leave out the employer, or check both his number and the period.",
    ),
    blocking(
        "00014-347",
        fr="Ce numéro d'entreprise n'est pas celui de l'employeur de la période",
        nl="Dit ondernemingsnummer is niet dat van de werkgever van de periode",
        de="Diese Unternehmensnummer ist nicht die des Arbeitgebers des Zeitraums",
        en="This enterprise number is not that of the employer of the period",
        hint="Leave out the employer, or check both his number and the period.",
    ),
)
