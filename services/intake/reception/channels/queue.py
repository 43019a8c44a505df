"""The queue channel: a CloudEvent of an integrator becomes a command to receive a declaration."""

from __future__ import annotations

from typing import Final

from shared.domain.declared import Declaration, SubmittedDeclaration
from shared.runtime.commands import Command as CommandOf
from shared.runtime.commands import Commands
from shared.topology import CREATE_DECLARATION

Command = CommandOf[Declaration]
COMMANDS: Final[Commands[Declaration]] = Commands(CREATE_DECLARATION, SubmittedDeclaration)

read = COMMANDS.read
