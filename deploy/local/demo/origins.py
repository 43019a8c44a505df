"""Lists for invented people: common names, and places with their real codes.

Postal and municipality codes are facts of the ONSS annexes 23 (postal codes) and 5 (countries).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

BELGIUM: Final = 150
UNKNOWN_MUNICIPALITY: Final = 99999  #: the code of a municipality abroad


@dataclass(frozen=True, slots=True)
class Place:
    """A municipality as an address names it: postal code, NIS code, name, streets, NIS country code."""

    post_code: str
    code: int
    name: str
    streets: tuple[str, ...]
    country: int = BELGIUM


@dataclass(frozen=True, slots=True)
class Origin:
    """People of one language or nationality: their names, homes and places of birth."""

    nationality: int
    men: tuple[str, ...]
    women: tuple[str, ...]
    families: tuple[str, ...]
    homes: tuple[Place, ...]
    births: tuple[str, ...]  #: names of places of birth


_DUTCH_STREETS = ("Kerkstraat", "Stationsstraat", "Molenweg", "Lindelaan", "Dorpsstraat", "Nieuwstraat",
                  "Beukenlaan", "Veldstraat", "Schoolstraat", "Kapelstraat")  # fmt: skip
_FRENCH_STREETS = ("Rue de l'Église", "Rue de la Gare", "Rue du Moulin", "Avenue des Tilleuls", "Rue Haute",
                   "Rue des Écoles", "Chaussée de Namur", "Rue du Marché", "Place Communale",
                   "Avenue des Acacias")  # fmt: skip
_GERMAN_STREETS = ("Kirchstraße", "Bahnhofstraße", "Hauptstraße", "Lindenweg", "Schulstraße", "Am Bach")

_NORTH = tuple(
    Place(post_code, code, name, _DUTCH_STREETS)
    for post_code, code, name in (
        ("2000", 11002, "Antwerpen"), ("9000", 44021, "Gent"), ("3000", 24062, "Leuven"),
        ("8000", 31005, "Brugge"), ("3500", 71022, "Hasselt"), ("3600", 71016, "Genk"),
        ("9300", 41002, "Aalst"), ("8500", 34022, "Kortrijk"), ("2300", 13040, "Turnhout"),
        ("2800", 12025, "Mechelen"), ("9100", 46021, "Sint-Niklaas"), ("2200", 13011, "Herentals"),
        ("1500", 23027, "Halle"), ("8400", 35013, "Oostende"),
    )
)  # fmt: skip
_SOUTH = tuple(
    Place(post_code, code, name, _FRENCH_STREETS)
    for post_code, code, name in (
        ("1000", 21004, "Bruxelles"), ("1030", 21015, "Bruxelles"), ("1080", 21012, "Bruxelles"),
        ("1070", 21001, "Anderlecht"), ("4000", 62063, "Liège"), ("5000", 92094, "Namur"),
        ("6000", 52011, "Charleroi"), ("7000", 53053, "Mons"), ("6700", 81001, "Arlon"),
        ("7500", 57081, "Tournai"), ("4900", 63072, "Spa"), ("6200", 52012, "Châtelet"),
    )
)  # fmt: skip
_EAST = tuple(
    Place(post_code, code, name, _GERMAN_STREETS)
    for post_code, code, name in (
        ("4700", 63023, "Eupen"), ("4780", 63067, "Sankt Vith"), ("4720", 63040, "Kelmis"),
        ("4710", 63048, "Lontzen"),
    )
)  # fmt: skip


def _abroad(country: int, post_code: str, name: str, *streets: str) -> Place:
    return Place(post_code, UNKNOWN_MUNICIPALITY, name, streets, country)


DUTCH: Final = Origin(
    BELGIUM,
    ("Jan", "Pieter", "Bart", "Koen", "Wout", "Lars", "Jef", "Senne", "Stijn", "Tom", "Dirk", "Mathias"),
    ("Emma", "Lotte", "An", "Katrien", "Fien", "Sofie", "Hilde", "Griet", "Noor", "Elke", "Marijke", "Julie"),
    ("Peeters", "Janssens", "Maes", "Jacobs", "Mertens", "Willems", "Claes", "Goossens", "Wouters",
     "De Smet", "Vermeulen", "Van den Broeck", "Hermans", "Aerts", "Michiels", "Pauwels", "Desmedt"),
    _NORTH,
    tuple(place.name for place in _NORTH),
)  # fmt: skip
FRENCH: Final = Origin(
    BELGIUM,
    ("Luc", "Olivier", "Thomas", "Hugo", "Nicolas", "Benoît", "Michel", "Louis", "Arnaud", "Gilles", "Simon"),
    ("Camille", "Élise", "Julie", "Sophie", "Nathalie", "Manon", "Chloé", "Anne", "Céline", "Isabelle"),
    ("Dubois", "Lambert", "Dupont", "Martin", "Simon", "Laurent", "Denis", "Lejeune", "Gérard", "Renard",
     "François", "Leroy", "Collard", "Noël", "Thiry", "Delvaux", "Henrard"),
    _SOUTH,
    tuple(place.name for place in _SOUTH),
)  # fmt: skip
GERMAN: Final = Origin(
    BELGIUM,
    ("Karl", "Jürgen", "Lukas", "Erwin", "Jonas", "Dieter"),
    ("Ingrid", "Heike", "Anna", "Monika", "Lena", "Käthe"),
    ("Schmitz", "Müller", "Heinen", "Theissen", "Brüll", "Pauquet", "Keutgen", "Wertz"),
    _EAST,
    tuple(place.name for place in _EAST),
)
FRONTIER: Final = (
    Origin(
        111,
        ("Antoine", "Mathieu", "Romain", "Julien"),
        ("Margaux", "Aurélie", "Pauline", "Inès"),
        ("Moreau", "Fournier", "Girard", "Lefebvre", "Roussel"),
        (_abroad(111, "59000", "Lille", "Rue Nationale", "Rue de Béthune"),
         _abroad(111, "59200", "Tourcoing", "Rue de Gand"),
         _abroad(111, "08000", "Charleville", "Rue Bourbon")),
        ("Lille", "Roubaix", "Sedan"),
    ),
    Origin(
        129,
        ("Sander", "Ruben", "Joost", "Daan"),
        ("Fleur", "Marieke", "Anouk", "Sanne"),
        ("de Vries", "van Dijk", "Bakker", "Visser", "Smit"),
        (_abroad(129, "6211 AB", "Maastricht", "Brusselsestraat", "Grote Gracht"),
         _abroad(129, "4811 AA", "Breda", "Haagweg")),
        ("Maastricht", "Breda", "Roosendaal"),
    ),
)  # fmt: skip
SETTLED: Final = (
    Origin(122, ("Piotr", "Tomasz", "Marek"), ("Agnieszka", "Katarzyna", "Ewa"),
           ("Kowalska", "Nowak", "Wójcik", "Zielińska"), _SOUTH, ("Białystok", "Kraków")),
    Origin(124, ("Andrei", "Mihai", "Ion"), ("Ioana", "Elena", "Maria"),
           ("Popescu", "Ionescu", "Dumitru", "Stan"), _NORTH, ("Iași", "Cluj-Napoca")),
    Origin(128, ("Marco", "Giuseppe", "Luca"), ("Giulia", "Rosa", "Chiara"),
           ("Rossi", "Bruno", "Greco", "Ferrari"), _SOUTH, ("Agrigento", "Torino")),
    Origin(354, ("Youssef", "Mehdi", "Karim"), ("Fatima", "Salma", "Nadia"),
           ("El Amrani", "Benali", "Chakir", "Haddouch"), _SOUTH, ("Nador", "Tanger")),
    Origin(143, ("Oleksandr", "Dmytro"), ("Oksana", "Iryna"), ("Kovalenko", "Shevchuk", "Bondar"),
           _NORTH, ("Lviv", "Kharkiv")),
    Origin(262, ("Emre", "Mustafa"), ("Elif", "Zeynep"), ("Yılmaz", "Demir", "Kaya"),
           _NORTH, ("Emirdağ", "Konya")),
    Origin(306, ("Patrick", "Jean-Claude"), ("Grâce", "Divine"), ("Kabongo", "Mwamba", "Ilunga"),
           _SOUTH, ("Kinshasa", "Lubumbashi")),
)  # fmt: skip
