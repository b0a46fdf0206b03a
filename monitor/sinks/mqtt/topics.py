"""Names of the topics: one branch a ward, one twig a bed."""

from __future__ import annotations

from dataclasses import dataclass

ONLINE, OFFLINE = "online", "offline"


@dataclass(frozen=True, slots=True)
class Topics:
    """``prefix/ward`` and what hangs from it. Names of beds and wards hold no sign that means something in a topic."""

    prefix: str
    ward: str

    @property
    def base(self) -> str:
        """Where the ward's topics begin."""
        return f"{self.prefix}/{self.ward}"

    @property
    def status(self) -> str:
        """Retained: ``online``, or ``offline`` (also as the last will)."""
        return f"{self.base}/status"

    @property
    def every_command(self) -> str:
        """Filter for the commands of all beds."""
        return f"{self.base}/+/command"

    @property
    def every_state(self) -> str:
        """Filter for the states of all beds."""
        return f"{self.base}/+/state"

    def state(self, bed: str) -> str:
        """Retained: how the bed is."""
        return f"{self.base}/{bed}/state"

    def alert(self, bed: str) -> str:
        """Every change of every alert of the bed, each once, not retained."""
        return f"{self.base}/{bed}/alert"

    def command(self, bed: str) -> str:
        """What somebody asks for the bed."""
        return f"{self.base}/{bed}/command"

    def answer(self, bed: str) -> str:
        """What became of a command."""
        return f"{self.base}/{bed}/answer"

    def bed_of(self, topic: str) -> str | None:
        """The bed that a topic below ``base`` belongs to; None when it is no such topic."""
        parts = topic.removeprefix(f"{self.base}/").split("/")
        return parts[0] if topic.startswith(f"{self.base}/") and len(parts) == 2 and parts[0] else None
