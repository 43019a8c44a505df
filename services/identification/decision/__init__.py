"""Agents of the authority read open identifications with their candidates, and decide about them."""
