"""The parts of the `dimona` command that read the declarations of intake."""

from services.intake.commands.store import load_received, load_refusals

__all__ = ["load_received", "load_refusals"]
