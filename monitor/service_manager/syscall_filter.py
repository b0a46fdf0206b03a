"""A unit's system call filter without systemd: the same rules, put into the kernel through libseccomp.

The sets (@system-service …) are asked of the installed ``systemd-analyze``. The rules of the yes-or-no settings follow
systemd's src/shared/seccomp-util.c.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import errno
import socket
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass

from monitor.errors import ConfigurationError, ServiceUnavailable
from monitor.service_manager.unit_file import UnitFile

_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000
_NE, _EQ, _GT, _MASKED_EQ = 1, 4, 6, 7
_EXEC, _WRITE = 0x4, 0x2
_SHM_EXEC = 0o100000
_SUID_SGID = (0o4000, 0o2000)
_NAMESPACES = (0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000, 0x2000000, 0x80)
_O_CREAT, _O_TMPFILE = 0o100, 0o20000000
_LAST_FAMILY = 45
_FIFO, _RR, _IDLE = 1, 2, 5
_DENIED_BY = {
    "ProtectClock": (
        "adjtimex",
        "clock_adjtime",
        "clock_adjtime64",
        "clock_settime",
        "clock_settime64",
        "settimeofday",
    ),
    "ProtectHostname": ("sethostname", "setdomainname"),
    "ProtectKernelLogs": ("syslog",),
    "ProtectKernelModules": ("init_module", "finit_module", "delete_module"),
}


class _Compare(ctypes.Structure):
    _fields_ = (("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64))


@dataclass(frozen=True, slots=True)
class Rule:
    """``call`` ends with ``error`` when all ``compares`` (argument, comparison, value, value) hold."""

    call: str
    error: int
    compares: tuple[tuple[int, int, int, int], ...] = ()


def allowed_calls(unit: UnitFile) -> set[str] | None:
    """Names of the calls that SystemCallFilter= leaves, None when there is none or it is a list of refusals alone."""
    allowed: set[str] | None = None
    for value in unit.all("SystemCallFilter"):
        names = expand(value.removeprefix("~").split())
        if value.startswith("~"):
            allowed = None if allowed is None else allowed - names
        else:
            allowed = (allowed or expand(["@default"])) | names
    return allowed


def expand(names: Iterable[str]) -> set[str]:
    """Names of calls, with every @set replaced by what it stands for."""
    calls: set[str] = set()
    for name in names:
        if not name.startswith("@"):
            calls.add(name.partition(":")[0])
            continue
        try:
            listed = subprocess.run(
                ["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=False, timeout=30
            )
        except OSError as error:
            raise ServiceUnavailable(f"systemd-analyze: {error.strerror}; install systemd") from error
        lines = [line.strip() for line in listed.stdout.splitlines()[1:]]
        if listed.returncode != 0 or not lines:
            raise ConfigurationError(f"no set of system calls {name}")
        calls |= expand(line for line in lines if line and not line.startswith("#"))
    return calls


def rules_of(unit: UnitFile) -> dict[str, list[Rule]]:
    """Rules that refuse, by the setting that asks for them."""
    rules = {key: [Rule(call, errno.EPERM) for call in calls] for key, calls in _DENIED_BY.items() if unit.is_on(key)}
    if unit.is_on("MemoryDenyWriteExecute"):
        both = _WRITE | _EXEC
        rules["MemoryDenyWriteExecute"] = [
            Rule("mmap", errno.EPERM, ((2, _MASKED_EQ, both, both),)),
            Rule("mprotect", errno.EPERM, ((2, _MASKED_EQ, _EXEC, _EXEC),)),
            Rule("pkey_mprotect", errno.EPERM, ((2, _MASKED_EQ, _EXEC, _EXEC),)),
            Rule("shmat", errno.EPERM, ((2, _MASKED_EQ, _SHM_EXEC, _SHM_EXEC),)),
        ]
    if unit.is_on("RestrictNamespaces"):
        rules["RestrictNamespaces"] = [
            *(
                Rule(call, errno.EPERM, ((0, _MASKED_EQ, flag, flag),))
                for flag in _NAMESPACES
                for call in ("clone", "unshare")
            ),
            Rule("setns", errno.EPERM),
            Rule("clone3", errno.ENOSYS),
        ]
    if unit.is_on("RestrictRealtime"):
        rules["RestrictRealtime"] = [
            Rule("sched_setscheduler", errno.EPERM, ((1, _EQ, policy, 0),)) for policy in (_FIFO, _RR)
        ] + [Rule("sched_setscheduler", errno.EPERM, ((1, _GT, _IDLE, 0),))]
    if unit.is_on("RestrictSUIDSGID"):
        rules["RestrictSUIDSGID"] = [
            Rule(call, errno.EPERM, ((argument, _MASKED_EQ, bit, bit),))
            for bit in _SUID_SGID
            for call, argument in (
                ("chmod", 1),
                ("fchmod", 1),
                ("fchmodat", 2),
                ("mkdir", 1),
                ("mkdirat", 2),
                ("creat", 1),
            )
        ] + [
            Rule(call, errno.EPERM, ((at, _MASKED_EQ, made, made), (at + 1, _MASKED_EQ, bit, bit)))
            for bit in _SUID_SGID
            for made in (_O_CREAT, _O_TMPFILE)
            for call, at in (("open", 1), ("openat", 2))
        ]
    if unit.is_on("LockPersonality"):
        rules["LockPersonality"] = [Rule("personality", errno.EPERM, ((0, _NE, 0, 0),))]
    if families := unit.words("RestrictAddressFamilies"):
        rules["RestrictAddressFamilies"] = _of_families(families)
    return rules


def _of_families(families: tuple[str, ...]) -> list[Rule]:
    if families[0].startswith("~"):
        raise ConfigurationError("RestrictAddressFamilies=~ is not understood here, only lists of what is allowed")
    allowed = set() if families == ("none",) else {int(getattr(socket, name)) for name in families}
    refused = [number for number in range(_LAST_FAMILY + 1) if number not in allowed]
    return [
        *(Rule("socket", errno.EAFNOSUPPORT, ((0, _EQ, number, 0),)) for number in refused),
        Rule("socket", errno.EAFNOSUPPORT, ((0, _GT, _LAST_FAMILY, 0),)),
    ]


class Filters:
    """Filters made ready, to be put into force by ``enforce`` in the process they are for (after no_new_privs)."""

    def __init__(self) -> None:
        name = ctypes.util.find_library("seccomp") or "libseccomp.so.2"
        try:
            self._library = ctypes.CDLL(name)
        except OSError as error:
            raise ServiceUnavailable("no libseccomp here, system calls cannot be filtered") from error
        self._library.seccomp_init.restype = ctypes.c_void_p
        self._contexts: list[ctypes.c_void_p] = []

    def refuse(self, rules: Iterable[Rule]) -> None:
        """All calls go on but those that a rule names."""
        context = self._new(_ALLOW)
        for rule in rules:
            compares = (_Compare * max(1, len(rule.compares)))(*(_Compare(*each) for each in rule.compares))
            self._add(context, _ERRNO | rule.error, rule.call, len(rule.compares), compares)

    def allow_only(self, calls: Iterable[str], error: int) -> None:
        """All calls but ``calls`` end with ``error``."""
        context = self._new(_ERRNO | error)
        for call in sorted(calls):
            self._add(context, _ALLOW, call, 0, None)

    def enforce(self) -> None:
        """From now on, for this process and its children, for good. OSError."""
        for context in self._contexts:
            if (code := self._library.seccomp_load(context)) != 0:
                raise OSError(-code, "seccomp_load")

    def _new(self, action: int) -> ctypes.c_void_p:
        context = ctypes.c_void_p(self._library.seccomp_init(ctypes.c_uint32(action)))
        if not context:
            raise ServiceUnavailable("libseccomp made no filter")
        self._contexts.append(context)
        return context

    def _add(self, context: ctypes.c_void_p, action: int, call: str, count: int, compares: object) -> None:
        number = self._library.seccomp_syscall_resolve_name(call.encode())
        if number < 0:
            return  # a call that this machine's architecture does not have
        code = self._library.seccomp_rule_add_array(context, ctypes.c_uint32(action), number, count, compares)
        if code not in {0, -errno.EEXIST}:
            raise ServiceUnavailable(f"libseccomp takes no rule for {call} (error {-code})")
