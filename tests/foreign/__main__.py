"""Run a reader of the feed as a process of its own, which a test kills and starts again.

`python -m tests.foreign push JOURNAL` reads the URL and the queue from standard input, and
`python -m tests.foreign pull JOURNAL` the URL and the token.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from pathlib import Path

from tests.foreign.journal import pull, push

if __name__ == "__main__":
    url_, secret = sys.stdin.readline().split()
    # The end of standard input is the end of the parent process, even of a killed one.
    threading.Thread(target=lambda: os._exit(len(sys.stdin.read())), daemon=True).start()
    asyncio.run({"push": push, "pull": pull}[sys.argv[1]](url_, secret, Path(sys.argv[2])))
