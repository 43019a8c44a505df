"""Anomalies of rules that have ended, which concern only old periods."""

from __future__ import annotations

from datetime import date
from typing import Final

from shared.domain.anomalies.row import blocking, historic

_NOW: Final = "This rule has ended: ask the NSSO why it is still reported."
_FULL_AND_LIGHT: Final = (
    date(2013, 12, 31),
    "Dimona full and Dimona light were Horeca lump-sum schemes; both ended before 2014.",
)
_STUDENTS_OF_2011: Final = (
    date(2011, 12, 31),
    "It served the change of the student scheme on 1 January 2012 and may not be applied to STU of today.",
)

ROWS: Final = (
    historic(
        blocking(
            "90256-346",
            fr="L'employeur n'est pas encore passé à la nouvelle Dimona",
            nl="De werkgever is nog niet overgestapt naar de nieuwe Dimona",
            de="Der Arbeitgeber ist noch nicht zur neuen Dimona übergegangen",
            en="The employer has not yet moved to the new Dimona",
            hint=_NOW,
        ),
        date(2010, 12, 31),
        "Employers moved to Dimona New around 2010; today every employer is in it.",
    ),
    *(
        historic(row, *_FULL_AND_LIGHT)
        for row in (
            *(
                blocking(
                    f"{block}-336",
                    fr=f"Dimona-full et Dimona-light tombent le même jour{fr}",
                    nl=f"Dimona-full en Dimona-light vallen op dezelfde dag{nl}",
                    de=f"Dimona-full und Dimona-light fallen auf denselben Tag{de}",
                    en=f"Dimona-full and Dimona-light fall on the same day{en}",
                    hint=_NOW,
                )
                for block, fr, nl, de, en in (
                    ("90373", "", "", "", ""),
                    ("90378", " après la modification", " na de wijziging", " nach der Änderung", " now"),
                )
            ),
            *(
                blocking(
                    f"{block}-337",
                    fr=f"Plus d'une Dimona-light tombe le même jour{fr}",
                    nl=f"Meer dan één Dimona-light valt op dezelfde dag{nl}",
                    de=f"Mehr als eine Dimona-light fällt auf denselben Tag{de}",
                    en=f"More than one Dimona-light falls on the same day{en}",
                    hint=_NOW,
                )
                for block, fr, nl, de, en in (
                    ("90373", "", "", "", ""),
                    ("90378", " après la modification", " na de wijziging", " nach der Änderung", " now"),
                )
            ),
            blocking(
                "90373-338",
                fr="L'employeur avait choisi l'autre système (full ou light)",
                nl="De werkgever had het andere systeem gekozen (full of light)",
                de="Der Arbeitgeber hatte das andere System gewählt (full oder light)",
                en="The employer had chosen the other system (full or light)",
                hint=_NOW,
            ),
            blocking(
                "90373-339",
                fr="Ni le type de service ni la fin de la prestation ne sont donnés",
                nl="Het type dienst en het einde van de prestatie ontbreken allebei",
                de="Weder die Art des Dienstes noch dessen Ende ist angegeben",
                en="Neither the type of service nor its end is given",
                hint=_NOW,
            ),
            blocking(
                "90373-340",
                fr="Le type de service et la fin de la prestation sont donnés tous les deux",
                nl="Het type dienst en het einde van de prestatie zijn allebei opgegeven",
                de="Die Art des Dienstes und dessen Ende sind beide angegeben",
                en="Both the type of service and its end are given",
                hint=_NOW,
            ),
        )
    ),
    *(
        historic(
            blocking(
                f"{block}-370",
                fr=f"Une période d'étudiant dépasse le 31 décembre 2011{fr}",
                nl=f"Een studentenperiode loopt voorbij 31 december 2011{nl}",
                de=f"Ein Studentenzeitraum geht über den 31. Dezember 2011 hinaus{de}",
                en=f"A student's period goes beyond 31 December 2011{en}",
                hint=_NOW,
            ),
            *_STUDENTS_OF_2011,
        )
        for block, fr, nl, de, en in (
            ("90373", "", "", "", ""),
            ("90378", " après la modification", " na de wijziging", " nach der Änderung", " when changed"),
        )
    ),
)
