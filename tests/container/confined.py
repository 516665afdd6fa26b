"""Run a command under what a systemd unit forbids its calls: ``confined.py UNIT COMMAND …``.

Seccomp, no new privileges, no memory both written and executed: the parts of a unit's confinement that need no
systemd, loaded with the library that systemd itself uses, so that a filter too tight shows in a test.
"""

from __future__ import annotations

import ctypes
import errno
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

_ALLOW, _REFUSE, _EQUALS = 0x7FFF0000, 0x00050000 | errno.EPERM, 4
_PR_SET_NO_NEW_PRIVS, _PR_SET_MDWE, _REFUSE_EXEC_GAIN = 38, 65, 1


class _Compare(ctypes.Structure):
    _fields_ = [
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("value", ctypes.c_uint64),
        ("_", ctypes.c_uint64),
    ]


def set_in(unit: str, key: str) -> list[str]:
    """Every value a unit gives a key."""
    return re.findall(rf"^{key}=(.*)$", unit, re.MULTILINE)


def allowed_calls(unit: str) -> set[str]:
    """The system calls that are left by the lines of SystemCallFilter, read in order."""
    allowed = _members("@default")
    for line in set_in(unit, "SystemCallFilter"):
        named = set[str]().union(*map(_members, line.removeprefix("~").split()))
        allowed = allowed - named if line.startswith("~") else allowed | named
    return allowed


def _members(group: str) -> set[str]:
    if not group.startswith("@"):
        return {group}
    told = subprocess.run(["systemd-analyze", "syscall-filter", group], capture_output=True, text=True, check=True)
    words = [line.strip() for line in told.stdout.splitlines()[1:]]
    return set[str]().union(*(_members(word) for word in words if word and not word.startswith("#")))


def confine(calls: Iterable[str], families: Iterable[str], no_written_code: bool) -> None:
    """Take from this process, and those it becomes, all other calls and address families, for good."""
    filters, kernel = ctypes.CDLL("libseccomp.so.2", use_errno=True), ctypes.CDLL(None, use_errno=True)
    filters.seccomp_init.restype = ctypes.c_void_p
    held = ctypes.c_void_p(filters.seccomp_init(ctypes.c_uint32(_REFUSE)))
    for call in calls:
        number = filters.seccomp_syscall_resolve_name(call.encode())
        first = [getattr(socket, family) for family in families] if call == "socket" else []
        rules = [(1, _Compare(0, _EQUALS, family, 0)) for family in first] or [(0, _Compare())]
        for count, compare in rules if number >= 0 else []:
            added = filters.seccomp_rule_add_array(held, ctypes.c_uint32(_ALLOW), number, count, ctypes.byref(compare))
            _expect(added, f"the call {call} is allowed")
    _expect(kernel.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")
    if no_written_code:
        _expect(kernel.prctl(_PR_SET_MDWE, _REFUSE_EXEC_GAIN, 0, 0, 0), "no memory both written and executed")
    _expect(filters.seccomp_load(held), "the filter is loaded")


def _expect(answer: int, what: str) -> None:
    if answer:
        raise OSError(ctypes.get_errno() or -answer, f"not to be had here: {what}")


if __name__ == "__main__":
    written = Path(sys.argv[1]).read_text(encoding="utf-8")
    confine(
        allowed_calls(written),
        set_in(written, "RestrictAddressFamilies")[-1].split(),
        set_in(written, "MemoryDenyWriteExecute") == ["true"],
    )
    os.execv(sys.argv[2], sys.argv[2:])
