"""Who gives the commands, for what is written down about them."""

from __future__ import annotations

import os
import pwd
from typing import Final

import typer

from shared.runtime.logs import masked

_LONGEST: Final = 500  #: characters of a reason


def who() -> str:
    """The operator as the machine knows him, whatever his environment says."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def reasoned(reason: str) -> str:
    """A reason as it is kept. Raises typer.BadParameter when it is none, or says whom it is about."""
    reason = " ".join(reason.split())
    if not reason or len(reason) > _LONGEST:
        raise typer.BadParameter(f"a reason has 1 to {_LONGEST} characters")
    if masked(reason) != reason:
        raise typer.BadParameter("the reason holds a number that looks like a NISS")
    return reason
