"""How often somebody may do something: so many times at once, and then so many a minute."""

import time
from collections.abc import Callable

MOST_KNOWN = 10_000


class Pace:
    """Counts by a key that says who it is; remembers one number for each, of `MOST_KNOWN` at most."""

    def __init__(self, *, at_once: int, a_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._each = 60.0 / a_minute
        self._credit = (at_once - 1) * self._each
        self._clock = clock
        self._due: dict[str, float] = {}

    def wait(self, who: str) -> float:
        """Count one more, and return 0; or count nothing, and return in how many seconds it may be tried again."""
        now = self._clock()
        due = max(self._due.pop(who, now), now)
        seconds = max(0.0, due - now - self._credit)
        self._due[who] = due if seconds else due + self._each
        if len(self._due) > MOST_KNOWN:
            self._forget(now)
        return seconds

    def _forget(self, now: float) -> None:
        """Forget those who have used nothing up, or else the one who came longest ago."""
        self._due = {who: due for who, due in self._due.items() if due > now}
        if len(self._due) > MOST_KNOWN:
            del self._due[next(iter(self._due))]
