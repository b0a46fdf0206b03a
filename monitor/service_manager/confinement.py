"""Everything a unit says about the process it starts, applied to the process that calls: for good, before exec."""

from __future__ import annotations

import ctypes
import errno
import grp
import os
import pwd
import resource
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from monitor.errors import ServiceUnavailable, VigilError
from monitor.service_manager import sandbox
from monitor.service_manager.syscall_filter import Filters, allowed_calls, rules_of
from monitor.service_manager.unit_file import UnitFile

_PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT, _CLEAR_ALL = 24, 38, 47, 4
_LIMITS = {
    "LimitNOFILE": resource.RLIMIT_NOFILE,
    "LimitCORE": resource.RLIMIT_CORE,
    "LimitNPROC": resource.RLIMIT_NPROC,
}
_LEFT_TO_SYSTEMD = (
    *("PrivateUsers", "DevicePolicy", "DeviceAllow", "IPAddressDeny", "IPAddressAllow", "MemoryMax", "TasksMax"),
    *("CPUWeight", "OOMPolicy", "KeyringMode", "RemoveIPC"),
)
_DONE_BY_US = ("NoNewPrivileges", "CapabilityBoundingSet", "UMask", "SystemCallFilter", "OOMScoreAdjust", "Nice")


@dataclass(frozen=True, slots=True)
class UnitUser:
    """Who runs it; ``note`` says what differs from the unit."""

    uid: int
    gid: int
    groups: tuple[int, ...]
    note: str | None = None


def find_user(name: str, group: str, more: tuple[str, ...]) -> UnitUser:
    """The unit's user and groups; nobody stands in for a user that this machine does not have."""
    missing = [each for each in more if _group(each) is None]
    notes = [f"no group {each} here" for each in missing]
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        entry = pwd.getpwnam("nobody")
        notes.append(f"no user {name} here, nobody runs it")
    gid = _group(group) if group else entry.pw_gid
    groups = tuple(number for each in more if (number := _group(each)) is not None)
    return UnitUser(entry.pw_uid, entry.pw_gid if gid is None else gid, groups, "; ".join(notes) or None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confinement:
    """A unit's settings and what this machine puts in the place of its folders."""

    unit: UnitFile
    user: UnitUser
    writable: tuple[Path, ...]
    readable: tuple[Path, ...]
    environment: Mapping[str, str]

    def apply(self, say: Callable[[str], None]) -> None:
        """Confine this process. ``say`` is told each setting. What the kernel refuses is an error, not a shrug."""
        unit = self.unit
        filters, told = self._filters()
        try:
            for applied in sandbox.enter(unit, self.writable, self.readable):
                say(applied)
        except OSError as error:
            raise ServiceUnavailable(f"the kernel does not let us: {error.strerror}") from error
        self._limits(say)
        _become(self.user)
        say(f"User, Group, SupplementaryGroups (uid {self.user.uid}, gid {self.user.gid}, {self.user.groups})")
        if self.user.note:
            say(f"but: {self.user.note}")
        os.umask(int(unit.last("UMask", "0022"), 8))
        libc = ctypes.CDLL(None, use_errno=True)
        if unit.is_on("NoNewPrivileges") and libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
            say("NoNewPrivileges")
        filters.enforce()
        for line in told:
            say(line)
        left = [key for key in _LEFT_TO_SYSTEMD if unit.all(key)]
        if left:
            say(f"not applied, only systemd can: {', '.join(left)}")
        os.chdir(unit.last("WorkingDirectory", "/"))

    def _filters(self) -> tuple[Filters, list[str]]:
        filters, told = Filters(), []
        for key, rules in rules_of(self.unit).items():
            filters.refuse(rules)
            told.append(f"{key} (seccomp)")
        calls = allowed_calls(self.unit)
        if calls is not None:
            error = getattr(errno, self.unit.last("SystemCallErrorNumber", "EPERM"))
            filters.allow_only(calls, error)  # last, so that the filters before can still be loaded
            told.append(f"SystemCallFilter ({len(calls)} calls)")
        return filters, told

    def _limits(self, say: Callable[[str], None]) -> None:
        for key, limit in _LIMITS.items():
            if value := self.unit.last(key):
                number = resource.RLIM_INFINITY if value == "infinity" else int(value)
                resource.setrlimit(limit, (number, number))
                say(f"{key}={value}")
        if score := self.unit.last("OOMScoreAdjust"):
            try:
                Path("/proc/self/oom_score_adj").write_text(score, encoding="ascii")
                say(f"OOMScoreAdjust={score}")
            except OSError as error:
                say(f"not applied: OOMScoreAdjust={score} ({error.strerror})")
        if nice := self.unit.last("Nice"):
            os.setpriority(os.PRIO_PROCESS, 0, int(nice))
            say(f"Nice={nice}")


def _become(user: UnitUser) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_CAP_AMBIENT, _CLEAR_ALL, 0, 0, 0)
    for capability in range(64):
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)  # refuses those that there are not
    os.setgroups(user.groups)
    os.setresgid(user.gid, user.gid, user.gid)
    os.setresuid(user.uid, user.uid, user.uid)
    if user.uid != 0 and os.geteuid() == 0:
        raise VigilError("still root")


def _group(name: str) -> int | None:
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return None
