"""A unit's view of the file system, as far as mounts of our own can make it. For root, in a process of its own."""

from __future__ import annotations

import ctypes
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from monitor.errors import ServiceUnavailable
from monitor.service_manager.unit_file import UnitFile

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWNET = 0x20000, 0x4000000, 0x8000000, 0x40000000
_RDONLY, _NOSUID, _NODEV, _NOEXEC, _REMOUNT, _BIND, _REC, _PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE = 442, -100, 0x8000
_ATTR_RDONLY = 1
_HOMES = ("/home", "/root", "/run/user")
_TEMPORARY = ("/tmp", "/var/tmp")
_NODES = ("null", "zero", "full", "random", "urandom", "tty")
_TUNABLES = ("sys", "sysrq-trigger", "irq", "bus", "fs")
_SYS_ADMIN_ONLY = ("/dev/kmsg", "/proc/kmsg")


class _Attributes(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns"))


def namespaces_of(unit: UnitFile) -> int:
    """Flags of the namespaces that the unit's settings come to."""
    flags = CLONE_NEWNS
    for key, flag in (
        ("PrivateNetwork", CLONE_NEWNET),
        ("PrivateIPC", CLONE_NEWIPC),
        ("ProtectHostname", CLONE_NEWUTS),
    ):
        flags |= flag if unit.is_on(key) else 0
    return flags


def enter(unit: UnitFile, writable: Sequence[Path], readable: Sequence[Path]) -> Iterator[str]:
    """Make the mounts, and say which setting was applied, one after the other.

    ``writable`` and ``readable`` stay in view wherever they lie, also below a folder that the unit hides.
    OSError, ServiceUnavailable where the kernel does not let us.
    """
    _check(_libc().unshare(namespaces_of(unit)), "unshare")
    _mount("none", "/", None, _REC | _PRIVATE)
    held = [(path, os.open(path, os.O_PATH), True) for path in writable]
    held += [(path, os.open(path, os.O_PATH), False) for path in readable]
    hidden = list(_hide(unit))
    for path, handle, may_write in held:
        if may_write or any(path.is_relative_to(folder) for folder in hidden):
            if stat.S_ISDIR(os.fstat(handle).st_mode):
                path.mkdir(parents=True, exist_ok=True)
            elif not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
            _mount(f"/proc/self/fd/{handle}", str(path), None, _BIND | _REC)
    yield from (f"{key} ({', '.join(folders)})" for key, folders in _told(unit, hidden))
    if unit.last("ProtectSystem") == "strict":
        _read_only("/", True)
        for path, _, may_write in held:
            if may_write:
                _read_only(str(path), False)
        for folder in ("/dev", "/proc", *(folder for folder in hidden if folder in _TEMPORARY)):
            _read_only(folder, False)
        yield "ProtectSystem=strict (all read-only but the unit's own folders)"
    for _, handle, _ in held:
        os.close(handle)
    yield from _protect_kernel(unit)
    for key, flag in (
        ("PrivateNetwork", CLONE_NEWNET),
        ("PrivateIPC", CLONE_NEWIPC),
        ("ProtectHostname", CLONE_NEWUTS),
    ):
        if namespaces_of(unit) & flag:
            yield f"{key} (namespace)"


def _hide(unit: UnitFile) -> Iterator[str]:
    """Folders that are empty from now on."""
    if unit.is_on("ProtectHome"):
        for folder in filter(os.path.isdir, _HOMES):
            _mount("tmpfs", folder, "tmpfs", _NOSUID | _NODEV | _NOEXEC, "mode=0755,size=1m")
            yield folder
    if unit.is_on("PrivateTmp"):
        for folder in _TEMPORARY:
            _mount("tmpfs", folder, "tmpfs", _NOSUID | _NODEV, "mode=1777")
            yield folder
    if unit.is_on("PrivateDevices"):
        _only_harmless_devices()
        yield "/dev"


def _told(unit: UnitFile, hidden: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    for key, folders in (("ProtectHome", _HOMES), ("PrivateTmp", _TEMPORARY), ("PrivateDevices", ("/dev",))):
        if unit.is_on(key):
            yield key, [folder for folder in folders if folder in hidden]


def _only_harmless_devices() -> None:
    nodes = {name: os.stat(f"/dev/{name}").st_rdev for name in _NODES}
    _mount("tmpfs", "/dev", "tmpfs", _NOSUID | _NOEXEC, "mode=0755,size=1m")
    for name, number in nodes.items():
        os.mknod(f"/dev/{name}", 0o666 | stat.S_IFCHR, number)
        os.chmod(f"/dev/{name}", 0o666)
    os.symlink("/proc/self/fd", "/dev/fd")
    os.mkdir("/dev/shm")
    _mount("tmpfs", "/dev/shm", "tmpfs", _NOSUID | _NODEV, "mode=1777")


def _protect_kernel(unit: UnitFile) -> Iterator[str]:
    if unit.is_on("ProtectKernelTunables") or unit.is_on("ProtectControlGroups"):
        _read_only("/sys", True)
        yield "ProtectControlGroups (/sys read-only)"
    if unit.is_on("ProtectKernelModules") and os.path.isdir("/usr/lib/modules"):
        _mount("tmpfs", "/usr/lib/modules", "tmpfs", _NOSUID | _NODEV | _NOEXEC | _RDONLY, "mode=0,size=4k")
        yield "ProtectKernelModules (/usr/lib/modules)"
    if unit.is_on("ProtectKernelLogs"):
        for path in filter(os.path.exists, _SYS_ADMIN_ONLY):
            _mount("/dev/null", path, None, _BIND)
        yield "ProtectKernelLogs (/dev/kmsg, /proc/kmsg)"
    options = [f"hidepid={unit.last('ProtectProc')}"] if unit.last("ProtectProc", "default") != "default" else []
    options += ["subset=pid"] if unit.last("ProcSubset") == "pid" else []
    if options:
        _mount("proc", "/proc", "proc", _NOSUID | _NODEV | _NOEXEC, ",".join(options))
        yield f"ProtectProc, ProcSubset ({', '.join(options)})"
    if unit.is_on("ProtectKernelTunables"):
        for name in _TUNABLES:
            with suppress(OSError):
                _mount(f"/proc/{name}", f"/proc/{name}", None, _BIND)
                _read_only(f"/proc/{name}", True)
        yield "ProtectKernelTunables (/proc/sys and /sys read-only)"


def _read_only(path: str, on: bool) -> None:
    wanted = _Attributes(set=_ATTR_RDONLY if on else 0, clear=0 if on else _ATTR_RDONLY)
    result = _libc().syscall(
        _MOUNT_SETATTR,
        _AT_FDCWD,
        path.encode(),
        _AT_RECURSIVE,
        ctypes.byref(wanted),
        ctypes.c_size_t(ctypes.sizeof(wanted)),
    )
    _check(result, f"read-only {path}")


def _mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    result = _libc().mount(
        source.encode(),
        target.encode(),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        options.encode() or None,
    )
    _check(result, f"mount on {target}")


def _check(result: int, what: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def _libc() -> ctypes.CDLL:
    if sys.platform != "linux":
        raise ServiceUnavailable("namespaces and mounts are Linux's")
    return ctypes.CDLL(None, use_errno=True)
