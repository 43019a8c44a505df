"""Who gives the commands, for what is written down about them."""

from __future__ import annotations

import os
import pwd


def who() -> str:
    """The operator as the machine knows him, whatever his environment says."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
