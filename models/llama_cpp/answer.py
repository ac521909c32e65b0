"""One answer of a loaded model: from chat messages to an engine's request, and from its events to chunks."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress

from models.base import Chunk, Completion, GenerationConfig, Message
from models.errors import BackendError, BadResponseError, NoAnswerError, RequestRejectedError
from models.llama_cpp.engine.generation import Delta, Emit, Finished, Generation
from models.llama_cpp.engine.sampling import Sampling, grammar_from_schema
from models.llama_cpp.loaded_models import LoadedModel
from models.llama_cpp.runtime import BACKEND
from models.thinking import ThinkingSplitter

Event = Delta | Finished | BackendError


async def stream_answer(
    resident: LoadedModel, messages: Sequence[Message], config: GenerationConfig, *, load_seconds: float
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

    generation, splitter = await asyncio.to_thread(_prepare, resident, messages, config, emit)
    resident.engine.submit(generation)
    has_text = has_thoughts = False
    try:
        while not isinstance(event := await events.get(), Finished):
            if isinstance(event, BackendError):
                raise event
            for chunk in _chunks(*splitter.push(event.text)):
                has_text, has_thoughts = has_text or bool(chunk.text.strip()), has_thoughts or bool(chunk.thinking)
                yield chunk
        for chunk in _chunks(*splitter.finish()):
            has_text, has_thoughts = has_text or bool(chunk.text.strip()), has_thoughts or bool(chunk.thinking)
            yield chunk
    finally:
        resident.engine.cancel(generation)
    _check(resident, config, event, has_text=has_text, has_thoughts=has_thoughts)
    yield Chunk(completion=_completion(resident, event, load_seconds))


def _prepare(
    resident: LoadedModel, messages: Sequence[Message], config: GenerationConfig, emit: Emit
) -> tuple[Generation, ThinkingSplitter]:
    grammar = grammar_from_schema(config.json_schema)
    # A grammar governs the answer from its first token, so there is no place for thoughts before it.
    prompt = resident.template.render(messages, think=False if grammar else config.think)
    tokens = resident.model.vocabulary.tokenize(prompt.text, opens=True, has_markers=True)
    window = min(config.context_tokens, resident.window_limit)
    if not tokens or len(tokens) >= window:
        raise RequestRejectedError(
            f"The prompt of {len(tokens)} tokens leaves no room for an answer in the context of {window} tokens of "
            f"{resident.weights.name!r}. Shorten it, or raise the context up to {resident.window_limit}.",
            backend=BACKEND,
        )
    generation = Generation(
        prompt=tokens,
        window=window,
        max_tokens=max(1, config.max_tokens),
        sampling=Sampling(temperature=config.temperature, seed=config.seed, grammar=grammar),
        emit=emit,
        stop=(*config.stop, *prompt.stop),
    )
    return generation, ThinkingSplitter(is_thinking=prompt.is_thinking)


def _chunks(thinking: str, text: str) -> list[Chunk]:
    return [chunk for chunk in (Chunk(thinking=thinking), Chunk(text=text)) if chunk.thinking or chunk.text]


def _check(
    resident: LoadedModel, config: GenerationConfig, end: Finished, *, has_text: bool, has_thoughts: bool
) -> None:
    """Raise BadResponseError for an answer that nobody could use."""
    name, tokens = resident.weights.name, end.completion_tokens
    if config.json_schema is not None and end.reason == "length":
        raise BadResponseError(
            f"{name!r} did not finish its JSON answer within {tokens} tokens. Allow more tokens or a larger context.",
            backend=BACKEND,
        )
    if has_text:
        return
    if has_thoughts:
        raise NoAnswerError(
            f"{name!r} thought for {tokens} tokens and gave no answer. Allow more tokens, or turn thinking off.",
            backend=BACKEND,
            has_thinking=True,
        )
    raise NoAnswerError(f"{name!r} gave an empty answer. Ask again with another seed.", backend=BACKEND)


def _completion(resident: LoadedModel, end: Finished, load_seconds: float) -> Completion:
    return Completion(
        backend=BACKEND,
        model=resident.weights.name,
        finish_reason=end.reason,
        prompt_tokens=end.prompt_tokens,
        cached_tokens=end.cached_tokens,
        completion_tokens=end.completion_tokens,
        load_seconds=load_seconds,
        prompt_seconds=end.prompt_seconds,
        completion_seconds=end.completion_seconds,
    )
