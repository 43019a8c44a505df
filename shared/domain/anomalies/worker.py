"""Anomalies of the worker: his NISS, his identity data, his identification."""

from __future__ import annotations

from typing import Final

from shared.domain.anomalies.row import blocking

ROWS: Final = (
    blocking(
        "00024-003",
        fr="Le NISS n'est pas un numéro correct",
        nl="Het INSZ is geen juist nummer",
        de="Die ENSS ist keine richtige Nummer",
        en="The NISS is not a correct number",
        hint="Give the 11 digits of the national register or bis number, without dots or dashes.",
    ),
    blocking(
        "00024-347",
        fr="Ce NISS n'est pas celui du travailleur de la période",
        nl="Dit INSZ is niet dat van de werknemer van de periode",
        de="Diese ENSS ist nicht die des Arbeitnehmers des Zeitraums",
        en="This NISS is not that of the worker of the period",
        hint="Leave out the worker, or check both the NISS and the period.",
    ),
    blocking(
        "00025-003",
        fr="Le nom du travailleur est trop long",
        nl="De naam van de werknemer is te lang",
        de="Der Name des Arbeitnehmers ist zu lang",
        en="The family name of the worker is too long",
        hint="A family name has at most 48 characters.",
    ),
    blocking(
        "00026-003",
        fr="Le prénom du travailleur est trop long",
        nl="De voornaam van de werknemer is te lang",
        de="Der Vorname des Arbeitnehmers ist zu lang",
        en="The given name of the worker is too long",
        hint="A given name has at most 24 characters.",
    ),
    blocking(
        "00028-003",
        fr="La date de naissance n'existe pas ou n'est pas plausible",
        nl="De geboortedatum bestaat niet of is niet aannemelijk",
        de="Das Geburtsdatum gibt es nicht oder es ist nicht glaubhaft",
        en="The date of birth does not exist or is not plausible",
        hint="Give YYYY-MM-DD, or YYYY-00-00 if only the year is known; the year at most 120 years ago.",
    ),
    blocking(
        "00029-003",
        fr="Le sexe est indiqué par un code inconnu",
        nl="Het geslacht is met een onbekende code aangeduid",
        de="Das Geschlecht ist mit einem unbekannten Code angegeben",
        en="The gender is given by an unknown code",
        hint="Use 1 for a man, 2 for a woman, 0 if it is not given.",
    ),
    blocking(
        "90017-151",
        fr="Le travailleur n'a pu être identifié avec les données fournies",
        nl="De werknemer kon met de opgegeven gegevens niet worden geïdentificeerd",
        de="Der Arbeitnehmer konnte anhand der Angaben nicht identifiziert werden",
        en="The worker could not be identified from the data given",
        hint="Check the NISS or the identity data against an identity document and declare again.",
    ),
    blocking(
        "90017-363",
        fr="Sans NISS, toutes les données d'identité du travailleur sont nécessaires",
        nl="Zonder INSZ zijn alle identiteitsgegevens van de werknemer nodig",
        de="Ohne ENSS sind alle Identitätsdaten des Arbeitnehmers nötig",
        en="Without a NISS all identity data of the worker are needed",
        hint="Give worker.ssin, or names, birth date and place, countries, nationality, gender and address.",
    ),
)
