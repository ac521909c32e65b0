"""How prompts are made to fit: the shared head, one window per model and run, and fair cuts that are told."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from council.domain import Turn
from council.events import ContextCut
from council.method.anonymity import disarm, fence
from council.method.budget import cut, fair_shares, window
from council.method.deliberation import Deliberation
from council.method.prompts import EARLIER, QUESTION, SYSTEM
from models.base import Message, ModelCard, estimate_tokens
from models.errors import BackendError, RequestRejectedError

INSTRUCTION_TOKENS = 900
"""What the instruction, the labels and the verdict of any stage take at most, beside the answers."""

TEMPLATE_TOKENS = 48
"""What a chat template adds around the messages, and a little for estimates that are off."""


LEAST_TEXT_TOKENS = 32
"""Less of an answer than this is not worth judging: the turn fails instead."""


@dataclass(frozen=True)
class Prompt:
    """What one turn is asked after the shared head: `task` writes it around `texts`, which may be shortened to fit.

    `dialogue` is what was said since, when a turn is asked again. With `is_short` half of the window must do. The rest
    is how the answer is bounded and sampled (as in `GenerationConfig`).
    """

    task: Callable[[Mapping[str, str]], str]
    texts: Mapping[str, str] = field(default_factory=dict)
    dialogue: tuple[Message, ...] = ()
    is_short: bool = False
    max_tokens: int = 0
    json_schema: dict[str, Any] | None = None
    think: bool | None = False
    temperature: float = 0.0


@dataclass(frozen=True)
class Fitted:
    """The messages of one turn, and what had to be cut from them."""

    messages: tuple[Message, ...]
    cuts: tuple[ContextCut, ...] = ()


async def prepare(deliberation: Deliberation, *, output_tokens: int) -> None:
    """Fix what stays the same through the run: the head of every prompt and each model's window.

    `output_tokens` is the longest text that any turn may write. The window follows the longest prompt to come: all
    answers and a final one at full length (changing it later would make Ollama load the model again).
    """
    council = deliberation.council
    models = {seat.model for seat in (*council.seats, council.chairman)}
    for model in models:
        deliberation.cards[model] = await _describe(model, deliberation)
    await _write_head(deliberation, models)
    texts = (len(council.seats) + 1) * council.answer_tokens if council.method.votes else 0
    for model in models:
        longest = await _count(model, SYSTEM + deliberation.head, deliberation) + texts + INSTRUCTION_TOKENS
        deliberation.windows[model] = window(
            longest, output_tokens, trained=deliberation.cards[model].context_tokens, limit=deliberation.max_context
        )


async def fit(prompt: Prompt, turn: Turn, deliberation: Deliberation) -> Fitted:
    """Build a turn's messages, shortening its texts fairly where the window is too small for them.

    Raises RequestRejectedError when it does not fit even without them.
    """
    model = turn.seat.model
    room = deliberation.windows[model] - prompt.max_tokens - TEMPLATE_TOKENS
    if prompt.is_short:
        room //= 2
    messages = _messages(prompt, prompt.texts, deliberation)
    total = await _count_all(model, messages, deliberation)
    if total <= room:
        return Fitted(messages, _head_cuts(turn, deliberation))
    lengths = {name: await _count(model, text, deliberation) for name, text in prompt.texts.items()}
    budget = room - (total - sum(lengths.values()))
    while lengths and budget >= LEAST_TEXT_TOKENS * len(lengths):
        shares = dict(zip(lengths, fair_shares(list(lengths.values()), budget), strict=True))
        shortened = {name: cut(text, shares[name], lengths[name]) for name, text in prompt.texts.items()}
        messages = _messages(prompt, shortened, deliberation)
        excess = await _count_all(model, messages, deliberation) - room
        if excess <= 0:
            return Fitted(messages, _head_cuts(turn, deliberation) + _cuts(turn, shares, lengths))
        budget -= excess  # a cut takes characters in proportion; the tokens need not follow exactly
    raise RequestRejectedError(
        f"The prompt takes {total} tokens and {model!r} can read {max(room, 0)} beside its answer. Shorten the "
        "question, raise COUNCIL_MAX_CONTEXT, or choose a model with a longer context."
    )


def _cuts(turn: Turn, shares: Mapping[str, int], lengths: Mapping[str, int]) -> tuple[ContextCut, ...]:
    return tuple(
        ContextCut(turn=turn, what=name, kept=shares[name], total=length)
        for name, length in lengths.items()
        if shares[name] < length
    )


def _messages(prompt: Prompt, texts: Mapping[str, str], deliberation: Deliberation) -> tuple[Message, ...]:
    task = Message("user", deliberation.head + prompt.task(texts))
    return (Message("system", SYSTEM), task, *prompt.dialogue)


def _head_cuts(turn: Turn, deliberation: Deliberation) -> tuple[ContextCut, ...]:
    """Tell of a shortened conversation once per seat, with its answer, although every prompt holds it."""
    if turn.kind != "answer" or deliberation.head_cut is None:
        return ()
    kept, total = deliberation.head_cut
    return (ContextCut(turn=turn, what="earlier conversation", kept=kept, total=total),)


async def _write_head(deliberation: Deliberation, models: set[str]) -> None:
    """Write the head of every prompt; the earlier conversation gets half of the smallest window at most."""
    question = deliberation.question
    trained = [card.context_tokens for card in deliberation.cards.values() if card.context_tokens]
    budget = min([deliberation.max_context, *trained]) // 2
    texts = [text for exchange in question.earlier for text in (exchange.question, exchange.answer)]
    lengths = [max([await _count(model, text, deliberation) for model in models]) for text in texts]
    shares = fair_shares(lengths, budget)
    if sum(shares) < sum(lengths):
        deliberation.head_cut = (sum(shares), sum(lengths))
        texts = [cut(text, kept, total) for text, kept, total in zip(texts, shares, lengths, strict=True)]
    said = "".join(_write_exchange(asked, answered) for asked, answered in zip(texts[::2], texts[1::2], strict=True))
    deliberation.head = said + QUESTION.format(question=disarm(question.text))


def _write_exchange(asked: str, answered: str) -> str:
    """Write an earlier question with its answer, fenced by its own hash: the same bytes in every later run."""
    code = hashlib.sha256(answered.encode()).hexdigest()[:12]
    return EARLIER.format(question=disarm(asked), answer=fence(answered, code))


async def _describe(model: str, deliberation: Deliberation) -> ModelCard:
    """Describe a model; of one that cannot be reached nothing is known, and its turns will say why."""
    try:
        return await deliberation.backend.describe(model)
    except BackendError:
        return ModelCard(model, backend="")


async def _count_all(model: str, messages: tuple[Message, ...], deliberation: Deliberation) -> int:
    return await _count(model, "\n".join(message.content for message in messages), deliberation)


async def _count(model: str, text: str, deliberation: Deliberation) -> int:
    try:
        return await deliberation.backend.count_tokens(model, text)
    except BackendError:
        return estimate_tokens(text)
