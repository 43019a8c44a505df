"""Anomalies of the form around a declaration and of the file, which only the XML channel has."""

from __future__ import annotations

from typing import Final

from shared.domain.anomalies.row import blocking, without_channel, zone

_FORM_ROWS: Final = (
    blocking(
        "90372-001",
        fr="Le fichier ne contient aucun élément racine",
        nl="Het bestand bevat geen hoofdelement",
        de="Die Datei enthält kein Wurzelelement",
        en="The file contains no root element",
        hint="Send a file whose root element is Dimona.",
    ),
    blocking(
        "90372-089",
        fr="L'élément racine du fichier n'est pas celui d'un message Dimona",
        nl="Het hoofdelement van het bestand is niet dat van een Dimonabericht",
        de="Das Wurzelelement der Datei ist nicht das einer Dimona-Nachricht",
        en="The root element of the file is not that of a Dimona message",
        hint="Send a file whose root element is Dimona.",
    ),
    *zone(
        "00296",
        fr="L'identification du formulaire",
        nl="De identificatie van het formulier",
        de="Die Kennung des Formulars",
        en="The identification of the form",
        missing="Write DIMONA as Identification.",
        invalid="Write DIMONA as Identification.",
    ),
    *zone(
        "00218",
        fr="La date de création du formulaire",
        nl="De datum waarop het formulier is gemaakt",
        de="Das Erstellungsdatum des Formulars",
        en="The date on which the form was created",
        missing="Give the day on which the form was made, YYYY-MM-DD.",
        invalid="Give a day of this year or the last one that is not in the future, YYYY-MM-DD.",
    ),
    *zone(
        "00299",
        fr="L'heure de création du formulaire",
        nl="Het uur waarop het formulier is gemaakt",
        de="Die Erstellungszeit des Formulars",
        en="The hour at which the form was created",
        missing="Give the time at which the form was made, HH:MM:SS.SSS.",
        invalid="Write the time as HH:MM:SS.SSS, with three digits of milliseconds.",
    ),
    *zone(
        "00297",
        fr="La nature du formulaire",
        nl="De aard van het formulier",
        de="Die Art des Formulars",
        en="The nature of the form",
        missing="Write SU as TypeForm.",
        invalid="Write SU as TypeForm: a declaration is a submission.",
    ),
    *zone(
        "00221",
        fr="Le type de la référence",
        nl="Het type van de referentie",
        de="Die Art der Referenz",
        en="The type of the reference",
        missing="Give the type of each reference, or leave the reference out.",
        invalid="Use 1 (this form), 6 (a refused declaration), 7 (the employer) or 8 (the worker).",
    ),
    *zone(
        "00298",
        fr="L'origine de la référence",
        nl="De herkomst van de referentie",
        de="Die Herkunft der Referenz",
        en="The origin of the reference",
        missing="Give the origin of each reference, or leave the reference out.",
        invalid="Use 1: the reference is the declarant's own.",
    ),
    *zone(
        "00222",
        fr="Le numéro de la référence",
        nl="Het nummer van de referentie",
        de="Die Nummer der Referenz",
        en="The number of the reference",
        missing="Give the number of each reference, or leave the reference out.",
        invalid="A reference has at most 20 characters.",
    ),
    blocking(
        "90082-006",
        fr="Deux références du formulaire ont le même type et la même origine",
        nl="Twee referenties van het formulier hebben hetzelfde type en dezelfde herkomst",
        de="Zwei Referenzen des Formulars haben dieselbe Art und dieselbe Herkunft",
        en="Two references of the form have the same type and the same origin",
        hint="Give at most one reference of each type and origin.",
    ),
    blocking(
        "90059-134",
        fr="Le formulaire ne contient aucune déclaration",
        nl="Het formulier bevat geen enkele aangifte",
        de="Das Formular enthält keine Meldung",
        en="The form contains no declaration",
        hint="Put a DimonaIn, DimonaOut, DimonaUpdate, DimonaCancel or daily registration into it.",
    ),
)

#: The status of an attestation is also that of a daily registration, which every channel carries.
_STATUS_ROWS: Final = (
    *zone(
        "00110",
        fr="Le statut de l'attestation",
        nl="De status van het attest",
        de="Der Status der Bescheinigung",
        en="The status of the attestation",
        missing="Give 0 in a form; 0, 1 or 3 in a daily registration.",
        invalid="A form has 0; a daily registration 0 (create), 1 (change) or 3 (cancel).",
    ),
)

ROWS: Final = (
    *without_channel(_FORM_ROWS, "Only a file of forms has this element, and there is no file channel yet."),
    *_STATUS_ROWS,
)
