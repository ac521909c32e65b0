"""The components of the part of the page that shows a run; `run_stream.py` feeds them."""

from dataclasses import dataclass

import gradio as gr

from council.domain import MAX_SEATS
from council.ui.assets.browser_code import ANNOUNCE, TELL_CLICKS
from council.ui.listener import Updates
from council.ui.run.model_text import LATEX_DELIMITERS
from council.ui.run.render import PANE_PARTS, PARTS, View

MARKDOWN_PARTS = ("earlier", "answer", "thinking", "body")
ACTING_PARTS = ("actions", "foot")


@dataclass(frozen=True)
class RunView:
    """The components of a run."""

    target: gr.Textbox
    """Which run is to be shown, as `shown_run.py` writes it."""
    apology: gr.HTML | gr.Markdown
    """Where it is told that something could not be drawn."""
    acting: tuple[gr.HTML, ...]
    """The parts that hold buttons."""
    outputs: tuple[gr.HTML | gr.Markdown, ...]
    """All parts in the order of `View.values()`."""

    def show(self, view: View) -> Updates:
        """Show one drawing of the run."""
        return dict(zip(self.outputs, view.values(), strict=True))


def build_run_view() -> RunView:
    """Lay out the run: question and answer on top, one pane per seat, then how it was judged."""
    made: dict[str, gr.HTML | gr.Markdown] = {}
    target = gr.Textbox(visible="hidden", elem_id="target", show_label=False)
    with gr.Column(elem_id="run"):
        with gr.Column(elem_id="asked-part"):
            made["question"] = _part("question", "asked")
            made["earlier"] = _part("earlier")
        for part in ("progress", "actions", "status_line"):
            made[part] = _part(part)
        with gr.Column(elem_classes="card", elem_id="conclusion"):
            for part in ("answer_heading", "answer", "minutes"):
                made[part] = _part(part)
        for part in ("apology", "notices"):
            made[part] = _part(part)
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
    return RunView(target, made["apology"], acting, tuple(outputs))


def _build_pane(number: int) -> list[gr.HTML | gr.Markdown]:
    with gr.Column(elem_classes="card pane", elem_id=f"pane-{number}", min_width=280):
        return [_part(part, f"{part}-{number}") for part in PANE_PARTS]


def _part(part: str, elem_id: str = "") -> gr.HTML | gr.Markdown:
    name = (elem_id or part).replace("_", "-")
    classes = [f"part-{part.replace('_', '-')}"]
    if part in MARKDOWN_PARTS:
        return gr.Markdown(elem_id=name, elem_classes=classes, container=False, latex_delimiters=LATEX_DELIMITERS)
    code = TELL_CLICKS if part in ACTING_PARTS else ANNOUNCE if part == "status_line" else None
    return gr.HTML(elem_id=name, elem_classes=classes, js_on_load=code, apply_default_css=False)
