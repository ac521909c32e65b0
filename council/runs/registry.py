"""The runs of this process: a run belongs to the server, not to the reader who began it.

Finds runs, in memory or in the history, for their owner; `run.py` is one run.
"""

import asyncio
import secrets

from council import events as ev
from council.domain import Council, Question
from council.errors import ConfigurationError, HistoryError
from council.method.pipeline import deliberate
from council.method.wordings.wording import wording_for
from council.runs.ending import CLOSED
from council.runs.history import CUT_SHORT, History
from council.runs.queue import RunQueue
from council.runs.run import Means, Pipeline, Run
from council.transcript import Transcript
from models.base import Backend
from models.text import lazy_gettext as _

KEPT_RUNS = 20  # ended runs that stay in memory; older ones are read from the history
UNSTORED_RUNS = 200  # ended runs that stay in memory because they could not be stored


class Runs:
    """The registry of runs; `of` gives one owner's.

    A run that nobody follows for `abandon_seconds` is interrupted, unless it was started with a time of its own.
    `queue` decides how many are at work at once, whosever they are.
    """

    def __init__(
        self,
        *,
        backend: Backend,
        history: History,
        max_context: int = 16_384,
        abandon_seconds: float = 60.0,
        pipeline: Pipeline = deliberate,
        queue: RunQueue | None = None,
    ) -> None:
        self._history = history
        self._means = Means(backend, pipeline, max_context, queue or RunQueue())
        self._abandon_seconds = abandon_seconds
        self._runs: dict[str, Run] = {}

    def of(self, owner: str) -> "OwnedRuns":
        """Return the runs of one owner, who never gets hold of another's."""
        return OwnedRuns(owner, self._runs, self._history, self._means, self._abandon_seconds)

    async def close(self) -> None:
        """Interrupt the runs that are under way and wait until nothing of them is left running."""
        for run in self._runs.values():
            run.end(CLOSED)
        for run in list(self._runs.values()):
            await run.ended()
            await run.record.close()


class OwnedRuns:
    """The runs of one owner; `kept` are those of the process that are in memory, whosever they are."""

    def __init__(
        self, owner: str, kept: dict[str, Run], history: History, means: Means, abandon_seconds: float
    ) -> None:
        self._owner = owner
        self._kept = kept
        self._history = history.of(owner)
        self._means = means
        self._abandon_seconds = abandon_seconds

    def start(
        self, question: Question, council: Council, *, seed: int | None = None, abandon_seconds: float | None = None
    ) -> Run:
        """Begin a run, which may have to wait its turn, and return at once; `seed` is drawn by lot unless given.

        Raises BusyError where too many wait already.
        """
        started = ev.DeliberationStarted(
            id=secrets.token_hex(6),
            question=question,
            council=council,
            seed=secrets.randbits(31) if seed is None else seed,
            nonce_seed=secrets.token_hex(16),
            wording=wording_for(seat.model for seat in (*council.seats, council.chairman)),
        )
        run = self._make([started], self._abandon_seconds if abandon_seconds is None else abandon_seconds)
        run.start()
        return self._keep(run)

    def resume(self, run_id: str) -> Run:
        """Go on with a run that ended early; what was said before counts, and only what is missing is asked again.

        A run that is under way is returned as it is. Raises ConfigurationError where nothing is missing.
        """
        run = self._find(run_id)
        if not run.is_running:
            if run.transcript.status == "complete":
                raise ConfigurationError(
                    _("The run {run!r} is complete.", run=run_id),
                    advice=_("Ask its question anew to have it run again."),
                )
            run.resume()
        return self._keep(run)

    def retry(self, run_id: str, seat_id: str) -> Run:
        """Ask one seat again whose answer failed; what the others said is kept, and counted anew if need be."""
        run = self._find(run_id)
        answers = {seat: speech for (kind, seat, _round), speech in run.transcript.speeches.items() if kind == "answer"}
        failed = [seat for seat, speech in answers.items() if speech.state == "failed"]
        if seat_id not in failed:
            raise ConfigurationError(
                _("The seat {seat!r} has no failed answer in the run {run!r}.", seat=seat_id, run=run_id),
                advice=_("These failed: {seats}.", seats=", ".join(failed)) if failed else _("None failed."),
            )
        if run.is_running:
            run.ask_again(seat_id)
        else:
            run.resume()
        return self._keep(run)

    def get(self, run_id: str) -> Run | None:
        """Return a run that is under way or ended a short while ago; None for others."""
        run = self._kept.get(run_id)
        return run if run is not None and run.owner == self._owner else None

    def transcript(self, run_id: str) -> Transcript:
        """Return the state of any run, live or from the history; raises HistoryError."""
        run = self.get(run_id)
        return run.transcript if run else self._history.transcript(run_id)

    async def delete(self, run_id: str) -> None:
        """Stop a run if need be and remove it from the history."""
        if run := self.get(run_id):
            run.stop()
            await run.ended()
            await run.record.forget()
        elif self._history.is_being_written(run_id):
            raise HistoryError(
                _("The run {run!r} is under way in another process.", run=run_id),
                advice=_("Stop it there before it is deleted."),
            )
        self._kept.pop(run_id, None)
        if run is None or not run.record.is_blank:
            await asyncio.to_thread(self._history.delete, run_id)

    def _make(self, events: list[ev.Event], abandon_seconds: float) -> Run:
        return Run(events, owner=self._owner, history=self._history, means=self._means, abandon_seconds=abandon_seconds)

    def _find(self, run_id: str) -> Run:
        """Return a run from memory or, with an end if its process died before it could write one, from the history."""
        if run := self.get(run_id):
            return run
        if self._history.is_being_written(run_id):
            raise HistoryError(
                _("The run {run!r} is under way in another process.", run=run_id),
                advice=_("Follow it there, or stop it there."),
            )
        if self._history.transcript(run_id).status == "running":
            self._history.append(run_id, ev.DeliberationEnded(status="interrupted", reason=CUT_SHORT))
        return self._make(self._history.events(run_id), self._abandon_seconds)

    def _keep(self, run: Run) -> Run:
        self._kept[run.id] = run
        ended = [kept for kept in self._kept.values() if not kept.is_running]
        unstored = [kept for kept in ended if kept.record.is_behind][-UNSTORED_RUNS:]
        for old in ended[:-KEPT_RUNS]:
            if old not in unstored:
                old.record.give_up()
                del self._kept[old.id]
        return run
