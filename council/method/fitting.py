"""How prompts are made to fit: the shared head, one window per model and run, and fair cuts that are told."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from council.domain import Part, Turn
from council.events import ContextCut
from council.method.budget import cut, fair_shares, window
from council.method.deliberation import Deliberation, Head, Prepared
from council.method.prompt import Prompt
from council.method.prompts import EARLIER, QUESTION
from council.method.wordings.wording import TODAY, WORDINGS, Wording
from models.base import Backend, GenerationConfig, Message, ModelCard, estimate_tokens
from models.errors import BackendError, RequestRejectedError
from models.marks.turns import disarm
from models.text import lazy_gettext as _

INSTRUCTION_TOKENS = 900
"""What the instruction, the labels and the verdict of any stage take at most, beside the answers."""

TEMPLATE_TOKENS = 48
"""What a chat template adds around the messages, and a little for estimates that are off."""

LEAST_TEXT_TOKENS = 32
"""Less of an answer than this is not worth judging: the turn fails instead."""


@dataclass(frozen=True)
class Fitted:
    """The messages of one turn, and what had to be cut from them."""

    messages: tuple[Message, ...]
    cuts: tuple[ContextCut, ...] = ()


async def prepare(deliberation: Deliberation, *, output_tokens: int) -> Prepared:
    """Fix what stays the same through the run: the head of every prompt and each model's window.

    `output_tokens` is the longest text that any turn may write. The window follows the longest prompt to come: all
    answers and a final one at full length (changing it later would make Ollama load the model again).
    """
    council, backend = deliberation.council, deliberation.backend
    models = {seat.model for seat in (*council.seats, council.chairman)}
    cards = {model: await _describe(model, backend) for model in models}
    head = await _write_head(deliberation, cards)
    texts = (len(council.seats) + 1) * council.answer_tokens if council.method.votes else 0
    windows = {
        model: window(
            await _count(model, deliberation.wording.system + head.text, backend) + texts + INSTRUCTION_TOKENS,
            output_tokens,
            trained=card.context_tokens,
            limit=deliberation.max_context,
        )
        for model, card in cards.items()
    }
    return Prepared(**vars(deliberation), head=head, cards=cards, windows=windows)


async def fit(prompt: Prompt, turn: Turn, config: GenerationConfig, deliberation: Prepared) -> Fitted:
    """Build a turn's messages, shortening its texts fairly where the window is too small for them.

    Raises RequestRejectedError when it does not fit even without them.
    """
    model, backend = turn.seat.model, deliberation.backend
    room = config.context_tokens - config.max_tokens - TEMPLATE_TOKENS
    if prompt.is_short:
        room //= 2
    messages = _messages(prompt, deliberation)
    total = await _count_all(model, messages, backend)
    if total <= room:
        return Fitted(messages, _head_cuts(turn, deliberation))
    texts = prompt.material.texts
    lengths = {part: await _count(model, text, backend) for part, text in texts.items()}
    budget = room - (total - sum(lengths.values()))
    while lengths and budget >= LEAST_TEXT_TOKENS * len(lengths):
        shares = dict(zip(lengths, fair_shares(list(lengths.values()), budget), strict=True))
        shortened = {part: cut(text, shares[part], lengths[part]) for part, text in texts.items()}
        messages = _messages(prompt.with_texts(shortened), deliberation)
        excess = await _count_all(model, messages, backend) - room
        if excess <= 0:
            return Fitted(messages, (*_head_cuts(turn, deliberation), *_cuts(turn, shares, lengths)))
        budget -= excess  # a cut takes characters in proportion; the tokens need not follow exactly
    raise RequestRejectedError(
        _(
            "The prompt takes {total} tokens and {model!r} can read {room} beside its answer.",
            total=total,
            model=model,
            room=max(room, 0),
        ),
        advice=_("Shorten the question, raise COUNCIL_MAX_CONTEXT, or choose a model with a longer context."),
    )


def _cuts(turn: Turn, shares: Mapping[Part, int], lengths: Mapping[Part, int]) -> tuple[ContextCut, ...]:
    return tuple(
        ContextCut(turn=turn, what=part, kept=shares[part], total=length)
        for part, length in lengths.items()
        if shares[part] < length
    )


def _messages(prompt: Prompt, deliberation: Prepared) -> tuple[Message, ...]:
    asked = Message("user", deliberation.head.text + prompt.text)
    return (Message("system", deliberation.wording.system), asked, *prompt.messages)


def _head_cuts(turn: Turn, deliberation: Prepared) -> tuple[ContextCut, ...]:
    """Tell of a shortened conversation once per seat, with its answer, although every prompt holds it."""
    head = deliberation.head
    if turn.kind != "answer" or head.kept == head.total:
        return ()
    return (ContextCut(turn=turn, what="earlier_conversation", kept=head.kept, total=head.total),)


async def _write_head(deliberation: Deliberation, cards: Mapping[str, ModelCard]) -> Head:
    """Write the head of every prompt; the earlier conversation gets half of the smallest window at most."""
    question, backend = deliberation.question, deliberation.backend
    trained = [card.context_tokens for card in cards.values() if card.context_tokens]
    budget = min([deliberation.max_context, *trained]) // 2
    texts = [text for exchange in question.earlier for text in (exchange.question, exchange.answer)]
    lengths = [max([await _count(model, text, backend) for model in cards]) for text in texts]
    shares = fair_shares(lengths, budget)
    texts = [cut(text, kept, total) for text, kept, total in zip(texts, shares, lengths, strict=True)]
    earlier = zip(texts[::2], texts[1::2], strict=True)
    return Head(write_head(question.text, earlier, wording=deliberation.wording), sum(shares), sum(lengths))


def write_head(question: str, earlier: Iterable[tuple[str, str]] = (), *, wording: Wording = WORDINGS[TODAY]) -> str:
    """Write what every prompt begins with: what was asked and answered before, and the question.

    A code round an earlier answer is its own hash: the same bytes in every later run. No mark in any of it ends a turn.
    """
    exchanges = []
    for asked, text in earlier:
        code = hashlib.sha256(text.encode()).hexdigest()[:12]
        exchanges.append(EARLIER.format(question=asked, answer=wording.enclose(text, code)))
    return disarm("".join(exchanges) + QUESTION.format(question=question))


async def _describe(model: str, backend: Backend) -> ModelCard:
    """Describe a model; of one that cannot be reached nothing is known, and its turns will say why."""
    try:
        return await backend.describe(model)
    except BackendError:
        return ModelCard(model, backend="")


async def _count_all(model: str, messages: tuple[Message, ...], backend: Backend) -> int:
    return await _count(model, "\n".join(message.content for message in messages), backend)


async def _count(model: str, text: str, backend: Backend) -> int:
    try:
        return await backend.count_tokens(model, text)
    except BackendError:
        return estimate_tokens(text)
