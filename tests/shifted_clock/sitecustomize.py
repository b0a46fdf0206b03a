"""First on PYTHONPATH, it makes the clock on the wall of every process of a service go wrong by ``$VIGIL_TEST_SHIFT``.

That names a file with seconds in it, read anew at each look; the monotonic clock, as on a real machine, knows nothing
of it. Patches ``monitor.clock``, the only place of the program that reads the machine's clocks.
"""

from __future__ import annotations

import datetime as original
import os
from pathlib import Path

from monitor import clock


class _Shifted(original.datetime):
    @classmethod
    def now(cls, tz: original.tzinfo | None = None) -> original.datetime:
        """The present moment, as wrong as the file says."""
        seconds = float(Path(os.environ["VIGIL_TEST_SHIFT"]).read_text(encoding="ascii"))
        return original.datetime.now(tz) + original.timedelta(seconds=seconds)


clock.datetime = _Shifted  # type: ignore[misc]
