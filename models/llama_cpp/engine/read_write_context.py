"""Two contexts that work as one: prompts are read in the first, answers written in the second.

They are for two copies of the same weights, each laid out for one of the two: see weight_layouts.py. A sequence whose
prompt has been read is copied over, in milliseconds; its prompt stays with the reader for others that begin alike.

    reading (in the reader) ── its prompt is complete ──► writing (in the writer, the prompt in both)
             ▲                                               │
             └──── settled, or trimmed into the prompt ──────┘
"""

from collections.abc import Sequence
from typing import Any

from models.llama_cpp.engine.context import DECODED, Context, Row


class ReadWriteContext:
    """A reader and a writer of the same shape; what its methods do is told at AnyContext."""

    def __init__(self, reader: Context, writer: Context) -> None:
        self.shape = reader.shape
        self._reader, self._writer = reader, writer
        self._read = [0] * self.shape.sequences
        self._writing: set[int] = set()
        self._outputs: dict[int, tuple[Any, int]] = {}

    def decode(self, rows: Sequence[Row], outputs: Sequence[int]) -> int:
        written, read = _Share(self._writer), _Share(self._reader)
        wanted, start = set(outputs), 0
        for row in rows:
            share = written if row[0] in self._writing else read
            share.add(row, start, wanted)
            start += len(row[2])
        for share in (written, read):
            status = share.decode()
            if status != DECODED:
                for number, position, _ in written.rows if share is read else ():
                    self._writer.trim(number, position)
                return status
        self._outputs = written.found | read.found
        for number, position, tokens in read.rows:
            self._read[number] = position + len(tokens)
        for number in read.complete:
            if self._reader.hand_over(number, self._writer):
                self._writing.add(number)
        return DECODED

    def output(self, place: int) -> tuple[Any, int]:
        return self._outputs[place]

    def set_threads(self, count: int) -> None:
        self._reader.set_threads(count)
        self._writer.set_threads(count)

    def copy_head(self, source: int, target: int, length: int) -> int:
        self._read[target] = self._reader.copy_head(source, target, min(length, self._read[source]))
        return self._read[target]

    def trim(self, sequence: int, length: int) -> int:
        if sequence in self._writing and length > self._read[sequence]:
            return self._writer.trim(sequence, length)
        return self.settle(sequence, length)

    def settle(self, sequence: int, length: int) -> int:
        if sequence in self._writing:
            self._writing.remove(sequence)
            self._writer.trim(sequence, 0)
        self._read[sequence] = self._reader.trim(sequence, min(length, self._read[sequence]))
        return self._read[sequence]

    def clear(self) -> None:
        self._reader.clear()
        self._writer.clear()
        self._read = [0] * self.shape.sequences
        self._writing.clear()

    def abort(self, stop: bool = True) -> None:
        self._reader.abort(stop)
        self._writer.abort(stop)

    def close(self) -> None:
        self._reader.close()
        self._writer.close()


class _Share:
    """What one of the two contexts does of a step; `found` tells where the logits of the step's places are."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._places: list[int] = []
        self._count = 0
        self.rows: list[Row] = []
        self.complete: list[int] = []
        self.found: dict[int, tuple[Any, int]] = {}

    def add(self, row: Row, start: int, wanted: set[int]) -> None:
        number, _, tokens = row
        last = start + len(tokens) - 1
        self.rows.append(row)
        self._count += len(tokens)
        if last in wanted:
            self.complete.append(number)
            self._places.append(self._count - 1)
            self.found[last] = self._context.output(self._count - 1)

    def decode(self) -> int:
        return self._context.decode(self.rows, self._places) if self.rows else DECODED
