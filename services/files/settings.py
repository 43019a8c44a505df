"""The settings of the service files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cryptography.x509 import Certificate, load_pem_x509_certificates
from pydantic import AfterValidator, Field, SecretStr

from shared.runtime.settings import Settings

_MIB = 1024 * 1024


def _certificates(text: str) -> Sequence[Certificate]:
    return load_pem_x509_certificates(text.encode()) if text.strip() else ()


def _are_certificates(text: str) -> str:
    _certificates(text)  # raises ValueError
    return text


class FilesSettings(Settings):
    """The settings of every service, and the address, the folder and the limits of the SFTP server."""

    transfer_dir: Path = Path("/var/lib/dimona/transfer")  #: folders of expeditors, and files in work
    sftp_host: str = "127.0.0.1"
    sftp_port: int | None = None  #: without it no SFTP server starts
    sftp_host_key: SecretStr = SecretStr("")  #: private key of the server, in OpenSSH's format

    #: certificates of the authorities for signatures of files, as PEM; if empty, no signature is needed
    signature_authorities: Annotated[str, AfterValidator(_are_certificates)] = ""

    sftp_connections: int = Field(default=128, ge=8)  #: of all expeditors and strangers
    sftp_connections_per_source: int = Field(default=16, ge=1)  #: without a login, of one network address
    sftp_connections_per_expeditor: int = Field(default=4, ge=1)
    sftp_login_seconds: float = Field(default=20.0, gt=0)
    sftp_idle_seconds: float = Field(default=300.0, gt=0)  #: a connection without any request ends

    file_bytes: int = Field(default=200 * _MIB, ge=1)  #: the largest file
    folder_bytes: int = Field(default=1024 * _MIB, ge=1)  #: in the folder IN of an expeditor
    folder_files: int = Field(default=1000, ge=1)  #: in the folder IN of an expeditor

    backlog_files: int = Field(default=1000, ge=1)  #: of an expeditor, with forms or a query that wait
    backlog_bytes: int = Field(default=1024 * _MIB, ge=1)  #: of these files
    backlog_forms: int = Field(default=1_000_000, ge=1)  #: of an expeditor, waiting; a file has up to 200,000
    out_bytes: int = Field(default=1024 * _MIB, ge=1)  #: in the folders OUT of an expeditor

    open_forms: int = Field(default=32, ge=1)  #: limit of forms under way to intake and back, of all files
    answer_days: int = Field(default=30, ge=1)  #: age at which answers in the folders are deleted
    #: days after which the rows of forms, results and pages of a file are deleted, and contents of IDFLUX
    #: files; they count from the day on which the last answer left its folder; None: the rows are kept
    content_days: int | None = Field(default=None, ge=1)
    upload_hours: int = Field(default=24, ge=1)  #: age at which unfinished uploads are deleted
    noti_seconds: float = Field(default=60.0, ge=0)  #: the longest wait of a result for others of its file

    @property
    def authorities(self) -> Sequence[Certificate]:
        """The certificates in `signature_authorities`."""
        return _certificates(self.signature_authorities)
