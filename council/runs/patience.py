"""How long a run that nobody follows may go on: what it still needs, estimated from what was said in it so far."""

import asyncio
import time
from collections.abc import Callable

from council.domain import Council
from council.transcript import Transcript

CHARACTERS_PER_TOKEN = 4
UNKNOWN_FACTOR = 10
"""How many times the least patience is given to a run of which nothing is known yet: its model may be loading."""
STANCE_AND_REVISION = 2
CONCLUSION_AND_MINUTES = 2


class Patience:
    """Waits for a reader of a run, and gives it up when none has come within the time that it still needs.

    What it needs is asked once more when that is over, unless it stood still meanwhile: at first, little may be known.
    """

    def __init__(self, transcript: Transcript, least: float, give_up: Callable[[float], None]) -> None:
        self._transcript = transcript
        self._least = least
        self._give_up = give_up
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Begin to wait; `give_up` is told for how many seconds it was in vain."""
        seconds = patience(self._transcript, time.time(), self._least)
        self._timer = asyncio.get_running_loop().call_later(seconds, self._ask_again, seconds, self._transcript.version)

    def end(self) -> None:
        """Wait no longer: there is a reader, or the run has ended."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ask_again(self, waited: float, version: int) -> None:
        has_moved = self._transcript.version > version
        needed = seconds_needed(self._transcript, time.time()) or 0.0 if has_moved else 0.0
        self._timer = asyncio.get_running_loop().call_later(needed, self._give_up, waited + needed)


def patience(transcript: Transcript, now: float, least: float) -> float:
    """Return for how many seconds from `now` on a run may do without a reader, `least` at least."""
    needed = seconds_needed(transcript, now)
    return UNKNOWN_FACTOR * least if needed is None else max(least, needed)


def seconds_needed(transcript: Transcript, now: float) -> float | None:
    """Estimate how long a run will go on, from above; None while nothing was said in it.

    Every turn that may come counts like one that came, whatever it is; of one that is under way, the part of the
    longest answer that stands.
    """
    council = transcript.council
    if council is None:
        return None
    began = transcript.stages[0].at if transcript.stages else transcript.started_at  # what is taken over cost nothing
    longest = council.answer_tokens * CHARACTERS_PER_TOKEN
    over = [speech for speech in transcript.speeches.values() if speech.state != "speaking"]
    under_way = [speech for speech in transcript.speeches.values() if speech.state == "speaking"]
    shares = sum(min(0.95, (len(speech.text) + len(speech.thinking)) / longest) for speech in under_way)
    done = sum(speech.started_at >= began for speech in over) + shares
    if done <= 0:
        return None
    return max(0.0, _most_turns(council) - len(over) - shares) * max(0.0, now - began) / done


def _most_turns(council: Council) -> int:
    """How many turns a run has at most."""
    seats, method = len(council.speakers), council.method
    vote = seats * (2 if council.second_look != "never" else 1)
    turns = seats + (vote if method.votes else 0)
    if method.debates and council.debate != "never":
        turns += council.rounds * (seats * STANCE_AND_REVISION + vote)
    return turns + (CONCLUSION_AND_MINUTES if method.concludes else 0)
