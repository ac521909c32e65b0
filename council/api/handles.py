"""The system's handles for files and connections: when they run out, the log says so once in a while.

asyncio waits a second then and tries again, but tells of each connection that waits meanwhile, with a traceback.
"""

import logging
import time
from collections.abc import Callable

QUIET_SECONDS = 60.0


class ScarceHandles(logging.Filter):
    """Lets one line a minute through of those that tell that no connection could be taken."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._told = -QUIET_SECONDS

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a line is written; what the user can do stands in it."""
        if "socket.accept() out of system resource" not in record.getMessage():
            return True
        if self._clock() - self._told < QUIET_SECONDS:
            return False
        self._told = self._clock()
        record.msg, record.args, record.exc_info = "no more connections can be taken: raise `ulimit -n`", (), None
        return True
