"""Anomalies of the user undertaking of a temporary agency worker."""

from __future__ import annotations

from typing import Final

from shared.domain.anomalies.row import blocking, zone

ROWS: Final = (
    *zone(
        "00131",
        fr="Le numéro d'entreprise de l'utilisateur",
        nl="Het ondernemingsnummer van de gebruiker",
        de="Die Unternehmensnummer des Entleihers",
        en="The enterprise number of the user",
        missing="A user in Belgium has one: give it in place of the name.",
        invalid="Give 10 digits beginning with 0 or 1, without dots; the last two are the check digits.",
        forbidden="Leave the user out: only temporary agency workers (322) have one.",
    ),
    blocking(
        "00131-235",
        fr="Aucune entreprise du répertoire ne porte le numéro donné pour l'utilisateur",
        nl="Geen onderneming in het repertorium heeft het nummer dat voor de gebruiker is opgegeven",
        de="Kein Unternehmen im Verzeichnis hat die für den Entleiher angegebene Nummer",
        en="No enterprise in the directory has the number given for the user",
        hint="Check the number. A user abroad without a Belgian number is given by name and address.",
    ),
    *zone(
        "00153",
        fr="Le nom de l'utilisateur",
        nl="De naam van de gebruiker",
        de="Der Name des Entleihers",
        en="The name of the user",
        invalid="A name has from 1 to 96 characters.",
        forbidden="Leave the user out: only temporary agency workers (322) have one.",
    ),
    blocking(
        "90107-351",
        fr="L'utilisateur n'est désigné ni par un numéro ni par un nom",
        nl="De gebruiker is niet aangeduid met een nummer of een naam",
        de="Der Entleiher ist weder durch eine Nummer noch durch einen Namen bezeichnet",
        en="The user is given neither by a number nor by a name",
        hint="A temporary agency gives the enterprise number of the user; abroad, its name and address.",
    ),
    blocking(
        "90107-352",
        fr="L'utilisateur est désigné à la fois par un numéro et par un nom",
        nl="De gebruiker is zowel met een nummer als met een naam aangeduid",
        de="Der Entleiher ist sowohl durch eine Nummer als auch durch einen Namen bezeichnet",
        en="The user is given by a number and by a name at once",
        hint="Give the enterprise number and leave the name out.",
    ),
)
