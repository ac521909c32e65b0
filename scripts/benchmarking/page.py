"""What the program adds to the time that its models take, seen from a real browser.

Nothing but the models is made up: a paced backend stands in for them, so that its share of the time is known.
Usage: python -m scripts.benchmarking.page
"""

import importlib.util
import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from council.runs.owners import LOCAL
from council.settings import Settings
from scripts.benchmarking.paced import PacedBackend
from tests.browser.chromium import FLAGS, find_chromium
from tests.browser.seats import ask
from tests.browser.served import ServedCouncil

TARGET_PERCENT = 2.0
PATIENCE_MILLISECONDS = 60_000
FULL_ANSWER, SHORT_ANSWER = 120, 20  # tokens
STAGES = {"answer", "ballot", "stance", "revision", "synthesis", "minutes"}
WATCH = """(mark) => {
  const seen = window.seen = {};
  document.addEventListener('click', (event) => {
    if (event.target.closest('#ask')) seen.clicked = performance.timeOrigin + event.timeStamp;
  }, { capture: true });
  const drawn = () => { seen.visible = performance.timeOrigin + performance.now(); };
  const isShown = (body) => body.textContent.includes(mark) && body.getClientRects().length > 0;
  const observer = new MutationObserver(() => {
    if (![...document.querySelectorAll('[id^=body-]')].some(isShown)) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(drawn)); // by then the frame that holds the text is drawn
  });
  observer.observe(document.querySelector('#panes'), { childList: true, subtree: true, characterData: true });
}"""

Figures = dict[str, Any]


@dataclass(frozen=True)
class Cost:
    """What one run cost, in seconds: as it was, where nobody was asked, the same with lateness, and of a processor."""

    whole: float
    own: float
    own_late: float
    processor: float


def measure_page(folder: Path, *, runs: int = 2, questions: int = 9) -> Figures:
    """Return what the program itself costs: `own_percent` and `first_token_ms`, with what explains them.

    Without a browser there is only `left_out`, a sentence that says what is missing.

    `own_percent`: the part of a run, from its first event to its last, in which no request was open at the backend. A
    request is open from `backend.stream(...)` until its last token. Three seats stream 60 tokens a second each into an
    open page; the mode is full, with a debate. All runs together count. `own_percent_with_lateness`: the same, where a
    request is open only until its last token was due, so that what slows the tokens themselves counts, too.
    `core_percent`: the processor time of the server's process meanwhile, as a part of one core.

    `first_token_ms`: from the click on the button that asks until the first text of an answer is drawn in a pane, less
    the time from the first request at the backend to the first token from it; the median of several questions. Its two
    parts: from the click to that request, and from that token to the text.
    """
    if find_chromium() is None or importlib.util.find_spec("playwright") is None:
        return {"left_out": "left out, as Chromium or Playwright is missing; ./scripts/test.sh brings both."}
    backend = PacedBackend()
    with ExitStack() as stack:
        settings = Settings(_env_file=None, data_dir=folder)
        council = stack.enter_context(closing(ServedCouncil(settings, [backend])))
        page = stack.enter_context(_open_page(council.url))
        parts = [_measure_first_token(backend, page, number) for number in range(questions)]
        costs = [_measure_run(council, backend, page, number) for number in range(runs)]
    return _summarise(costs, parts)


def describe(figures: Figures) -> str:
    """Write the figures for a person."""
    if "left_out" in figures:
        return f"page: {figures['left_out']}"
    return (
        "page: {own_percent} % of a run is the program's own (target: under {own_percent_target} %; with late tokens "
        "{own_percent_with_lateness} %; {run_seconds} s a run, {core_percent} % of a core)\n"
        "page: click to first visible token, less the backend's own: {first_token_ms} ms "
        "({first_token_range_ms[0]} to {first_token_range_ms[1]}, {questions} questions; "
        "{first_token_parts_ms[0]} before it is asked, {first_token_parts_ms[1]} after it spoke)"
    ).format(**figures)


def _summarise(costs: Sequence[Cost], parts: Sequence[tuple[float, float]]) -> Figures:
    whole = sum(cost.whole for cost in costs)
    delays = [sum(both) for both in parts]
    return {
        "own_percent": round(100 * sum(cost.own for cost in costs) / whole, 2),
        "own_percent_target": TARGET_PERCENT,
        "own_percent_with_lateness": round(100 * sum(cost.own_late for cost in costs) / whole, 2),
        "core_percent": round(100 * sum(cost.processor for cost in costs) / whole, 1),
        "run_seconds": round(whole / len(costs), 2),
        "runs": len(costs),
        "first_token_ms": round(statistics.median(delays)),
        "first_token_range_ms": [round(min(delays)), round(max(delays))],
        "first_token_parts_ms": [round(statistics.median(part)) for part in zip(*parts, strict=True)],
        "questions": len(parts),
    }


@contextmanager
def _open_page(url: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        page = browser.new_page(locale="en-US", viewport={"width": 1280, "height": 900})
        page.set_default_timeout(PATIENCE_MILLISECONDS)
        page.goto(url)
        page.locator("#mode-note .note").filter(has_text=".").wait_for()
        yield page
        browser.close()


def _measure_first_token(backend: PacedBackend, page: Any, number: int) -> tuple[float, float]:
    """Return the milliseconds from the click to the first request, and from the first token to the first text."""
    backend.begin(f"q{number:02} ", answer_tokens=SHORT_ANSWER)
    page.evaluate(WATCH, backend.mark)
    ask(page, f"Should a town try new street lamps in {number + 2} streets?", mode="Compare")
    _wait_until_complete(page, backend.mark)
    seen = page.evaluate("window.seen")
    asked = 1000 * min(request.asked for request in backend.requests)
    spoken = 1000 * min(request.first for request in backend.requests)
    return asked - seen["clicked"], seen["visible"] - spoken


def _measure_run(council: ServedCouncil, backend: PacedBackend, page: Any, number: int) -> Cost:
    backend.begin(f"r{number:02} ", answer_tokens=FULL_ANSWER)
    processor = time.process_time()
    ask(page, f"Should a small town replace its {number + 2} streetlights with LEDs?", mode="Full")
    _wait_until_complete(page, backend.mark)
    processor = time.process_time() - processor
    if missing := STAGES - {request.kind for request in backend.requests}:
        raise RuntimeError(f"The run left out {', '.join(sorted(missing))}: there is nothing to compare with.")
    assert council.application is not None
    history = council.application.history.of(LOCAL)
    events = history.events(history.entries()[0].id)
    began, ended = events[0].at, events[-1].at
    asked = [(request.asked, request.last) for request in backend.requests]
    due = [(request.asked, min(request.last, request.due)) for request in backend.requests]
    return Cost(ended - began, ended - began - _covered(asked), ended - began - _covered(due), processor)


def _wait_until_complete(page: Any, mark: str) -> None:
    page.locator("#body-1").filter(has_text=mark).wait_for()
    page.locator("#progress .chip").filter(has_text="complete").wait_for()


def _covered(intervals: Sequence[tuple[float, float]]) -> float:
    """Return the length of the union of intervals."""
    covered, reached = 0.0, 0.0
    for begin, end in sorted(intervals):
        covered += max(end - max(begin, reached), 0.0)
        reached = max(reached, end)
    return covered


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        figures = measure_page(Path(folder))
    print(json.dumps(figures, indent=1))
    print(describe(figures))
