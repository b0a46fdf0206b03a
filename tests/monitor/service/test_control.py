"""The control socket: who may talk, what is taken, what is answered."""

from __future__ import annotations

import selectors
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.errors import OutputError, ServiceUnavailable, UsageError
from monitor.service.control.client import ask
from monitor.service.control.requests import Answer, Request, read_request, request_line
from monitor.service.control.server import MOST_CALLERS, ControlServer


class Served:
    """A control server with a loop in a thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked: list[Request] = []
        self._selector = selectors.DefaultSelector()
        self.server = ControlServer(path, self._selector, self._answer)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _answer(self, request: Request) -> Answer:
        self.asked.append(request)
        if request.bed == "nowhere":
            raise UsageError("there is no bed 'nowhere'")
        return Answer(result={"said": request.do})

    def _run(self) -> None:
        while not self._ending.is_set():
            for key, _ in self._selector.select(0.05):
                key.data()
            self.server.step(0.0)

    def close(self) -> None:
        self._ending.set()
        self._thread.join()
        self.server.close()
        self._selector.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path / "control.sock")
    yield served
    served.close()


def test_a_request_is_answered_and_a_refusal_is_one_line(served: Served):
    assert ask(served.path, Request(do="list")) == {"said": "list"}
    assert ask(served.path, Request(do="ack", alert="bed-1:1", by="Anna")) == {"said": "ack"}
    with pytest.raises(UsageError, match="there is no bed 'nowhere'"):
        ask(served.path, Request(do="resume", bed="nowhere", by="Anna"))
    assert served.asked[1] == Request(do="ack", alert="bed-1:1", by="Anna")


def test_only_owner_and_group_may_talk(served: Served):
    assert stat.S_IMODE(served.path.stat().st_mode) == 0o660


def test_several_lines_in_pieces_get_an_answer_each(served: Served):
    with socket.socket(socket.AF_UNIX) as end:
        end.settimeout(60.0)
        end.connect(str(served.path))
        line = request_line(Request(do="list"))
        for piece in (line[:5], line[5:] + b"\n" + line, b"nonsense\n"):
            end.sendall(piece)
        answers = end.makefile("rb")
        assert [b'"error":null' in answers.readline() for _ in range(3)] == [True, True, False]


def test_whoever_never_ends_a_line_is_shown_out(served: Served):
    with socket.socket(socket.AF_UNIX) as end:
        end.settimeout(60.0)
        end.connect(str(served.path))
        assert shown_out(end)
    assert ask(served.path, Request(do="list")) == {"said": "list"}


def shown_out(end: socket.socket) -> bool:
    """Whether the server hangs up on 400 kB without a line's end."""
    try:
        for _ in range(100):
            end.sendall(b"x" * 4096)
        return end.recv(10) == b""
    except (BrokenPipeError, ConnectionResetError):
        return True


def test_callers_beyond_the_bound_are_turned_away(served: Served):
    callers = [socket.socket(socket.AF_UNIX) for _ in range(MOST_CALLERS)]
    try:
        for caller in callers:
            caller.connect(str(served.path))
        with pytest.raises(ServiceUnavailable):
            ask(served.path, Request(do="list"))
    finally:
        for caller in callers:
            caller.close()


def test_a_second_service_is_refused_and_a_dead_one_s_socket_is_taken(served: Served, tmp_path: Path):
    with selectors.DefaultSelector() as selector:
        with pytest.raises(ServiceUnavailable, match="runs already"):
            ControlServer(served.path, selector, lambda request: Answer())
        left = tmp_path / "left.sock"
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(left))
        ControlServer(left, selector, lambda request: Answer()).close()
        assert not left.exists()
        (tmp_path / "file").write_text("not a socket")
        with pytest.raises(OutputError, match="is no socket"):
            ControlServer(tmp_path / "file", selector, lambda request: Answer())


def test_without_a_service_it_is_said_what_to_do(tmp_path: Path):
    with pytest.raises(ServiceUnavailable, match="start it with `vigil run`"):
        ask(tmp_path / "control.sock", Request(do="list"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"[]", "Request"),
        (b'{"do":"reboot","by":"Anna"}', "do: Input should be"),
        (b'{"do":"pause","bed":"bed-1","by":"Anna"}', "for how many seconds"),
        (b'{"do":"pause","bed":"bed-1","by":"Anna","seconds":-1}', "above 0"),
        (b'{"do":"pause","bed":"bed-1","by":"Anna","seconds":1e999}', "above 0"),
        (b'{"do":"ack","by":"Anna"}', "which alert"),
        (b'{"do":"ack","alert":"bed-1:1"}', "who asks"),
        (b'{"do":"resume","by":"Anna"}', "which bed"),
        (b"\xff", "one JSON object"),
        (b"[" * 5000, "one JSON object"),
    ],
)
def test_nonsense_is_refused_in_one_line(line: bytes, said: str):
    with pytest.raises(UsageError) as refused:
        read_request(line)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_name_is_made_fit_for_a_journal():
    request = read_request(b'{"do":"resume","bed":"bed-1","by":"An\\nna\\u0007\\u2028' + b"x" * 99 + b'"}')
    assert request.by.startswith("An na  x")
    assert len(request.by) == 64
