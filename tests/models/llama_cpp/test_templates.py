"""Chat templates that loop, recurse, grow, or reach for attributes: none hurts the program, and the model answers."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from models.base import Message
from models.errors import BackendUnavailableError
from models.llama_cpp.chat_template import ChatTemplate
from models.llama_cpp.loading import Model
from models.llama_cpp.templates.process import TemplateFault, TemplateProcess
from tests.models.llama_cpp.engine_bench import load
from tests.models.weights.weights_home import Home, notices_of, text_of
from tests.tiny_gguf import CHATML

QUESTION = [Message("system", "Be brief."), Message("user", "Why?")]
ROWS = [{"role": "user", "content": "Why?"}]
LOOP = "{% for each in range(99999) %}"  # the sandbox takes no longer range
ENDLESS = LOOP * 4 + "{% endfor %}" * 4
DOUBLING = "{% set s = namespace(t='a' * 64) %}{% for i in range(60) %}{% set s.t = s.t ~ s.t %}{% endfor %}"
BROKEN = {
    "an endless loop": (ENDLESS, "no end"),
    "a number without end": ("{% for i in range(9999) %}{% set x = 9 ** (10 ** 7) %}{% endfor %}", "no end"),
    "a text that doubles": (DOUBLING, "memory"),
    "a text of a terabyte": ("{{ 'a' * 10 ** 12 }}", "memory"),
    "a wide field": ("{{ '%999999999d' % 1 }}", "memory"),
    "a filter's width": ("{{ 'a' | center(10 ** 10) }}", "memory"),
    "a prompt of megabytes": ("{% for i in range(9999) %}{{ 'a' * 200 }}{% endfor %}", "memory"),
    "too many brackets": ("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "RecursionError"),
    "too many blocks": ("{% for x in [1] %}" * 50 + "{% endfor %}" * 50, "SyntaxError"),
    "no template": ("{% broken", "TemplateSyntaxError"),
}
REFUSED = {
    "a macro that calls itself": ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "RecursionError"),
    "a class": ("{{ messages.__class__.__mro__[1].__subclasses__() }}", "SecurityError"),
    "a function's globals": ("{{ raise_exception.__globals__.sys }}", "SecurityError|UndefinedError"),
    "a format's attribute": ("{{ '{0.__class__.__mro__}'.format(messages) }}", "SecurityError|UndefinedError"),
    "another message": ("{{ messages[7].content }}", "UndefinedError"),
    "a division by nothing": ("{{ 1 / 0 }}", "ZeroDivisionError"),
    "a wrong type": ("{{ 1 + 'a' }}", "TypeError"),
}


@pytest.fixture(scope="module")
def model(tiny_gguf: Path) -> Iterator[Model]:
    loaded = load(tiny_gguf)
    yield loaded
    loaded.close()


@pytest.fixture
def run() -> Iterator[Callable[[str], TemplateProcess]]:
    opened: list[TemplateProcess] = []

    def open_process(source: str) -> TemplateProcess:
        opened.append(TemplateProcess(source, bos="<s>", eos="</s>"))
        return opened[-1]

    yield open_process
    for process in opened:
        process.close()


@pytest.mark.parametrize("case", BROKEN)
def test_a_template_beyond_its_bounds_is_given_up_for_good(
    run: Callable[[str], TemplateProcess], model: Model, case: str
) -> None:
    source, reason = BROKEN[case]
    process = run(source)
    for _ in range(2):
        with pytest.raises(TemplateFault, match=reason) as fault:
            process.render(ROWS, {})
        assert fault.value.is_broken
    assert process._child is None, "nothing runs that is of no more use"


@pytest.mark.parametrize("case", REFUSED)
def test_a_template_that_fails_or_reaches_out_fails_for_these_messages_only(
    run: Callable[[str], TemplateProcess], case: str
) -> None:
    source, reason = REFUSED[case]
    process = run("{% if messages[0].content == 'Why?' %}" + source + "{% endif %}sound")
    with pytest.raises(TemplateFault, match=reason) as fault:
        process.render(ROWS, {})
    assert not fault.value.is_broken
    assert process.render([{"role": "user", "content": "else"}], {}) == "sound"


@pytest.mark.parametrize("source", [BROKEN["a text of a terabyte"][0], REFUSED["a class"][0], "{% broken"])
def test_the_familys_template_takes_the_place_of_one_that_cannot_be_used(model: Model, source: str) -> None:
    with closing(ChatTemplate(source, model.vocabulary)) as template:
        assert template.render(QUESTION).text.endswith("<|im_end|>\n<|im_start|>assistant\n")
        assert bool(template.fault) == (source != REFUSED["a class"][0])


async def test_a_model_with_an_endless_template_answers_and_says_so(tmp_path: Path) -> None:
    home = Home(tmp_path / "weights")
    home.add("tiny", chat_template=ENDLESS)
    try:
        chunks = await home.ask()
        assert text_of(chunks)
        assert "The chat template in 'tiny' cannot be used (it comes to no end)" in notices_of(chunks)
    finally:
        await home.backend.close()


def test_characters_of_every_kind_come_back_as_they_went(run: Callable[[str], TemplateProcess]) -> None:
    content = "é\n\u2028\ud83d 🙂 \0 \"quoted\" {{ '{{' }}"
    rows = [{"role": "user", "content": content}]
    assert run("{{ messages[0].content }}|{{ bos_token }}").render(rows, {}) == content + "|<s>"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_that_somebody_ended_is_started_again(
    run: Callable[[str], TemplateProcess], number: signal.Signals
) -> None:
    process = run(CHATML)
    first = process.render(ROWS, {})
    assert process._child is not None
    os.kill(process._child.pid, number)
    process._child.wait(60)
    assert process.render(ROWS, {}) == first


def test_ctrl_c_in_a_terminal_does_not_end_it(run: Callable[[str], TemplateProcess]) -> None:
    process = run(CHATML)
    process.render(ROWS, {})
    child = process._child
    assert child is not None
    os.kill(child.pid, signal.SIGINT)
    process.render(ROWS, {})
    assert process._child is child


def test_nothing_is_started_once_it_is_closed(run: Callable[[str], TemplateProcess]) -> None:
    process = run(CHATML)
    process.close()
    with pytest.raises(BackendUnavailableError, match="unloaded"):
        process.render(ROWS, {})
