"""The part of the page that shows a run: its components, and the generator that feeds them."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial

import gradio as gr

from council.application import Application
from council.domain import MAX_SEATS
from council.errors import CouncilError
from council.ui.assets.browser_code import ANNOUNCE, TELL_CLICKS
from council.ui.error_boundary import on_ask
from council.ui.html_parts import chip, sentence
from council.ui.run.render import PANE_PARTS, PARTS, View, render
from council.ui.visitor import owner_of
from council.ui.words.languages import texts_for
from council.ui.words.texts import Texts
from council.ui.words.translation import translated

HEARTBEAT_SECONDS = 0.9  # a closed tab is noticed at the next yield, so there is one even while all models are silent

ELSEWHERE_SECONDS = 1.0  # how often a run is read anew that a terminal conducts
MARKDOWN_PARTS = ("answer", "thinking", "body")
ACTING_PARTS = ("actions", "foot")


@dataclass(frozen=True)
class RunView:
    """The components of a run in the order of `View.values()`.

    `target` names the run to show, and a count that makes each request to show it a new one.
    """

    target: gr.Textbox
    acting: tuple[gr.HTML, ...]
    """The parts that hold buttons."""
    outputs: tuple[gr.HTML | gr.Markdown, ...]


def build_run_view() -> RunView:
    """Lay out the run: question and answer on top, one pane per seat, then how it was judged."""
    made: dict[str, gr.HTML | gr.Markdown] = {}
    target = gr.Textbox(visible="hidden", elem_id="target", show_label=False)
    with gr.Column(elem_id="run"):
        made["question"] = _part("question", "asked")
        for part in ("progress", "actions", "status_line"):
            made[part] = _part(part)
        with gr.Column(elem_classes="card", elem_id="conclusion"):
            for part in ("answer_heading", "answer", "minutes"):
                made[part] = _part(part)
        made["notices"] = _part("notices")
        with gr.Row(elem_id="panes", equal_height=False):
            panes = [_build_pane(number) for number in range(1, MAX_SEATS + 1)]
        with gr.Row(elem_id="judgement", equal_height=False):
            for part in ("standings", "ballots"):
                with gr.Column(elem_classes="card"):
                    made[part] = _part(part)
        with gr.Column(elem_classes="card", elem_id="debate-card"):
            made["debate"] = _part("debate")
    feet = [pane[PANE_PARTS.index("foot")] for pane in panes]
    acting = tuple(part for part in (made["actions"], *feet) if isinstance(part, gr.HTML))
    outputs = [made[part] for part in PARTS] + [component for pane in panes for component in pane]
    return RunView(target, acting, tuple(outputs))


def _build_pane(number: int) -> list[gr.HTML | gr.Markdown]:
    with gr.Column(elem_classes="card pane", elem_id=f"pane-{number}", min_width=280):
        return [_part(part, f"{part}-{number}") for part in PANE_PARTS]


def _part(part: str, elem_id: str = "") -> gr.HTML | gr.Markdown:
    name = (elem_id or part).replace("_", "-")
    classes = [f"part-{part.replace('_', '-')}"]
    if part in MARKDOWN_PARTS:
        return gr.Markdown(elem_id=name, elem_classes=classes, container=False)
    code = TELL_CLICKS if part in ACTING_PARTS else ANNOUNCE if part == "status_line" else None
    return gr.HTML(elem_id=name, elem_classes=classes, js_on_load=code, apply_default_css=False)


class RunStream:
    """Feeds the run view from a live run or from the history; any number of pages may follow one run."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._shown: dict[str, str] = {}

    async def follow(self, target: str, language: str, request: gr.Request) -> AsyncIterator[tuple[str, ...]]:
        """Yield the whole view at every change, at most ten times a second, until the run ends or the page moves on."""
        session = request.session_hash or ""
        self._shown[session] = target
        try:
            async for view in self._views(target.partition(" ")[0], texts_for(language), owner_of(request)):
                if self._shown.get(session) != target:  # this page shows something else by now
                    return
                yield view.values()
        finally:
            if self._shown.get(session) == target:
                del self._shown[session]

    async def _views(self, run_id: str, texts: Texts, owner: str) -> AsyncIterator[View]:
        run = self._application.runs.get(run_id, owner=owner) if run_id else None
        if run is None:
            while run_id and self._is_conducted_elsewhere(run_id, owner):
                yield self._stored_politely(run_id, owner, texts)
                await asyncio.sleep(ELSEWHERE_SECONDS)
            yield self._stored_politely(run_id, owner, texts) if run_id else View()
            return
        changes = run.changes(heartbeat_seconds=HEARTBEAT_SECONDS)
        try:
            async for transcript in changes:
                yield on_ask(partial(render, transcript, texts, time.time()), lambda: _told(texts.sorry))
        finally:
            await changes.aclose()

    def _is_conducted_elsewhere(self, run_id: str, owner: str) -> bool:
        try:
            return self._application.history.is_being_written(run_id, owner=owner)
        except CouncilError:
            return False

    def _stored_politely(self, run_id: str, owner: str, texts: Texts) -> View:
        return on_ask(lambda: self._stored(run_id, owner, texts), lambda: _told(texts.sorry))

    def _stored(self, run_id: str, owner: str, texts: Texts) -> View:
        try:
            transcript = self._application.runs.transcript(run_id, owner=owner)
        except CouncilError as error:
            return _told(f"{texts.gone} ({translated(str(error), texts)})")
        return render(transcript, texts, time.time())


def _told(text: str) -> View:
    return View(answer_heading=f'<p class="failure" role="alert">{chip("!", "bad")} {sentence(text)}</p>')
