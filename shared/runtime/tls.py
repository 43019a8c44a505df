"""TLS of connections: the files of a setting, contexts made from them, and the error for an untrusted peer.

Files are in PEM and are read again for a new connection, so that they can be replaced while a process runs
(ADR 42).
"""

from __future__ import annotations

import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from shared.runtime.errors import OurError
from shared.runtime.logs import log

#: Reason that OpenSSL gives when the bytes of a peer are not TLS.
_NO_TLS: Final = "WRONG_VERSION_NUMBER"


class UntrustedError(OurError, ConnectionError):
    """The error for a peer that TLS refuses, and for TLS files that cannot be used.

    Its text names the setting and no value. It is an OSError, so that a process that runs treats it as an
    outage of the peer: it holds its messages until the files are right.
    """


@dataclass(frozen=True, slots=True)
class Files:
    """The files that a setting names: trusted authorities, and the own certificate with its private key."""

    setting: str
    authorities: str | None = None  #: None stands for the authorities of the system
    certificate: str | None = None
    key: str | None = None  #: None when the file of the certificate has the key too

    def client_context(self) -> ssl.SSLContext:
        """Return a context that verifies the certificate and the name of a server.

        Raise UntrustedError for files that cannot be used.
        """
        try:
            context = ssl.create_default_context(cafile=self.authorities)
        except OSError:
            raise UntrustedError(f"{self.setting}: the file of trusted authorities cannot be used") from None
        return self._with_certificate(context)

    def peers_context(self) -> ssl.SSLContext:
        """Return a context as `client_context` does, which also trusts the authorities of the system."""
        context = self.client_context()
        context.load_default_certs()
        return context

    def server_context(self) -> ssl.SSLContext:
        """Return a context for a server with the certificate. Raise UntrustedError if it cannot be used."""
        return self._with_certificate(ssl.create_default_context(ssl.Purpose.CLIENT_AUTH))

    def _with_certificate(self, context: ssl.SSLContext) -> ssl.SSLContext:
        try:
            if self.certificate is not None:
                context.load_cert_chain(self.certificate, self.key)
        except OSError:
            raise UntrustedError(f"{self.setting}: certificate and key cannot be used") from None
        return context

    def explain(self, error: BaseException) -> UntrustedError | None:
        """Return the error that tells why TLS refused the peer, or None if `error` has another cause."""
        for cause in _causes(error):
            if isinstance(cause, ssl.SSLCertVerificationError):
                return UntrustedError(
                    f"{self.setting}: the certificate of the server is refused: {cause.verify_message}"
                )
            if isinstance(cause, ssl.SSLError) and cause.reason == _NO_TLS:
                return UntrustedError(f"{self.setting}: the server does not speak TLS")
        return None

    def state(self) -> tuple[object, ...]:
        """Return a value that differs after one of the files was replaced."""
        return tuple(_state(path) for path in (self.authorities, self.certificate, self.key))


@contextmanager
def trusting() -> Iterator[None]:
    """Run a block of the start of a process. End the process with one line for an UntrustedError."""
    try:
        yield
    except UntrustedError as error:
        sys.exit(f"settings: {error}")


class RereadContext(ssl.SSLContext):
    """A context for many connections that is made again when one of its files was replaced.

    While the new files cannot be used, for example because only one of two was replaced, the former context
    stays in use.
    """

    _files: Files
    _make: Callable[[Files], ssl.SSLContext]
    _current: ssl.SSLContext
    _state: tuple[object, ...]

    @classmethod
    def of(cls, files: Files, make: Callable[[Files], ssl.SSLContext], *, server: bool) -> RereadContext:
        """Return a context of these files. Raise UntrustedError if they cannot be used."""
        context = cls(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
        context._files, context._make = files, make
        context._state, context._current = files.state(), make(files)
        return context

    def wrap_bio(self, *arguments: Any, **named: Any) -> ssl.SSLObject:
        """Begin TLS on a new connection, with the present files."""
        if (state := self._files.state()) != self._state:
            self._state = state
            try:
                self._current = self._make(self._files)
                log.info("certificates_read", setting=self._files.setting)
            except UntrustedError as error:
                log.warning("certificates_kept", error=error)
        return self._current.wrap_bio(*arguments, **named)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()  # the errors of a library may be in a circle
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _state(path: str | None) -> object:
    if path is None:
        return None
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
