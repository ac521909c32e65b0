"""Evaluations, kept in the history's file item by item, so that one that was killed goes on where it was."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from council.domain import Council, Mode, Value
from council.errors import HistoryError
from council.evaluation.items import Item
from council.evaluation.measuring import Measured
from council.runs.history_file import HistoryFile
from models.text import lazy_gettext as _


class Plan(Value):
    """What is evaluated; all of it is stored, so that it goes on as it began though files and settings have changed."""

    name: str
    items: tuple[Item, ...]
    council: Council
    modes: tuple[Mode, ...]
    seed: int
    max_context: int
    left_out: int = 0
    """Lines of the question set that no grader could read."""


@dataclass(frozen=True)
class EvaluationEntry:
    """One line of the list of evaluations; `started_at` in seconds since the epoch."""

    id: str
    name: str
    items: int
    measured: int
    started_at: float


class EvaluationStore:
    """The evaluations of one owner; whatever goes wrong is a HistoryError."""

    def __init__(self, file: HistoryFile, owner: str) -> None:
        self._file = file
        self._owner = owner

    def begin(self, evaluation: str, plan: Plan) -> None:
        """Store what is to be evaluated."""
        values = (evaluation, self._owner, time.time(), plan.model_dump_json())
        with self._file.transaction() as db:
            db.execute("INSERT INTO evaluations (id, owner, started_at, plan) VALUES (?, ?, ?, ?)", values)

    def add(self, evaluation: str, measured: Measured) -> None:
        """Store what an item has shown, in place of what it had before."""
        values = (evaluation, measured.item, measured.model_dump_json())
        with self._file.transaction() as db:
            db.execute("INSERT OR REPLACE INTO measured (evaluation, item, body) VALUES (?, ?, ?)", values)

    def plan(self, evaluation: str) -> Plan:
        """Return what is evaluated."""
        with self._file.reading() as db:
            row = db.execute(
                "SELECT plan FROM evaluations WHERE id = ? AND owner = ?", (evaluation, self._owner)
            ).fetchone()
        advice = _("`python -m council evaluate --list` lists them.")
        if row is None:
            raise HistoryError(_("There is no evaluation {id!r}.", id=evaluation), advice=advice)
        try:
            return Plan.model_validate_json(row[0])
        except ValidationError as error:
            raise HistoryError(
                _("The evaluation {id!r} was begun by another version of the program.", id=evaluation),
                advice=_("Begin it anew."),
            ) from error

    def measured(self, evaluation: str) -> list[Measured]:
        """Return what the items have shown so far."""
        with self._file.reading() as db:
            rows = db.execute("SELECT body FROM measured WHERE evaluation = ? ORDER BY item", (evaluation,)).fetchall()
        return [Measured.model_validate_json(body) for (body,) in rows]

    def entries(self) -> Sequence[EvaluationEntry]:
        """Return the newest evaluations first."""
        query = (
            "SELECT id, plan ->> 'name', json_array_length(plan, '$.items'),"
            " (SELECT count(*) FROM measured WHERE evaluation = id), started_at"
            " FROM evaluations WHERE owner = ? ORDER BY started_at DESC"
        )
        with self._file.reading() as db:
            return [EvaluationEntry(*row) for row in db.execute(query, (self._owner,)).fetchall()]

    def delete(self, evaluation: str) -> None:
        """Remove an evaluation and all that it showed."""
        self.plan(evaluation)
        with self._file.transaction() as db:
            db.execute("DELETE FROM measured WHERE evaluation = ?", (evaluation,))
            db.execute("DELETE FROM evaluations WHERE id = ?", (evaluation,))
