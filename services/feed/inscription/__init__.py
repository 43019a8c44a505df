"""Inscriptions: the files of workers at an institution, which gets events about these workers only."""
