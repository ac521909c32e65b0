"""The runs of this process: a run belongs to the server, not to the reader who began it.

Finds runs, in memory or in the history, for their owner; `run.py` is one run.
"""

import secrets
from collections.abc import Awaitable, Callable, Sequence

from council import events as ev
from council.domain import Council, Question
from council.errors import ConfigurationError, HistoryError
from council.method.deliberation import Deliberation
from council.method.pipeline import deliberate
from council.runs.history import CUT_SHORT, History
from council.runs.run import CLOSED
from council.runs.run import Run as Run
from council.transcript import Transcript
from models.base import Backend

Pipeline = Callable[[Deliberation], Awaitable[None]]

KEPT_RUNS = 20  # ended runs that stay in memory; older ones are read from the history


class Runs:
    """The registry of runs; one user never gets hold of another's."""

    def __init__(
        self,
        *,
        backend: Backend,
        history: History,
        max_context: int = 16_384,
        abandon_seconds: float = 60.0,
        pipeline: Pipeline = deliberate,
    ) -> None:
        self._backend = backend
        self._history = history
        self._max_context = max_context
        self._abandon_seconds = abandon_seconds
        self._pipeline = pipeline
        self._runs: dict[str, Run] = {}

    def start(self, question: Question, council: Council, *, owner: str = "local", seed: int | None = None) -> Run:
        """Begin a run and return at once; `seed` is drawn by lot unless given."""
        run = self._make(Transcript(), [], owner)
        run.begin(
            ev.DeliberationStarted(
                id=secrets.token_hex(6),
                question=question,
                council=council,
                seed=secrets.randbits(31) if seed is None else seed,
                nonce_seed=secrets.token_hex(16),
            )
        )
        return self._keep(run)

    def resume(self, run_id: str, *, owner: str = "local") -> Run:
        """Go on with a run that ended early; what was said before counts, and only what is missing is asked again.

        A run that is under way is returned as it is. Raises ConfigurationError where nothing is missing.
        """
        run = self._find(run_id, owner)
        if not run.is_running:
            if run.transcript.status == "complete":
                raise ConfigurationError(f"The run {run_id!r} is complete. Ask its question anew to have it run again.")
            run.begin(ev.DeliberationResumed())
        return self._keep(run)

    def retry(self, run_id: str, seat_id: str, *, owner: str = "local") -> Run:
        """Ask one seat again whose answer failed; what the others said is kept, and counted anew if need be."""
        run = self._find(run_id, owner)
        answers = {seat: speech for (kind, seat, _), speech in run.transcript.speeches.items() if kind == "answer"}
        failed = [seat for seat, speech in answers.items() if speech.state == "failed"]
        if seat_id not in failed:
            these = f"These failed: {', '.join(failed)}." if failed else "None failed."
            raise ConfigurationError(f"The seat {seat_id!r} has no failed answer in the run {run_id!r}. {these}")
        if run.is_running:
            run.ask_again(seat_id)
        else:
            run.begin(ev.DeliberationResumed())
        return self._keep(run)

    def get(self, run_id: str, *, owner: str = "local") -> Run | None:
        """Return a run that is under way or ended a short while ago; None for others."""
        run = self._runs.get(run_id)
        return run if run is not None and run.owner == owner else None

    def transcript(self, run_id: str, *, owner: str = "local") -> Transcript:
        """Return the state of any run, live or from the history; raises HistoryError."""
        run = self.get(run_id, owner=owner)
        return run.transcript if run else self._history.transcript(run_id, owner=owner)

    async def delete(self, run_id: str, *, owner: str = "local") -> None:
        """Stop a run if need be and remove it from the history."""
        if run := self.get(run_id, owner=owner):
            run.stop()
            await run.ended()
        elif self._history.is_being_written(run_id, owner=owner):
            raise HistoryError(
                f"The run {run_id!r} is under way in another process. Stop it there before it is deleted."
            )
        self._history.delete(run_id, owner=owner)
        self._runs.pop(run_id, None)

    async def close(self) -> None:
        """Interrupt the runs that are under way and wait until nothing of them is left running."""
        for run in self._runs.values():
            run.end(CLOSED)
        for run in list(self._runs.values()):
            await run.ended()

    def _make(self, transcript: Transcript, events: Sequence[ev.Event], owner: str) -> Run:
        return Run(
            transcript,
            events,
            owner=owner,
            history=self._history,
            conduct=self._conduct,
            abandon_seconds=self._abandon_seconds,
        )

    async def _conduct(self, run: Run, past: Transcript | None) -> None:
        state = run.transcript
        assert state.question is not None and state.council is not None
        await self._pipeline(
            Deliberation(
                question=state.question,
                council=state.council,
                seed=state.seed,
                nonce_seed=state.nonce_seed,
                backend=self._backend,
                emit=run.emit,
                controls=run.controls,
                past=past,
                max_context=self._max_context,
            )
        )

    def _find(self, run_id: str, owner: str) -> Run:
        """Return a run from memory or, with an end if its process died before it could write one, from the history."""
        if run := self.get(run_id, owner=owner):
            return run
        if self._history.is_being_written(run_id, owner=owner):
            raise HistoryError(
                f"The run {run_id!r} is under way in another process. Follow it there, or stop it there."
            )
        if self._history.transcript(run_id, owner=owner).status == "running":
            self._history.append(run_id, ev.DeliberationEnded(status="interrupted", reason=CUT_SHORT), owner=owner)
        events = self._history.events(run_id, owner=owner)
        return self._make(self._history.transcript(run_id, owner=owner), events, owner)

    def _keep(self, run: Run) -> Run:
        self._runs[run.id] = run
        ended = [run_id for run_id, kept in self._runs.items() if not kept.is_running]
        for run_id in ended[:-KEPT_RUNS]:
            del self._runs[run_id]
        return run
