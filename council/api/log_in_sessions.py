"""Who is logged in, and until when: what Gradio keeps as a plain dictionary for ever."""

import threading
import time
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass

DAY_SECONDS = 24 * 3600.0
IDLE_SECONDS = 7 * DAY_SECONDS
MOST_SECONDS = 30 * DAY_SECONDS
MOST_SESSIONS = 1000


@dataclass
class _Session:
    user: str
    began_at: float
    used_at: float


class LogInSessions(MutableMapping[str, str]):
    """The users by the token that their browser sends; a token that is idle for a week, or a month old, is none.

    Looking a token up is using it. `clock` counts seconds also while the machine sleeps. Of too many sessions the one
    that was not used for the longest goes. Gradio asks from several threads.
    """

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: dict[str, _Session] = {}  # the one that was used last comes last

    def __getitem__(self, token: str) -> str:
        with self._lock:
            session = self._sessions.pop(token)
            if self._is_over(session):
                raise KeyError(token)
            session.used_at = self._clock()
            self._sessions[token] = session
            return session.user

    def __setitem__(self, token: str, user: str) -> None:
        now = self._clock()
        with self._lock:
            self._sessions.pop(token, None)
            self._sessions[token] = _Session(user, now, now)
            while len(self._sessions) > MOST_SESSIONS or self._is_over(next(iter(self._sessions.values()))):
                del self._sessions[next(iter(self._sessions))]

    def __delitem__(self, token: str) -> None:
        with self._lock:
            del self._sessions[token]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._sessions))

    def __len__(self) -> int:
        return len(self._sessions)

    def _is_over(self, session: _Session) -> bool:
        now = self._clock()
        return now - session.used_at > IDLE_SECONDS or now - session.began_at > MOST_SECONDS
