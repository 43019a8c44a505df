"""Pages without login: the meaning of Dimona, contact points, and accessibility."""

from __future__ import annotations

from typing import Final

from services.portal.visit import Need, Page, fixed
from shared.domain.contacts import CONTACTS
from shared.words import later

#: The questions on the page of contacts, by their names in the table of contacts.
SUBJECTS: Final = {
    "content": later("Questions about declarations and anomalies"),
    "contestation": later("Contestation of a notification"),
    "technical": later("Technical questions: files, channels, this portal, the e-Box"),
    "complaint": later("Complaints about the service"),
}
KINDS: Final = {
    "private": later("Private employers"),
    "provincialOrLocal": later("Provincial and local authorities"),
}

PAGES: Final = (
    Page("GET", "/", Need.NOTHING, fixed("everybody/home.html")),
    Page(
        "GET", "/contact", Need.NOTHING,
        fixed("everybody/contact.html", contacts=CONTACTS, subjects=SUBJECTS, kinds=KINDS),
    ),
    Page("GET", "/accessibility", Need.NOTHING, fixed("everybody/accessibility.html")),
)  # fmt: skip
