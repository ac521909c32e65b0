"""One answer of a loaded model: from chat messages to an engine's request, and from its events to chunks."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import replace

from models.base import LLAMA_CPP, Chunk, Completion, GenerationConfig, Heard, Message, Usage, apart
from models.errors import BackendError, BadResponseError, NoAnswerError, RequestRejectedError
from models.llama_cpp.engine.generation import Delta, Emit, Request
from models.llama_cpp.engine.sampling import Sampling, grammar_from_schema
from models.llama_cpp.loader import LoadedModel
from models.marks.thinking import ThinkingSplitter
from models.text import lazy_gettext as _

Event = Delta | Usage | BackendError


async def stream_answer(
    loaded: LoadedModel, messages: Sequence[Message], config: GenerationConfig, *, load_seconds: float
) -> AsyncGenerator[Chunk, None]:
    """Generate and yield chunks; closing the generator cancels the request.

    Raises RequestRejectedError before anything is computed when the prompt leaves no room for an answer, and
    BadResponseError for a JSON answer that was cut off, and NoAnswerError for one without text.
    """
    loop = asyncio.get_running_loop()
    events: asyncio.Queue[Event] = asyncio.Queue()

    def emit(event: Event) -> None:
        with suppress(RuntimeError):  # the loop has ended, and with it whoever was listening
            loop.call_soon_threadsafe(events.put_nowait, event)

    request, splitter = await asyncio.to_thread(_prepare, loaded, messages, config, emit)
    generation = loaded.engine.submit(request)
    heard = Heard()
    try:
        while not isinstance(event := await events.get(), Usage):
            if isinstance(event, BackendError):
                raise event
            for chunk in apart(heard.note(splitter.push(event.text))):
                yield chunk
        for chunk in apart(heard.note(splitter.finish())):
            yield chunk
    finally:
        loaded.engine.cancel(generation)
    _check(loaded, config, event, heard)
    usage = replace(event, load_seconds=load_seconds)
    yield Chunk(completion=Completion(LLAMA_CPP, loaded.weights.name, usage))


def _prepare(
    loaded: LoadedModel, messages: Sequence[Message], config: GenerationConfig, emit: Emit
) -> tuple[Request, ThinkingSplitter]:
    grammar = grammar_from_schema(config.json_schema)
    # A grammar governs the answer from its first token, so there is no place for thoughts before it.
    prompt = loaded.template.render(messages, think=False if grammar else config.think)
    tokens = loaded.model.vocabulary.tokenize(prompt.text, opens=True, has_markers=True)
    window = min(config.context_tokens, loaded.window_limit)
    if not tokens or len(tokens) >= window:
        raise RequestRejectedError(
            _(
                "The prompt of {tokens} tokens leaves no room for an answer in the context of {window} tokens of "
                "{model!r}.",
                tokens=len(tokens),
                window=window,
                model=loaded.weights.name,
            ),
            advice=_("Shorten it, or raise the context up to {limit}.", limit=loaded.window_limit),
        )
    request = Request(
        prompt=tokens,
        window=window,
        max_tokens=max(1, config.max_tokens),
        sampling=Sampling(
            temperature=config.temperature,
            seed=config.seed,
            grammar=grammar,
            avoids_repetition=config.avoid_repetition,
        ),
        emit=emit,
        stop=(*config.stop, *prompt.stop),
    )
    return request, ThinkingSplitter(prompt.thinking)


def _check(loaded: LoadedModel, config: GenerationConfig, usage: Usage, heard: Heard) -> None:
    """Raise BadResponseError for an answer that nobody could use."""
    name, tokens = loaded.weights.name, usage.completion_tokens
    if config.json_schema is not None and usage.truncated:
        raise BadResponseError(
            _("{model!r} did not finish its JSON answer within {tokens} tokens.", model=name, tokens=tokens),
            advice=_("Allow more tokens or a larger context."),
        )
    if heard.text:
        return
    if heard.thinking:
        raise NoAnswerError(
            _("{model!r} thought for {tokens} tokens and gave no answer.", model=name, tokens=tokens),
            advice=_("Allow more tokens, or turn thinking off."),
            has_thinking=True,
        )
    raise NoAnswerError(_("{model!r} gave an empty answer.", model=name), advice=_("Ask again with another seed."))
