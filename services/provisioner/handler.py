"""The loop of the provisioner: it brings broker accounts to the state in the database."""

from __future__ import annotations

import asyncio
import http.client
import math
import time
from typing import Final

from services.provisioner import store
from services.provisioner.settings import ProvisionerSettings
from services.provisioner.store import Account
from shared.definitions import MOST_CONNECTIONS, definitions_of_clients
from shared.runtime.database import Connection, answers, connect
from shared.runtime.logs import log
from shared.runtime.management import Management, ManagementError
from shared.topology import institution_queue

SECONDS: Final = 1.0  #: between two searches for changed accounts
_FRESH_SECONDS: Final = 45.0  #: for `ready`; longer than one request may take


class Provisioner:
    """The job that makes queues and users of clients, and keeps blocked clients out of the broker.

    It deletes users, but no queue, because a queue may hold replies. From an institution without an
    authorization in force it takes its user and the events in its queue (ADR 30). Of several processes one
    works and the others stand by. Otherwise one of them could set a password that another has already
    replaced.
    """

    def __init__(self, settings: ProvisionerSettings) -> None:
        self._settings = settings
        self._looked = -math.inf
        self._unblocked: set[str] = set()  #: former blocks that this session has ended at the broker

    async def ready(self) -> dict[str, bool]:
        """Return the health of database and broker.

        `database` is True if the database answers. `broker` is True if at some instant of the last 45 seconds
        the broker had all changes, or another process worked.
        """
        fresh = time.monotonic() - self._looked < _FRESH_SECONDS
        return {"database": await answers(self._settings.dsn), "broker": fresh}

    async def run(self) -> None:
        """Apply changed accounts until canceled. After an error connect again and restore all accounts."""
        while True:
            try:
                connection = await connect(self._settings.dsn)
                try:
                    while not await store.take_turn(connection):
                        self._looked = time.monotonic()
                        await asyncio.sleep(SECONDS)
                    await self._work(connection)
                finally:
                    await connection.close()
            except Exception as error:
                log.warning("provisioning_postponed", error=error)
            await asyncio.sleep(SECONDS)

    async def _work(self, connection: Connection) -> None:
        await self._restore(connection)
        self._unblocked.clear()
        while True:
            done = [await self._apply(connection, account) for account in await store.pending(connection)]
            done += [await self._bound(*block) for block in await store.blocks(connection)]
            done += [await self._withhold(each) for each in await store.without_authorization(connection)]
            if all(done):
                self._looked = time.monotonic()
            await asyncio.sleep(SECONDS)

    async def _restore(self, connection: Connection) -> None:
        """Make all applied accounts again, in case the broker was set up anew. Clients stay connected."""
        hashes = {
            each.client_id: each.password_hash
            for each in await store.accounts(connection)
            if each.queue and each.applied == each.version
        }
        if hashes:
            document = definitions_of_clients(self._settings.vhosts, hashes)
            await asyncio.to_thread(self._management.import_definitions, document)

    async def _apply(self, connection: Connection, account: Account) -> bool:
        """Make one account as it is wanted. Return False if the broker refuses it or does not answer.

        The user is deleted first. So a repeat after a crash has an equal result, and connections with the
        former password end.
        """
        try:
            await asyncio.to_thread(self._management.delete_user, account.client_id)
            if account.queue:
                hashes = {account.client_id: account.password_hash}
                document = definitions_of_clients(self._settings.vhosts, hashes)
                await asyncio.to_thread(self._management.import_definitions, document)
        except (ManagementError, OSError, http.client.HTTPException) as error:
            log.warning("account_postponed", client=account.client_id, error=error)
            return False
        await store.set_applied(connection, account)
        log.info("account_applied", client=account.client_id, version=account.version)
        return True

    async def _bound(self, client_id: str, blocked: bool) -> bool:
        """Keep a blocked client out of the broker, or let an unblocked one in. Return False if that failed.

        A block is applied again each time, because `dimona topology apply` would let the client in again.
        """
        if not blocked and client_id in self._unblocked:
            return True
        most = 0 if blocked else MOST_CONNECTIONS
        try:
            await asyncio.to_thread(self._management.bound_connections, client_id, most)
        except (ManagementError, OSError, http.client.HTTPException) as error:
            log.warning("block_postponed", client=client_id, error=error)
            return False
        (self._unblocked.discard if blocked else self._unblocked.add)(client_id)
        return True

    async def _withhold(self, institution: str) -> bool:
        """Take the user of an institution from its vhost, and empty its queue. Return False if that failed.

        It is done again each time, because `dimona topology apply` would make the user again, and events
        that were on their way may still arrive.
        """
        queue = institution_queue(institution)
        vhost = self._settings.vhosts.vhost_of(queue)
        try:
            readers = await asyncio.to_thread(self._management.shut_out_readers, vhost)
            await asyncio.to_thread(self._management.purge, vhost, queue)
        except (ManagementError, OSError, http.client.HTTPException) as error:
            log.warning("withholding_postponed", institution=institution, error=error)
            return False
        if readers:
            log.info("institution_withheld", institution=institution)
        return True

    @property
    def _management(self) -> Management:
        return Management(self._settings.management())
