"""Writes chat messages the way a model was trained to read them: its own template, else its family's, else ChatML.

A file's own template is a stranger's program: it runs in a process of its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from models.base import Message, Thinking
from models.errors import RequestRejectedError
from models.llama_cpp.templates.formatter import Formatter, Render
from models.llama_cpp.templates.process import TemplateFault, TemplateProcess
from models.llama_cpp.templates.switches import thinking_switches
from models.llama_cpp.vocabulary import Vocabulary
from models.marks.families import Family
from models.marks.thinking import opened_thinking, skip_thinking
from models.text import NOTHING, Text
from models.text import lazy_gettext as _

# What a template ends with stands in an expression: Jinja drops a newline at the very end of plain text.
CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{{ '<|im_start|>assistant\n' }}"
)
LLAMA_3 = (
    "{{ bos_token }}{% for message in messages %}<|start_header_id|>{{ message['role'] }}<|end_header_id|>\n\n"
    "{{ message['content'] | trim }}<|eot_id|>{% endfor %}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}"
)
GEMMA = (
    "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'system' %}"
    "{{ raise_exception('no system role') }}{% endif %}<start_of_turn>"
    "{{ 'model' if message['role'] == 'assistant' else message['role'] }}\n{{ message['content'] | trim }}"
    "<end_of_turn>\n{% endfor %}{{ '<start_of_turn>model\n' }}"
)
PHI_3 = (
    "{% for message in messages %}<|{{ message['role'] }}|>\n{{ message['content'] }}<|end|>\n{% endfor %}"
    "{{ '<|assistant|>\n' }}"
)
MISTRAL = (
    "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'system' %}"
    "{{ raise_exception('no system role') }}{% elif message['role'] == 'user' %}[INST] {{ message['content'] }} [/INST]"
    "{% else %} {{ message['content'] }}{{ eos_token }}{% endif %}{% endfor %}"
)
FAMILIES = (
    ("<|im_start|>", CHATML, ""),
    ("<|start_header_id|>", LLAMA_3, ""),
    ("<start_of_turn>", GEMMA, ""),
    ("<|assistant|>", PHI_3, "<|end|>"),
    ("[INST]", MISTRAL, ""),
)

Layout = Callable[[Sequence[Message]], list[Message]]
PROBE = (Message("system", "Be brief."), Message("user", "Is this a sound model?"))


@dataclass(frozen=True, slots=True)
class Prompt:
    """A rendered prompt, and whose thinking it ends in, if it does.

    `stop` ends the answer of models that have no token of their own for it.
    """

    text: str
    thinking: Family | None
    stop: tuple[str, ...]


class ChatTemplate:
    """The way one model's prompts are written."""

    def __init__(self, template: str, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._template = template
        family, end = _family(vocabulary)
        tokens = {"bos": vocabulary.text_of(vocabulary.bos), "eos": vocabulary.text_of(vocabulary.eos)}
        self._own = TemplateProcess(template, **tokens) if template else None
        self._ways: list[tuple[Render, tuple[str, ...]]] = [(self._own.render, ())] if self._own else []
        self._ways.append((Formatter(family, **tokens).render, (end,) if end else ()))
        self.fault: Text = NOTHING

    def check(self) -> None:
        """Write an example out, so that a template of no use is known before the first answer: see `fault`."""
        self.render(PROBE)

    def close(self) -> None:
        """End the process of the file's own template."""
        if self._own:
            self._own.close()

    def render(self, messages: Sequence[Message], *, think: Thinking | None = None) -> Prompt:
        """Write the messages out, with the opening of the answer; raises RequestRejectedError where no way works.

        A template that refuses or drops system messages gets their text at the head of the user's first message.
        `think=False` closes the thinking of templates that open it and know no switch.
        """
        disarmed = [Message(message.role, self._vocabulary.disarm(message.content)) for message in messages]
        for render, stop in self._ways:
            for layout in (list, fold_system, merge_same_roles):
                text = self._try(render, layout(disarmed), think)
                if text is None or not _holds(text, disarmed):
                    continue
                if think is False:
                    text = skip_thinking(text)
                return Prompt(text, opened_thinking(text), stop)
        raise RequestRejectedError(
            _("The model's chat template takes none of these messages."), advice=_("Ask with a user's message.")
        )

    def _try(self, render: Render, messages: Sequence[Message], think: Thinking | None) -> str | None:
        rows = [{"role": message.role, "content": message.content} for message in messages]
        try:
            return render(rows, thinking_switches(self._template, think))
        except TemplateFault as fault:
            self.fault = self.fault or (fault.said if fault.is_broken else NOTHING)
        except ValueError:  # what a family's template raises where it takes no system text
            pass
        return None


def fold_system(messages: Sequence[Message]) -> list[Message]:
    """Put the system texts at the head of the user's first message."""
    system = [message.content for message in messages if message.role == "system"]
    others = [message for message in messages if message.role != "system"]
    position = next((index for index, message in enumerate(others) if message.role == "user"), None)
    if not system:
        return others
    if position is None:
        return [Message("user", "\n\n".join(system)), *others]
    others[position] = Message("user", "\n\n".join([*system, others[position].content]))
    return others


def merge_same_roles(messages: Sequence[Message]) -> list[Message]:
    """Fold the system texts in and join neighbours of one role, for templates that insist on taking turns."""
    merged: list[Message] = []
    for message in fold_system(messages):
        if merged and merged[-1].role == message.role:
            merged[-1] = Message(message.role, f"{merged[-1].content}\n\n{message.content}")
        else:
            merged.append(message)
    return merged


def _family(vocabulary: Vocabulary) -> tuple[str, str]:
    """Return the template that fits the markers of a vocabulary, and what ends an answer where no token does."""
    for marker, template, end in FAMILIES:
        if vocabulary.has_marker(marker):
            return template, end
    return CHATML, "<|im_end|>"


def _holds(text: str, messages: Sequence[Message]) -> bool:
    """Whether no message but an earlier answer was dropped; some templates leave system texts out without a word."""
    return all(message.content.strip() in text for message in messages if message.role != "assistant")
