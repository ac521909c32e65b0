"""Runs one model's chat template in a process of its own, where time and memory can be bounded.

A template is a program from a stranger's file. In this process nothing could stop it: a thread cannot be ended.
"""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from models.errors import BackendUnavailableError
from models.llama_cpp.templates.formatter import Rows
from models.text import NOTHING, Text, verbatim
from models.text import lazy_gettext as _

PROGRAM = Path(__file__).parents[3]
COMMAND = (sys.executable, "-m", "models.llama_cpp.templates.child")
SILENT_SECONDS = 300.0
"""The process ends itself by the processor time that it used; this is for one that gets none."""
FROM_OUTSIDE = (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT)


class TemplateFault(Exception):
    """The template does not take these messages; `is_broken` where it will take no others either."""

    def __init__(self, said: Text, *, is_broken: bool = False) -> None:
        super().__init__(str(said))
        self.said = said
        self.is_broken = is_broken


class _Died(Exception):
    """The process has ended, with this exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class TemplateProcess:
    """One template; may be used from any thread, one request at a time."""

    def __init__(self, source: str, *, bos: str, eos: str) -> None:
        self._template = {"source": source, "bos": bos, "eos": eos}
        self._lock = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._is_closed = False
        self._fault = NOTHING

    def render(self, rows: Rows, switches: Mapping[str, Any]) -> str:
        """Write messages out; raises TemplateFault, and BackendUnavailableError where somebody ended the process."""
        request = {"rows": [dict(row) for row in rows], "switches": dict(switches)}
        with self._lock:
            if self._fault:
                raise TemplateFault(self._fault, is_broken=True)
            for _attempt in range(2):
                try:
                    return self._ask(request)
                except _Died as death:
                    if death.code not in FROM_OUTSIDE:
                        raise self._give_up(_cause(death.code)) from death
            raise BackendUnavailableError(
                _("The process that writes the prompts was ended from outside."), advice=_("Ask again.")
            )

    def close(self) -> None:
        """End the process; a request under way fails."""
        self._is_closed = True
        if (child := self._child) is not None:
            child.kill()
        with self._lock:
            self._end()

    def _ask(self, request: dict[str, Any]) -> str:
        child = self._child
        if child is None:
            child = self._start()
            if fault := self._exchange(child, self._template).get("fault"):
                raise self._give_up(verbatim(fault))
        answer = self._exchange(child, request)
        if "text" in answer:
            return str(answer["text"])
        if answer.get("is_broken"):
            raise self._give_up(_("it takes too much memory"))
        raise TemplateFault(verbatim(str(answer["fault"])))

    def _start(self) -> "subprocess.Popen[str]":
        if self._is_closed:
            raise BackendUnavailableError(_("The model was unloaded while it was asked."), advice=_("Ask again."))
        self._child = subprocess.Popen(  # noqa: S603 - the program itself
            COMMAND, cwd=PROGRAM, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        return self._child

    def _exchange(self, child: "subprocess.Popen[str]", request: Mapping[str, Any]) -> dict[str, Any]:
        assert child.stdin is not None and child.stdout is not None
        silence = threading.Timer(SILENT_SECONDS, child.kill)
        silence.start()
        try:
            with suppress(BrokenPipeError):
                child.stdin.write(json.dumps(request) + "\n")
                child.stdin.flush()
            line = child.stdout.readline()
        finally:
            silence.cancel()
        if not line.endswith("\n"):
            raise _Died(self._end())
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _give_up(self, fault: Text) -> TemplateFault:
        """Remember that the template is of no use: another try would take as long again."""
        self._end()
        self._fault = fault
        return TemplateFault(fault, is_broken=True)

    def _end(self) -> int:
        """Let go of the process and return its exit code; 0 where there is none."""
        child, self._child = self._child, None
        if child is None:
            return 0
        for pipe in (child.stdin, child.stdout):
            with suppress(OSError):
                assert pipe is not None
                pipe.close()
        with suppress(subprocess.TimeoutExpired):
            child.wait(5)
        if child.returncode is None:
            child.kill()
        return child.wait()


def _cause(code: int) -> Text:
    if code == -signal.SIGPROF:
        return _("it comes to no end")
    return _("its process ended with the code {code}", code=str(code))
