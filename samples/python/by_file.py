"""Send a file of declarations over SFTP, and print its acknowledgement and the result of each form.

    python samples/python/by_file.py FILE

DIMONA_SFTP_URL is sftp://EXPEDITOR@host:port, DIMONA_SFTP_KEY the file of the private key, and
DIMONA_SFTP_HOST_KEY the line of the server's public key; without it any server is trusted.
"""

import asyncio
import os
import sys
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import asyncssh

SECONDS = 90  # results that came wait at most a minute for others of their file


async def send(url: str, key: str, host_key: str | None, file: Path) -> None:
    """Upload a file with its GO file, wait for the answers, and print them."""
    server = urlsplit(url)
    known = ([asyncssh.import_public_key(host_key)], [], []) if host_key else None
    name = f"DIMN.{server.username}.{date.today():%Y%m%d}.{os.getpid() % 100_000:05}.R.1"  # noqa: DTZ011
    async with asyncssh.connect(
        server.hostname or "", server.port or 22, username=server.username, client_keys=[key],
        known_hosts=known, config=None,
    ) as connection, connection.start_sftp_client() as sftp:  # fmt: skip
        await sftp.put(file, f"IN/FI.{name}.1.part")
        await sftp.rename(f"IN/FI.{name}.1.part", f"IN/FI.{name}.1")  # complete
        async with sftp.open(f"IN/GO.{name}", "w"):
            pass  # an empty file starts the processing
        print(f"sent FI.{name}.1")
        async with asyncio.timeout(SECONDS):
            await answers(sftp, f"FI.{name}.1")


async def answers(sftp: asyncssh.SFTPClient, name: str) -> None:
    """Print the answers about a file, until it is refused or its first results have come."""
    seen: set[str] = set()
    while True:
        for ready in sorted(str(each) for each in await sftp.listdir("OUT")):
            if not ready.startswith("GO.") or ready in seen:
                continue
            seen.add(ready)
            async with sftp.open(f"OUT/{ready.replace('GO.', 'FO.', 1)}", "rb") as answer:
                root = ElementTree.fromstring(await answer.read())  # noqa: S314 - from the authority
            forms = [each for each in root.iter("Form") if each.findtext("FileReference/FileName") == name]
            for form in forms:
                told = [each.text for tag in ("ResultCode", "ErrorID") for each in form.iter(tag)]
                print(root.tag, form.findtext("Reference/ReferenceNbr") or "", *told)
            if forms and (root.tag == "NOTIFICATION" or forms[0].findtext("*/ResultCode") == "0"):
                return
        await asyncio.sleep(0.5)


if __name__ == "__main__":
    host_key = os.environ.get("DIMONA_SFTP_HOST_KEY")
    asyncio.run(
        send(os.environ["DIMONA_SFTP_URL"], os.environ["DIMONA_SFTP_KEY"], host_key, Path(sys.argv[1]))
    )
