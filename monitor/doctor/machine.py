"""Memory, clocks and disk."""

from __future__ import annotations

import ctypes
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np

from monitor.capture.ring import CAPACITY_BYTES, RingLayout, RingReader, RingWriter, ring_memory
from monitor.clock import now_at, now_s
from monitor.doctor.finding import Finding, Verdict

SECONDS_OF_A_TRY = 0.05
WRITTEN_AFTER = datetime(2026, 1, 1, tzinfo=UTC)
"""A clock before this is wrong: the program is younger."""
LEAST_FREE_MIB, FEW_FREE_MIB = 200, 2048
LEAST_MEMORY_MIB, FEW_MEMORY_MIB = 512, 2048
_TIME_ERROR, _STA_UNSYNC = 5, 0x40
_TIMEX_BYTES = 208
_NTP_ADVICE = "turn on systemd-timesyncd or chrony; records and messages carry this clock's time"


def memory(cameras: int = 1, meminfo: Path = Path("/proc/meminfo")) -> Iterator[Finding]:
    """Whether pictures can be handed between processes, and for how many there is room."""
    layout = RingLayout()
    try:
        descriptor = ring_memory(layout)
        try:
            RingWriter(descriptor, layout).write(np.zeros((360, 640, 3), np.uint8), now_s(), now_at())
            works = RingReader(descriptor, layout).newest() is not None
        finally:
            os.close(descriptor)
    except OSError as error:
        works, reason = False, str(error.strerror)
    else:
        reason = "a picture that was written cannot be read"
    if not works:
        yield _wrong("memory", "shared memory", f"does not work: {reason}", "vigil needs Linux 3.17 or later (memfd)")
        return
    usual, most = (layout.slots * size / 2**20 for size in (640 * 360 * 3, CAPACITY_BYTES))
    said = f"works; a camera takes {usual:.0f} MiB of it at 640×360 and at most {most:.0f} MiB"
    yield Finding(area="memory", about="shared memory", verdict=Verdict.OK, said=said)
    free = _meminfo(meminfo).get("MemAvailable")
    if free is None:
        return
    needed = LEAST_MEMORY_MIB + 128 * cameras
    verdict = Verdict.WRONG if free < LEAST_MEMORY_MIB else Verdict.WARN if free < needed + 512 else Verdict.OK
    advice = "" if verdict is Verdict.OK else "end other programs, or give the machine more memory"
    wanting = "1 camera wants" if cameras == 1 else f"{cameras} cameras want"
    said = f"{free / 1024:.1f} GiB free; {wanting} about {needed} MiB"
    yield Finding(area="memory", about="free memory", verdict=verdict, said=said, advice=advice)


def clocks(libc: ctypes.CDLL | None = None) -> Iterator[Finding]:
    """Whether durations can be measured, and whether the wall clock is right."""
    first = [now_s() for _ in range(1000)]
    if any(later < earlier for earlier, later in pairwise(first)) or first[-1] <= first[0]:
        advice = "the machine's or the virtual machine's clock source is broken; see its kernel log"
        yield _wrong("clocks", "monotonic clock", "it stands still or runs backwards", advice)
    else:
        yield Finding(area="clocks", about="monotonic clock", verdict=Verdict.OK, said="runs forwards")
    at = now_at()
    if at < WRITTEN_AFTER:
        yield _wrong("clocks", "UTC", f"the clock says {at:%Y-%m-%d %H:%M}", f"set the clock; {_NTP_ADVICE}")
        return
    told = synchronised(libc)
    words = {True: "synchronised", False: "not synchronised", None: "whether it is synchronised cannot be told here"}
    verdict = Verdict.WARN if told is False else Verdict.OK
    advice = _NTP_ADVICE if told is False else ""
    said = f"{at:%Y-%m-%d %H:%M} UTC, {words[told]}"
    yield Finding(area="clocks", about="UTC", verdict=verdict, said=said, advice=advice)


def synchronised(libc: ctypes.CDLL | None = None) -> bool | None:
    """Whether the kernel's clock is kept right by NTP (adjtimex); None when the kernel does not say."""
    buffer = ctypes.create_string_buffer(_TIMEX_BYTES)
    try:
        state = (libc or ctypes.CDLL(None)).adjtimex(buffer)
    except (OSError, AttributeError):
        return None
    if state < 0:
        return None
    status = int.from_bytes(buffer.raw[40:44], "little")
    return state != _TIME_ERROR and not status & _STA_UNSYNC


def disk(folder: Path, largest_mib: int) -> Iterator[Finding]:
    """Whether the database's folder can be written and has room. It may not be there yet; then its parent counts."""
    present = folder
    while not present.exists() and present != present.parent:
        present = present.parent
    free_mib = shutil.disk_usage(present).free >> 20
    if not os.access(present, os.W_OK):
        advice = "run as the service's user, or make the folder its own (vigil install does)"
        yield Finding(
            area="disk", about=str(folder), verdict=Verdict.WARN, said="cannot be written by this user", advice=advice
        )
    verdict, advice = Verdict.OK, ""
    if free_mib < LEAST_FREE_MIB:
        verdict, advice = Verdict.WRONG, "make room: nothing can be recorded on a full disk"
    elif free_mib < max(FEW_FREE_MIB, largest_mib):
        verdict = Verdict.WARN
        advice = f"the database may grow to {largest_mib} MiB; make room or lower storage.largest_mib"
    yield Finding(
        area="disk", about=str(folder), verdict=verdict, said=f"{free_mib / 1024:.1f} GiB free", advice=advice
    )


def _meminfo(path: Path) -> dict[str, int]:
    """MiB by name."""
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError:
        return {}
    named = (line.split(":", 1) for line in lines if line.endswith(" kB"))
    return {name: int(value.strip().removesuffix(" kB")) >> 10 for name, value in named}


def _wrong(area: str, about: str, said: str, advice: str) -> Finding:
    return Finding(area=area, about=about, verdict=Verdict.WRONG, said=said, advice=advice)
