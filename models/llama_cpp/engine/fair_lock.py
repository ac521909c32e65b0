"""Lets several engines share the processor cores one step at a time, in the order in which they came."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class FairLock:
    """A lock that is handed on in order: a plain one would go back to the thread that has just released it.

    Two engines computing at once on the same cores wait for each other inside every matrix product.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._is_taken = False

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the turn and keep it for the length of the context."""
        with self._lock:
            mine = None
            if self._is_taken:
                mine = threading.Event()
                self._waiting.append(mine)
            self._is_taken = True
        if mine is not None:
            mine.wait()
        try:
            yield
        finally:
            with self._lock:
                if self._waiting:
                    self._waiting.popleft().set()
                else:
                    self._is_taken = False
