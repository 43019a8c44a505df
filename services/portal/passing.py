"""The answer that passes a file on while another service makes it."""

from __future__ import annotations

from contextlib import aclosing

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from services.portal.visit import Download
from shared.runtime.streaming import observed


class Passed(StreamingResponse):
    """A file that is sent part by part. Each part is noted as progress of the connection."""

    def __init__(self, download: Download) -> None:
        disposition = {"Content-Disposition": f'attachment; filename="{download.name}"'}
        super().__init__(download.chunks, 200, disposition, download.media_type)
        self._download = download

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file. Then close its source and call `after`, also when the transfer breaks off."""
        try:
            async with aclosing(self._download.chunks) as chunks:
                self.body_iterator = observed(chunks, scope)
                await super().__call__(scope, receive, send)
        finally:
            await self._download.after()
