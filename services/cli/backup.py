"""`dimona backup`: a base backup of the database with a checked manifest (ADR 38)."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import typer

from services.cli.topology import AccountsOption, export_topology
from shared.runtime.database import Connection
from shared.runtime.operator import ENDPOINTS, EndpointsOption, SecretsOption, load

backup = typer.Typer(no_args_is_help=True, help="Base backups of the database, for any instant since then.")

_DATABASE, _TOPOLOGY, _MANIFEST = "database", "topology.json", "manifest.json"
_SUMMED: Final = (f"{_DATABASE}/backup_manifest", _TOPOLOGY)  #: files of which the manifest has the digest
#: Secrets and disks that a backup does not have, and where they are.
_NOT_INCLUDED: Final[Mapping[str, str]] = {
    "dimona_key": "secret files of all services; Dimona numbers are made with it",
    "dimona_token_key": "secret files of access",
    "dimona_sftp_host_key": "secret files of files",
    "dimona_phone_gateways": "secret files of intake",
    "accounts": "the accounts file of `dimona topology apply`",
    "files": "the disk DIMONA_TRANSFER_DIR of files",
    "wal": "the archive of archive_command, without which only the instant of this backup can be restored",
}
_STATE: Final = """
SELECT current_setting('server_version') AS server_version, a.last_archived_time,
    current_setting('archive_mode') <> 'off'
        AND coalesce(a.last_failed_time <= a.last_archived_time, a.last_failed_time IS NULL) AS archived
FROM pg_stat_archiver a"""
#: Settings of libpq in the environment, by parameter of the address.
_ENVIRONMENT: Final = {
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}

FolderArgument = Annotated[Path, typer.Argument(help="A new folder, on another disk than the database.")]
ProgramsOption = Annotated[
    Path | None, typer.Option("--programs", help="Folder of pg_basebackup and pg_verifybackup; else on PATH.")
]


@backup.command()
def take(
    folder: FolderArgument,
    programs: ProgramsOption = None,
    accounts: AccountsOption = None,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Take a base backup, verify it and write its manifest. The login needs the right REPLICATION.

    It has no secret. With archived WAL, every instant from its end on can be restored. Exit code 1: it is no
    valid backup.
    """
    operator = load(endpoints, secrets_dir)
    dsn = operator.need("database_dsn")
    folder.mkdir(mode=0o700, parents=True)
    state = operator.query(_load_state)
    data = folder / _DATABASE
    _run(
        ["pg_basebackup", "--pgdata", str(data), "--wal-method", "stream", "--checkpoint", "fast",
         "--manifest-checksums", "SHA256", "--no-password"],
        programs, dsn,
    )  # fmt: skip
    (folder / _TOPOLOGY).write_text(json.dumps(export_topology(operator, accounts), indent=1))
    manifest = {
        "takenAt": datetime.now(UTC).isoformat(timespec="seconds"),
        "deployment": operator.deployment,
        **state,
        "sha256": {name: _digest(folder / name) for name in _SUMMED},
        "notIncluded": _NOT_INCLUDED,
    }
    (folder / _MANIFEST).write_text(json.dumps(manifest, indent=1, default=str))
    _report(folder, programs)
    if not state["pointInTime"]:
        print("WAL is not archived: only the instant of this backup can be restored (archive_mode)")


@backup.command()
def verify(folder: FolderArgument, programs: ProgramsOption = None) -> None:
    """Compare all files of a backup with its manifests. Exit code 1: a file is missing or was changed."""
    _report(folder, programs)


def _report(folder: Path, programs: Path | None) -> None:
    faults = list(_find_faults(folder, programs))
    for line in faults:
        print(line)
    if faults:
        raise typer.Exit(1)
    print(f"{folder} is a valid backup")


def _find_faults(folder: Path, programs: Path | None) -> Iterator[str]:
    """Yield a line for each manifest, and each file of the database, that is not as it was saved."""
    try:
        wanted = json.loads((folder / _MANIFEST).read_text())["sha256"]
    except (OSError, ValueError, KeyError) as error:
        yield f"{_MANIFEST}: {type(error).__name__}"
        return
    for name, digest in wanted.items():
        if not (folder / name).is_file() or _digest(folder / name) != digest:
            yield f"{name} is missing or was changed"
            return
    try:
        _run(["pg_verifybackup", "--quiet", str(folder / _DATABASE)], programs)
    except OSError as error:
        yield str(error)


async def _load_state(connection: Connection) -> dict[str, Any]:
    row = await connection.fetchrow(_STATE)
    assert row is not None, "the view has one row"
    return {
        "postgresql": row["server_version"],
        "migrations": await connection.fetchval("SELECT count(*) FROM platform.migrations"),
        "pointInTime": row["archived"],
        "lastArchivedAt": row["last_archived_time"],
    }


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _run(command: Sequence[str], programs: Path | None, dsn: str | None = None) -> None:
    """Run a program of PostgreSQL. Raise OSError with its last line if it fails or is missing.

    The password of the address goes into the environment, because every user sees a command line.
    """
    program = command[0] if programs is None else str(programs / command[0])
    environment = {"PATH": os.defpath, "LC_ALL": "C"} | ({} if dsn is None else _connection(dsn))
    done = subprocess.run(  # noqa: S603 - our own arguments
        [program, *command[1:]], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no output"]
        raise OSError(f"{command[0]}: {lines[-1]}")


def _connection(dsn: str) -> dict[str, str]:
    parts = urlsplit(dsn)
    given = {name: values[0] for name, values in parse_qs(parts.query).items() if name in _ENVIRONMENT}
    return {
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        **{_ENVIRONMENT[name]: value for name, value in given.items()},
    }
