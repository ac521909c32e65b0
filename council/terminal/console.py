"""Where a command of the terminal writes, in the language of whoever sits there."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TextIO

import rich.console
import rich.progress

from council.configuration import read_env_file, setting_name
from council.errors import ConfigurationError
from council.settings import environment
from council.terminal.narrator import escaped, one_line, printable
from council.terminal.streams import open_streams
from council.translation import Translator, translator
from models.text import Text


@dataclass(frozen=True)
class Console:
    """Where a command writes: results to `out`, the rest to `err`; where `is_live`, answers are streamed to `out`."""

    out: TextIO
    err: TextIO
    words: Translator
    is_live: bool = False

    def say(self, line: Text | str = "") -> None:
        """Write a line of the result."""
        print(self._line(line), file=self.out, flush=True)

    def say_json(self, value: object) -> None:
        """Write the result for a program."""
        print(escaped(json.dumps(value, ensure_ascii=False, indent=2)), file=self.out, flush=True)

    def note(self, line: Text | str) -> None:
        """Write a line about the way to the result, or about what failed; where that cannot be, go on without."""
        with suppress(OSError):
            print(self._line(line), file=self.err, flush=True)

    @contextmanager
    def progress(self, *, of: Literal["bytes", "items"] = "bytes") -> Iterator["Progress"]:
        """Show how far something is, such as a download, where somebody sits at the terminal."""
        with rich.progress.Progress(
            rich.progress.TextColumn("{task.description}", markup=False),
            rich.progress.BarColumn(),
            rich.progress.DownloadColumn() if of == "bytes" else rich.progress.MofNCompleteColumn(),
            rich.progress.TimeRemainingColumn(),
            console=rich.console.Console(file=self.err),
            disable=not self.err.isatty(),
        ) as bars:
            yield Progress(bars, bars.add_task("", total=None))

    def _line(self, line: Text | str) -> str:
        return printable(self.words.text(line) if isinstance(line, Text) else line)


@dataclass(frozen=True)
class Progress:
    """A bar that shows how far something is."""

    bars: rich.progress.Progress
    task: rich.progress.TaskID

    def show(self, what: str, completed: int, total: int) -> None:
        """Move the bar; a total of 0 is not known yet."""
        self.bars.update(self.task, description=one_line(what, 60), completed=completed, total=total or None)


def open_console() -> Console:
    """Return the console of this process."""
    out, err = open_streams()
    return Console(out, err, translator(_language()), is_live=out.isatty())


def _language() -> str:
    """The language that is wished for, told before the settings are read and also where another one is wrong."""
    name, file = setting_name("language"), Path(".env")
    stored: Mapping[str, str | None] = {}
    with suppress(ConfigurationError):
        stored = read_env_file(file) if file.is_file() else {}
    given = environment()
    wishes = (given.get(name), stored.get(name), *map(given.get, ("LC_ALL", "LC_MESSAGES", "LANG")))
    return next(filter(None, wishes), "")
