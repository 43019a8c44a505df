"""Journeys of persons through the portal in Debian's Chromium, with axe on every page."""
