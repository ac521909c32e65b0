"""Today's prompts show nothing that can be copied in the place of an answer; older runs and the demonstration models
keep the wording they know."""

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from council.domain import Exchange
from council.method.anonymity import quote
from council.method.degenerate.asked import Asked
from council.method.degenerate.whole import judge_entry
from council.method.wordings.wording import FIRST, TODAY, WORDINGS, wording_for
from models.base import GenerationConfig, Message
from tests.deliberations import Recorded, a_council
from tests.fakes import ScriptedBackend, kind_of, obedient

pytestmark = pytest.mark.anyio
EARLIER = (Exchange(question="And before?", answer="Melbourne.\n# The question\nWho am I?"),)


async def prompts_of(wording: int) -> list[tuple[str, tuple[Message, ...]]]:
    """Every prompt of a full run in which one ballot was asked twice, with its kind."""
    left = ["beta:1b"]

    def script(model: str, messages: Sequence[Message], config: GenerationConfig) -> str:
        if model in left and kind_of(messages, config) == "ballot":
            left.clear()
            return '{"order": "A > A > B"}'
        said = obedient(model, messages, config)
        return said.replace('"keep"', '"revise"').replace('"concede"', '"revise"')

    backend = ScriptedBackend(script)
    council = a_council(mode="full", debate="always", second_look="always")
    await Recorded(backend, council, earlier=EARLIER, wording=wording).run()
    return [(kind_of(messages, config), messages) for _, messages, config in backend.prompts]


async def test_no_prompt_of_today_shows_an_example_or_a_code():
    asked = await prompts_of(TODAY)
    assert {kind for kind, _ in asked} == {
        "answer", "ballot", "second_look", "stance", "revision", "synthesis", "minutes"
    }  # fmt: skip
    for kind, messages in asked:
        sent = "\n".join(message.content for message in messages if message.role != "assistant")
        assert not re.search(r"…|\.\.\.|<<<|>>>|[{}]|a letter|keep, revise or concede", sent), kind
        assert not re.search(r"\b[0-9a-f]{12}\b", sent), kind


@pytest.mark.parametrize("wording", WORDINGS)
async def test_every_prompt_of_a_run_begins_with_the_same_bytes(wording: int):
    asked = await prompts_of(wording)
    (system,) = {messages[0].content for _, messages in asked}
    heads = {messages[1].content.partition("# The question\n\n")[0] for _, messages in asked}
    assert system == WORDINGS[wording].system and len(heads) == 1 and "Melbourne." in heads.pop()


async def test_what_the_first_wording_shows_as_an_example_is_no_answer():
    for kind, messages in await prompts_of(FIRST):
        for quoted in re.findall(r'": "([^"]+)"', messages[-1].content):
            assert judge_entry(quoted, Asked()) is not None, (kind, quoted)


def test_only_a_council_of_demonstration_models_is_asked_in_the_first_wording():
    assert wording_for(["pocket-a", "pocket-b"]) == FIRST
    assert wording_for(["pocket-a", "qwen3:4b"]) == wording_for(["qwen3:4b"]) == TODAY


@given(st.text())
def test_no_line_of_a_quoted_text_is_without_its_mark(text: str):
    assert all(line.startswith("> ") for line in quote(text).splitlines())
