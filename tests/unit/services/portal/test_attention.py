"""The list of colleagues on the page that marks a message for attention."""

from __future__ import annotations

import pytest

from services.access.operations import OPERATIONS
from services.portal.pages.ebox_marking import attention
from services.portal.rendering import speak
from services.portal.session.rules import Organization, Session
from services.portal.visit import View, Visit
from shared.domain.rights import Right
from tests.unit.services.portal.prepared import Prepared

NUMBER = "0477472701"
BOX = f"/eboxes/{NUMBER}/messages"
USERS = f"/organizations/{NUMBER}/users"
USER = {"id": "v", "givenName": "Jef", "familyName": "Janssens", "rights": [{"right": "ebox"}]}


@pytest.mark.parametrize("right", Right)
async def test_the_directory_is_asked_for_colleagues_only_with_a_right_that_it_accepts(right: Right) -> None:
    """Each request that the directory refuses is in the security log."""
    person = Session("t", 0.0, "u", "An", (Organization(NUMBER, "De Smet", (right,)),), NUMBER, NUMBER)
    apis = Prepared(
        answers={
            f"GET notifier {BOX}/7": {"forTheAttentionOf": []},
            f"GET access {USERS}": {"items": [USER]},
        }
    )
    view = await attention(Visit(speak("en"), apis, person, {"id": "7"}))
    assert isinstance(view, View)
    may = right in OPERATIONS["listUsers"].rights
    assert (("GET", USERS, None) in apis.sent) is may
    assert (view.values["colleagues"] is not None) is may
