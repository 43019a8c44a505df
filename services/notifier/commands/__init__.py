"""The part of the `dimona` command that reads the notifications."""

from services.notifier.commands.store import Notified, load_notified

__all__ = ["Notified", "load_notified"]
