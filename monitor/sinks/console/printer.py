"""Alerts on standard output: coloured on a terminal, else a line of JSON or plain text like the service's log."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Literal, TextIO

from rich.console import Console
from rich.text import Text

from monitor.records import Presence, Priority
from monitor.sinks.base import SinkContext
from monitor.sinks.courier import Patience
from monitor.sinks.message import AlertMessage
from monitor.sinks.outbox import MemoryOutbox
from monitor.sinks.plain_words import one_line
from monitor.sinks.posted import PostedSink
from monitor.sinks.transport import Outcome, Result
from monitor.sinks.trouble_words import words_of_error
from monitor.ward.sinks import ConsoleSink

MOST_WAITING = 1000
"""Lines kept while nobody reads standard output; the oldest go first, counted."""
_STYLES: Mapping[Priority, str] = {
    Priority.HIGH: "bold white on red",
    Priority.MEDIUM: "bold black on yellow",
    Priority.LOW: "bold cyan",
    Priority.NONE: "dim",
}


class Printer:
    """Satisfies ``Transport``. ``stream`` None: standard output as it is at the time."""

    most = 100
    limit_s = float("inf")

    def __init__(self, lines: Literal["json", "console"], stream: TextIO | None = None) -> None:
        self._lines = lines
        self._stream = stream

    def wants(self, message: AlertMessage) -> bool:
        """Every message."""
        return True

    def pause_s(self, now_s: float) -> float:
        """Lines may be written at any time."""
        return 0.0

    def deliver(self, messages: Sequence[AlertMessage]) -> Outcome:
        """Write a line each; what is written counts when all could be."""
        stream = self._stream or sys.stdout
        try:
            if stream.isatty():
                self._colour(stream, messages)
            else:
                stream.write("".join(f"{self._line(message)}\n" for message in messages))
            stream.flush()
        except (OSError, ValueError) as error:  # ValueError: it was closed
            words = words_of_error(error) if isinstance(error, OSError) else "it is closed"
            return Outcome(result=Result.AWAY, words=f"standard output cannot be written: {words}")
        return Outcome(result=Result.DELIVERED)

    def abort(self) -> None:
        """Nothing ends a write that nobody reads."""

    def close(self) -> None:
        """Standard output belongs to the process."""

    def _line(self, message: AlertMessage) -> str:
        if self._lines == "json":
            return message.to_json()
        return f"{message.at.astimezone():%Y-%m-%d %H:%M:%S} {message.priority.value:<6} {one_line(message)}"

    def _colour(self, stream: TextIO, messages: Sequence[AlertMessage]) -> None:
        console = Console(file=stream, highlight=False, soft_wrap=True)
        for message in messages:
            over = message.presence in (Presence.ACKNOWLEDGED, Presence.OFF)
            line = Text(f"{message.at.astimezone():%H:%M:%S} ", style="dim")
            line.append(f" {message.priority.value} ", style="dim" if over else _STYLES[message.priority])
            line.append(f" {one_line(message)}", style="dim" if over else "")
            console.print(line)


def console_sink(name: str, settings: ConsoleSink, context: SinkContext, stream: TextIO | None = None) -> PostedSink:
    """The sink; what nobody reads waits in memory alone."""
    return PostedSink(
        name,
        settings,
        context,
        Printer(context.lines, stream),
        outbox=MemoryOutbox(MOST_WAITING),
        most_messages=MOST_WAITING,
        most_age_s=float("inf"),
        patience=Patience(longest_backoff_s=30.0),
    )
