"""A compiled chat template, in Jinja's sandbox and with what the templates of published models ask for.

The sandbox bounds what a template can reach, not how long it runs nor how much memory it takes: `process.py` does.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

Rows = Sequence[Mapping[str, str]]
"""Messages as templates read them: each with its "role" and its "content"."""

Render = Callable[[Rows, Mapping[str, Any]], str]


class GenerationMarks(Extension):
    """Lets `{% generation %}` pass, with which some templates mark what is trained on."""

    tags = {"generation"}  # noqa: RUF012 - as Jinja declares it

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """Return what stands between the marks."""
        parser.stream.skip(1)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class Formatter:
    """One template with the tokens that open and end a text; may raise anything where the template is a stranger's."""

    def __init__(self, source: str, *, bos: str, eos: str) -> None:
        environment = ImmutableSandboxedEnvironment(
            loader=jinja2.BaseLoader(),
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=[GenerationMarks, loopcontrols],
        )
        environment.filters["tojson"] = _to_json
        self._template = environment.from_string(source)
        self._tokens = {"bos_token": bos, "eos_token": eos}

    def render(self, rows: Rows, switches: Mapping[str, Any]) -> str:
        """Write messages out with the opening of the answer; `switches` are the template's own variables."""
        return self._template.render(
            messages=[dict(row) for row in rows],
            add_generation_prompt=True,
            raise_exception=_refuse,
            strftime_now=lambda form: datetime.now().strftime(form),
            functions=None,
            function_call=None,
            tools=None,
            tool_choice=None,
            **self._tokens,
            **switches,
        )


def _refuse(message: str) -> None:
    """What a template calls where it does not take the messages."""
    raise ValueError(message)


def _to_json(value: Any, ensure_ascii: bool = False, **form: Any) -> str:
    """Write JSON as the templates' authors had it: without Jinja's escapes for HTML."""
    return json.dumps(value, ensure_ascii=ensure_ascii, **form)
