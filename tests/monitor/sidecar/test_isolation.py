"""The explaining process reaches no network and holds no foreign descriptor, measured from inside and outside."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sidecar_story import asked, until

from monitor.sidecar.client import SidecarClient
from monitor.sidecar.isolation import network_in_reach

PROBE = """
import os, socket, sys
from monitor.sidecar.isolation import isolate, network_in_reach
keep, port, abstract = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
print(network_in_reach())
isolate([keep])
print(network_in_reach())
names = sorted(os.listdir("/proc/self/fd"), key=int)
print(",".join(name for name in names if os.path.exists("/proc/self/fd/" + name)))
for family, kind, address in (
    (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", port)),
    (socket.AF_INET, socket.SOCK_DGRAM, ("192.0.2.1", 9)),
    (socket.AF_INET6, socket.SOCK_DGRAM, ("2001:db8::1", 9)),
    (socket.AF_UNIX, socket.SOCK_STREAM, chr(0) + abstract),
):
    try:
        with socket.socket(family, kind) as end:
            end.connect(address)
        print("reached")
    except OSError as error:
        print(error.strerror)
"""


def may_unshare() -> bool:
    return subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode == 0


needs_unshare = pytest.mark.skipif(not may_unshare(), reason="this user may not unshare a network namespace")


@needs_unshare
def test_after_isolation_nothing_can_be_reached(tmp_path: Path) -> None:
    abstract = f"vigil-{os.getpid()}-{tmp_path.name}"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as named:
        named.bind(f"\0{abstract}")
        named.listen()
        keep, foreign = os.pipe()
        os.set_inheritable(foreign, True)
        run = subprocess.run(
            [sys.executable, "-c", PROBE, str(keep), str(server.getsockname()[1]), abstract],
            pass_fds=(keep, foreign),
            capture_output=True,
            text=True,
            check=True,
        )
        os.close(keep)
        os.close(foreign)
    before, after, descriptors, *attempts = run.stdout.splitlines()
    assert before == network_in_reach() != "none"
    assert after == "none"
    assert descriptors == f"0,1,2,{keep}"
    assert len(attempts) == 4
    assert "reached" not in attempts


@needs_unshare
def test_the_worker_has_a_network_of_its_own_says_so_and_still_explains(tiny_bundle: Path) -> None:
    pytest.importorskip("torch")
    with SidecarClient(tiny_bundle, live=True) as client:
        stats = client.stats
        assert stats.network == "none"
        assert os.readlink(f"/proc/{stats.pid}/ns/net") != os.readlink("/proc/self/ns/net")
        for thread in os.listdir(f"/proc/{stats.pid}/task"):
            assert os.readlink(f"/proc/{stats.pid}/task/{thread}/ns/net") == os.readlink(f"/proc/{stats.pid}/ns/net")
        interfaces = Path(f"/proc/{stats.pid}/net/dev").read_text(encoding="ascii").splitlines()[2:]
        assert [line.split(":")[0].strip() for line in interfaces] == ["lo"]
        status = Path(f"/proc/{stats.pid}/status").read_text(encoding="ascii")
        assert "NoNewPrivs:\t1" in status
        assert client.submit(*asked(1))
        found = until(client, lambda: client.stats.done == 1) + client.poll()
        assert [each.frame_id for each in found] == [1]
    assert client.stats.network is None


def test_where_it_is_not_allowed_it_goes_on_and_says_what_it_reaches() -> None:
    refusing = (
        "from monitor.sidecar import isolation\n"
        "isolation._unshare = lambda flags: 1\n"
        "isolation.isolate([])\n"
        "print(isolation.network_in_reach())\n"
    )
    run = subprocess.run([sys.executable, "-c", refusing], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == network_in_reach()
