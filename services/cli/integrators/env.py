"""`dimona env`: the settings of a client of the local stack, for a shell."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from services.cli.integrators.client import ClientOption, load_client
from shared.runtime.operator import ENDPOINTS, EndpointsOption


def env(client: ClientOption = "", endpoints: EndpointsOption = ENDPOINTS) -> None:
    """Print the settings of a client of the local stack, passwords included: `eval "$(dimona env)"`.

    EMPLOYER is an employer of the client. NISS is a worker in the register.
    """
    settings = load_client(endpoints, None, client)
    for name in ("id", "private_key", "token_url", "rest_url", "amqp_url"):
        print(f"export DIMONA_CLIENT_{name.upper()}={shlex.quote(settings.need(name))}")
    document = json.loads(Path(endpoints).read_text())
    print(f"export EMPLOYER={document['integrators'][settings.need('id')]['employers'][0]}")
    print(f"export NISS={document['workers'][0]}")
