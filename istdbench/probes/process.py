"""A process that answers requests, a line each, and that can be ended when an answer takes too long."""

from __future__ import annotations

import subprocess
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress

LAST_LINES = 8


class AnsweringProcess:
    """Reads requests on stdin and answers on stdout; what it writes to stderr is kept."""

    def __init__(self, command: Sequence[str]) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True
        )

    def ask(self, request: str, timeout: float) -> str:
        """The line that answers a request of one line; "" where the process ended without one.

        Raises:
            TimeoutError: there was none within so many seconds; the process is ended.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        late = threading.Event()

        def end() -> None:
            late.set()
            self._process.kill()

        timer = threading.Timer(timeout, end)
        timer.start()
        try:
            with suppress(BrokenPipeError):  # it has ended already; why is seen from its exit code
                print(request, file=stdin, flush=True)
            answer = stdout.readline()
        finally:
            timer.cancel()
        if late.is_set():
            self.close()
            raise TimeoutError
        return answer

    def close(self) -> int:
        """Let the process end, as it does when nothing more is asked; its exit code."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        return self._process.wait()

    def last_lines(self) -> str:
        """The end of what it wrote to stderr, indented."""
        self._errors.seek(0)
        return indented(self._errors.read().decode(errors="replace"))


def indented(text: str) -> str:
    """The last lines of a text, each indented."""
    return "\n".join(f"    {line}" for line in text.strip().splitlines()[-LAST_LINES:])
