"""The console: a line per alert, coloured on a terminal, one that no content can break."""

from __future__ import annotations

import io
import json
import os
import pty
from collections.abc import Callable
from dataclasses import replace

from sink_story import SENTENCE, Story

from monitor.alerts.topics import Reason, Topic
from monitor.records import Presence
from monitor.sinks.console.printer import MOST_WAITING, Printer, console_sink
from monitor.sinks.message import AlertMessage
from monitor.sinks.transport import Result
from monitor.ward.sinks import ConsoleSink


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def printed(message: AlertMessage, lines: str, stream: io.StringIO) -> str:
    assert Printer(lines, stream).deliver([message]).result is Result.DELIVERED  # type: ignore[arg-type]
    return stream.getvalue()


def test_plain_lines():
    story = Story()
    line = printed(story.message(), "console", io.StringIO())
    assert line.endswith(f" high   Check the resident (bed-1, room 12): signs of pain; {SENTENCE} [for nurse]\n")
    over = story.message(presence=Presence.OFF, reason=Reason.CONDITION_ENDED)
    assert printed(over, "console", io.StringIO()).endswith("Over (bed-1, room 12): signs of pain\n")


def test_json_lines():
    message = Story().message()
    assert json.loads(printed(message, "json", io.StringIO())) == json.loads(message.to_json())


def test_a_terminal_gets_colours_and_one_line():
    message = replace(Story().message(), headline="[red]no markup[/red] \x1b[2Jno control\n", sentence="x" * 500)
    shown = printed(message, "json", Terminal())
    assert shown.count("\n") == 1
    assert "[red]no markup[/red]" in shown
    assert "\x1b[2J" not in shown
    assert "\x1b[" in shown


def test_a_real_terminal():
    primary, secondary = pty.openpty()
    with os.fdopen(secondary, "w") as stream:
        assert Printer("json", stream).deliver([Story().message(topic=Topic.CAMERA_OFFLINE)]).words is None
        shown = os.read(primary, 4096).decode()
    os.close(primary)
    assert "Not watched as usual (bed-1, room 12): the camera does not answer" in shown
    assert "\x1b[" in shown


def test_a_closed_stream_is_trouble_in_words():
    stream = io.StringIO()
    stream.close()
    outcome = Printer("json", stream).deliver([Story().message()])
    assert (outcome.result, outcome.words) == (Result.AWAY, "standard output cannot be written: it is closed")


def test_what_nobody_reads_is_bounded_and_counted():
    story = Story()
    sink = console_sink("there", ConsoleSink(), story.context(), io.StringIO())
    for number in range(MOST_WAITING + 20):
        sink.send(story.message(alert=number))
    assert sink.status().waiting == MOST_WAITING
    assert sink.status().dropped == {"too_many": 20}
    sink.start()
    story.drive(sink, lambda: sink.status().delivered == MOST_WAITING)
    sink.close(2.0)


def test_without_a_stream_it_is_standard_output(capsys: object):
    read: Callable[[], tuple[str, str]] = capsys.readouterr  # type: ignore[attr-defined]
    message = Story().message()
    Printer("json").deliver([message])
    assert message.message_id in read()[0]
