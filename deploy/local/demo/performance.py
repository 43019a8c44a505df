"""The run of the scenes of the script, and the comparison of the answers with the script."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from deploy.local.demo.integrator import INTERMEDIATE, PROBLEM, RECEIVED, REPLY, Command, Event, Integrator
from deploy.local.demo.script import Act, CaseEnd, Scene
from deploy.local.demo.writer import NumberOf

#: Most seconds to wait for a reply, for a busy machine; normally a reply takes less than one second.
PATIENCE: Final = 30.0

#: A function that ends the case of the declaration with this number.
EndCase = Callable[[int, CaseEnd], Awaitable[None]]


@dataclass(slots=True)
class Played:
    """An act that was played: the command that was sent, and its answers."""

    act: Act
    client: Integrator
    command: Command
    complaints: list[str] = field(default_factory=list)

    @property
    def replies(self) -> list[Event]:
        """Return all answers, in order of arrival."""
        return self.client.replies(self.command)

    @property
    def final(self) -> Event | None:
        """Return the reply with the final result; None while there is none, or after a problem."""
        return self.client.reply(self.command, REPLY)

    @property
    def number(self) -> int | None:
        """Return the Dimona number; None if the command was not received as a declaration."""
        received = self.client.reply(self.command, RECEIVED)
        return received.data["declarationId"] if received else None

    @property
    def results(self) -> tuple[str, ...]:
        """Return the letters of the results (A, W, B, S), in order of arrival."""
        told = (event for event in self.replies if event.type in (INTERMEDIATE, REPLY))
        return tuple(event.data["declarationStatus"]["result"] for event in told)

    @property
    def errors(self) -> tuple[str, ...]:
        """Return the error ids of the final reply, sorted."""
        status = self.final.data["declarationStatus"] if self.final else {}
        return tuple(sorted(anomaly["errorId"] for anomaly in status.get("anomalies", ())))

    def expect(self, holds: bool, complaint: str) -> None:
        """Note this complaint if the condition does not hold."""
        if not holds:
            self.complaints.append(complaint)


class Performance:
    """One run of the demonstration: its clients, and the acts played so far, by name."""

    def __init__(self, clients: Mapping[str, Integrator], end_case: EndCase) -> None:
        """Create a run. `clients` are the connected clients by the role of their organization."""
        self.played: dict[str, Played] = {}
        self._clients = clients
        self._end_case = end_case

    async def play(self, scene: Scene) -> list[Played]:
        """Send the declarations of a scene without waiting, end its cases, and wait for all final replies.

        Return each act with its replies and complaints.
        """
        played = [await self._send(act) for act in scene.acts]
        for one in played:
            if one.act.case is not None and await self._hears(one, INTERMEDIATE):
                assert one.number is not None, "what is provisional was received"
                await self._end_case(one.number, one.act.case)
        for one in played:
            await self._hears(one, REPLY if one.act.results else PROBLEM)
            self._judge(one)
        return played

    async def _send(self, act: Act) -> Played:
        if act.repeats is not None:
            return await self._send_again(act, self.played[act.repeats])
        client = self._clients[act.sender]
        command = client.command(await self._with_numbers(act.declaration))
        played = self.played[act.name] = Played(act, client, command)
        await client.send(command)
        return played

    async def _send_again(self, act: Act, earlier: Played) -> Played:
        """Send a settled command again. Note a complaint unless exactly its earlier replies come again."""
        client, command = earlier.client, earlier.command
        played = self.played[act.name] = Played(act, client, command)
        replies = earlier.replies
        copies = {event.id: client.copies(event) for event in replies}
        await client.send(command)
        again = await client.until(
            lambda: all(client.copies(event) > copies[event.id] for event in replies), PATIENCE
        )
        played.expect(again, "not every reply was repeated")
        played.expect(
            len(client.replies(command)) == len(replies), "a repeat was answered with something new"
        )
        return played

    async def _with_numbers(self, value: Any) -> Any:
        """Return the declaration with a Dimona number in the place of each `NumberOf`.

        If the act that it names has no number yet, wait until its declaration is received.
        """
        if isinstance(value, NumberOf):
            earlier = self.played[value.act]
            await self._hears(earlier, RECEIVED)
            return earlier.number
        if isinstance(value, dict):
            return {name: await self._with_numbers(item) for name, item in value.items()}
        return value

    async def _hears(self, played: Played, type_: str) -> bool:
        """Wait for a reply of this type, and return whether it came. Note a complaint if it did not."""
        client, command = played.client, played.command
        heard = await client.until(lambda: client.reply(command, type_) is not None, PATIENCE)
        played.expect(heard, f"no {type_.rpartition('.')[2]} within {PATIENCE:.0f} s")
        return heard

    def _judge(self, played: Played) -> None:
        act = played.act
        played.expect(played.results == act.results, f"expected {' then '.join(act.results) or 'a problem'}")
        if act.results:
            played.expect(
                set(played.errors) == set(act.errors), f"expected {', '.join(act.errors) or 'no anomaly'}"
            )
        else:
            played.expect(played.number is None, "it was received as a declaration")
        types = [event.type for event in played.replies]
        played.expect(len(set(types)) == len(types), "two different replies of one kind")
