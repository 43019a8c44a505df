"""Operator commands of files: `dimona file`."""

from services.files.commands.files import file

__all__ = ["file"]
