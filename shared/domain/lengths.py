"""The greatest lengths of the identity data of a worker, in characters (zones 00025 to 00034 and 00168)."""

from __future__ import annotations

from typing import Final

FAMILY_NAME: Final = 48
GIVEN_NAME: Final = 24
PLACE_OF_BIRTH: Final = 40
STREET: Final = 35  #: of a home
HOUSE_NUMBER: Final = 10
BOX_NUMBER: Final = 4
POST_CODE: Final = 9
CITY: Final = 40
