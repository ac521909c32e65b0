"""Draws the page's HTML from templates, in which every value is escaped unless it is markup itself."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from council.translation import Translator
from council.ui.html_parts import (
    badge,
    button,
    chip,
    fold_switch,
    folded,
    named_badge,
    place_chip,
    seat_name,
    seat_number,
    sentence,
    shortened,
)

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_PAGES.globals |= {
    part.__name__: part
    for part in (
        badge,
        button,
        chip,
        fold_switch,
        folded,
        named_badge,
        place_chip,
        seat_name,
        seat_number,
        sentence,
        shortened,
    )
}


def fill(template: str, **values: object) -> Markup:
    """Fill markup into a translated template."""
    return escape(template).format(**values)


_PAGES.filters["fill"] = fill


def draw(template: str, words: Translator, **values: object) -> Markup:
    """Draw a template; its sentences stand in calls of `_` and `ngettext`, where `pybabel extract` finds them."""
    helpers = {
        "words": words,
        "_": words.gettext,
        "ngettext": words.ngettext,
        "text": words.text,
    }
    drawn = _PAGES.get_template(f"{template}.html").render(helpers | values)
    return Markup(drawn)  # noqa: S704  # the environment escapes
