"""Measure searches of a large history, and appends beside them. Usage: python scripts/benchmarking/history.py"""

import itertools
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from council import events as ev
from council.domain import Council, Question, Seat, Turn
from council.runs.history import History, OwnedHistory
from council.runs.owners import LOCAL
from models.base import Usage

RUNS, ANSWERS, WORDS, APPENDS = 3_000, 4, 320, 200
SEARCH_LIMIT_MS, APPEND_LIMIT_MS = 20.0, 5.0
SEAT = Seat(id="seat-1", model="alpha:1b")
COUNCIL = Council(seats=(SEAT,), chairman=SEAT)


def main() -> None:
    dice = random.Random(7)
    words = ["".join(dice.choices("etaoinshrdlucmfwypvbgkqjxz", k=dice.randint(2, 11))) for _ in range(30_000)]
    weights = list(itertools.accumulate(1 / rank for rank in range(1, len(words) + 1)))

    def text(length: int) -> str:
        return " ".join(dice.choices(words, cum_weights=weights, k=length))

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.db"
        history = History(path)
        kept = history.of(LOCAL)
        for number in range(RUNS):
            fill(kept, f"r{number}", text)
        print(f"{RUNS} runs, {path.stat().st_size / 1e6:.0f} MB")
        for search in (words[0][:1], words[0], words[3_000], f"{words[20]} {words[10_000]}"):
            report(f"search {search!r}", timed(lambda s=search: kept.entries(search=s), 20), SEARCH_LIMIT_MS)  # type: ignore[misc]
        report("LIKE scan, as before", timed(lambda: scan(history, words[3_000]), 5), SEARCH_LIMIT_MS)
        is_done = threading.Event()
        searcher = threading.Thread(target=search_until, args=(is_done, kept, words[0]))
        searcher.start()
        said = iter([answer(text(WORDS)) for _ in range(2 * APPENDS)])
        add = lambda: kept.append("r0", next(said))  # noqa: E731
        report("append beside searches", timed(add, APPENDS), APPEND_LIMIT_MS)
        report("its processor time", timed(add, APPENDS, clock=time.thread_time), APPEND_LIMIT_MS)
        is_done.set()
        searcher.join()
        history.close()


def fill(kept: OwnedHistory, run_id: str, text: Callable[[int], str]) -> None:
    question = Question(text=text(12), language="en")
    kept.append(run_id, ev.DeliberationStarted(id=run_id, question=question, council=COUNCIL, seed=1, nonce_seed="n"))
    for _ in range(ANSWERS):
        kept.append(run_id, answer(text(WORDS)))
    kept.append(run_id, ev.DeliberationFinished(status="complete"))


def answer(text: str) -> ev.Event:
    turn = Turn(kind="answer", seat=SEAT)
    return ev.TurnFinished(turn=turn, text=text, backend="made", model=SEAT.model, usage=Usage())


def scan(history: History, word: str) -> None:
    with history._file.reading() as db:
        db.execute("SELECT count(*) FROM words WHERE text LIKE ?", (f"%{word}%",)).fetchall()


def search_until(is_done: threading.Event, kept: OwnedHistory, word: str) -> None:
    while not is_done.is_set():
        kept.entries(search=word)


def timed(use: Callable[[], object], times: int, *, clock: Callable[[], float] = time.perf_counter) -> list[float]:
    taken = []
    for _ in range(times):
        began = clock()
        use()
        taken.append((clock() - began) * 1e3)
    return taken


def report(what: str, taken: list[float], limit: float) -> None:
    print(f"{what:40} median {statistics.median(taken):7.2f} ms, max {max(taken):7.2f} ms (limit {limit:.0f} ms)")


if __name__ == "__main__":
    main()
