"""A person at a terminal: a command in a process of its own, on a pseudo-terminal that is to it like a real one."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import subprocess
import sys
import termios
from collections.abc import Mapping
from typing import Self

PATIENCE = 30.0
"""Seconds without a sign after which a command counts as stuck."""


class Terminal:
    """``terminal.answer("Counter", "45000001")`` waits for the question, types and presses Enter."""

    def __init__(self, *words: str, environment: Mapping[str, str]) -> None:
        self._own, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "leadloop.cli", *words],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(theirs, termios.TIOCSCTTY, 0),  # getpass opens /dev/tty
            env={**os.environ, "PYTHONUTF8": "1", **environment},
        )
        os.close(theirs)
        self.shown = ""
        self._half_read = b""
        self._read_up_to = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._own)

    def wait_for(self, text: str) -> str:
        """What was shown since the last time, up to and with this text."""
        while (at := self.shown.find(text, self._read_up_to)) < 0:
            assert self._read(), f"it ended and never said {text!r}:\n{self.shown}"
        seen = self.shown[self._read_up_to : at + len(text)]
        self._read_up_to = at + len(text)
        return seen

    def answer(self, question: str, typed: str) -> str:
        """Wait for a question, type, press Enter; what was shown before."""
        seen = self.wait_for(question)
        os.write(self._own, f"{typed}\n".encode())
        return seen

    def end_input(self, question: str) -> None:
        """Wait for a question and press Ctrl-D."""
        self.wait_for(question)
        os.write(self._own, b"\x04")

    def end(self) -> int:
        """Wait until it has ended; its exit code."""
        while self._read():
            pass
        return self._process.wait()

    def _read(self) -> bool:
        ready, _, _ = select.select([self._own], [], [], PATIENCE)
        assert ready, f"nothing was shown for {PATIENCE} s:\n{self.shown}"
        try:
            read = os.read(self._own, 65536)
        except OSError:  # Linux says EIO when the other side has closed
            return False
        self._half_read += read
        try:
            self.shown += self._half_read.decode().replace("\r\n", "\n")
            self._half_read = b""
        except UnicodeDecodeError:  # a letter came in two pieces
            pass
        return bool(read)
