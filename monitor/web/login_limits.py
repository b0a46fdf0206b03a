"""How often a login may fail: counted per name and per address, forgotten after a while. Pure; time is an argument."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

ADDRESS_TIMES = 4
"""One address may stand for a whole ward's nurses: it may fail so many times as often as one name."""
MOST_KEYS = 10_000


@dataclass(slots=True)
class _Failures:
    count: int
    last_s: float


class LoginLimits:
    """After ``failed_logins`` failures a name (an address: ``ADDRESS_TIMES`` as many) rests for ``lockout_s``."""

    def __init__(self, failed_logins: int, lockout_s: float) -> None:
        self.failed_logins = failed_logins
        self.lockout_s = lockout_s
        self._failures: OrderedDict[tuple[str, str], _Failures] = OrderedDict()

    def wait_s(self, name: str, address: str, now_s: float) -> float:
        """How long it is until ``name`` may be tried from ``address``; 0.0 when it may now."""
        return max(self._wait(key, most, now_s) for key, most in self._keys(name, address))

    def failed(self, name: str, address: str, now_s: float) -> None:
        """A login failed."""
        for key, _ in self._keys(name, address):
            known = self._failures.pop(key, None)
            recent = known is not None and now_s - known.last_s < self.lockout_s
            self._failures[key] = _Failures(known.count + 1 if known is not None and recent else 1, now_s)
        while len(self._failures) > MOST_KEYS:
            self._failures.popitem(last=False)

    def succeeded(self, name: str, address: str) -> None:
        """What was counted as failed was right after all: the name starts anew, the address has this one back.

        It does not start anew as well, else whoever knows one password could try others without end.
        """
        self._failures.pop(("name", name.casefold()), None)
        of_address = self._failures.get(("address", address))
        if of_address is not None:
            of_address.count = max(0, of_address.count - 1)

    def _wait(self, key: tuple[str, str], most: int, now_s: float) -> float:
        known = self._failures.get(key)
        if known is None or known.count < most:
            return 0.0
        return max(0.0, known.last_s + self.lockout_s - now_s)

    def _keys(self, name: str, address: str) -> tuple[tuple[tuple[str, str], int], ...]:
        return (
            (("name", name.casefold()), self.failed_logins),
            (("address", address), ADDRESS_TIMES * self.failed_logins),
        )
