"""The times in which declarations were open and no final reply came, by phase of an upgrade."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Phase:
    """The figures of one phase."""

    name: str
    began: float  #: on the monotonic clock
    sent: int = 0
    finals: int = 0
    longest_gap: float = 0.0  #: seconds; a gap over the end of a phase counts in each phase that it touches
    ended: float | None = None

    @property
    def seconds(self) -> float:
        """Return how long the phase lasted, 0 while it lasts."""
        return (self.ended or self.began) - self.began

    def row(self) -> dict[str, str | int | float]:
        """Return the figures for the result; times in seconds."""
        return {
            "name": self.name, "seconds": round(self.seconds, 1), "sent": self.sent, "finals": self.finals,
            "longest_gap": round(self.longest_gap, 2),
        }  # fmt: skip


@dataclass(slots=True)
class Gaps:
    """A measurement of gaps, from notes on how many declarations are open and how many became final."""

    phases: list[Phase] = field(default_factory=list)
    _silent_since: float | None = None  #: None while nothing is open

    def begin(self, name: str, at: float) -> None:
        """End the current phase and begin the next one."""
        if self.phases:
            self.phases[-1].ended = at
        self.phases.append(Phase(name, at))

    def end(self, at: float) -> None:
        """End the last phase."""
        self.phases[-1].ended = at

    def note(self, at: float, *, sent: int, finals: int, open_: int) -> None:
        """Note what happened since the last note.

        Args:
            at: The instant, on the monotonic clock.
            sent: Number of declarations sent since the last note.
            finals: Number of declarations that became final since then.
            open_: Number of declarations that are sent and not final.
        """
        phase = self.phases[-1]
        phase.sent += sent
        phase.finals += finals
        if self._silent_since is not None:
            phase.longest_gap = max(phase.longest_gap, at - self._silent_since)
        if not open_:
            self._silent_since = None
        elif finals or self._silent_since is None:
            self._silent_since = at

    @property
    def longest(self) -> float:
        """Return the longest gap of all phases, in seconds."""
        return max((phase.longest_gap for phase in self.phases), default=0.0)
