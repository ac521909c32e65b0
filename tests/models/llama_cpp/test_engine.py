"""The engine on a real, tiny model: what is read, who is served when, and what a failure does to the others."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from models.base import Usage
from models.errors import BackendError, BackendUnavailableError, BadResponseError, RequestRejectedError
from models.llama_cpp.engine.generation import Delta
from models.llama_cpp.engine.sampling import Sampling, grammar_from_schema
from models.llama_cpp.loading import Model
from tests.models.llama_cpp.engine_bench import HEAD, Bench, Layout, alone, assert_same_greedy, open_bench

SCHEMA = {
    "type": "object",
    "properties": {"note": {"type": "string", "maxLength": 12}, "order": {"enum": ["AB", "BA"]}},
    "required": ["note", "order"],
    "additionalProperties": False,
}


def test_four_requests_at_once_read_their_common_head_once(model: Model, bench: Bench) -> None:
    prompts = [HEAD + f"You are seat {number}." for number in range(4)]
    asked = [bench.ask(prompt) for prompt in prompts]
    ends = [request.end() for request in asked]
    head = len(model.vocabulary.tokenize(HEAD, opens=True))
    total = sum(end.prompt_tokens for end in ends)
    tails = total - 4 * head
    assert bench.engine.counters.prompt_tokens_read <= head + tails + 4
    assert sorted(end.cached_tokens >= head for end in ends) == [False, True, True, True]
    assert sum(end.prompt_tokens - end.cached_tokens for end in ends) == bench.engine.counters.prompt_tokens_read


def test_batched_and_shared_answers_are_those_of_each_request_alone(model: Model, bench: Bench) -> None:
    prompts = [HEAD + f"You are seat {number} of four." for number in range(4)]
    asked = [bench.ask(prompt, tokens=40) for prompt in prompts]
    for request in asked:
        request.end()
    for request, prompt in zip(asked, prompts, strict=True):
        assert_same_greedy(model, request.generation.request.prompt, request.written, alone(model, prompt, 40))


def test_a_finished_request_lends_its_head_to_a_later_one(model: Model, bench: Bench) -> None:
    first = bench.ask(HEAD + "First stage.")
    first.end()
    second = bench.ask(HEAD + "Second stage: judge.")
    assert second.end().cached_tokens >= len(model.vocabulary.tokenize(HEAD, opens=True))
    assert_same_greedy(
        model, second.generation.request.prompt, second.written, alone(model, HEAD + "Second stage: judge.")
    )


def test_a_conversation_that_goes_on_reads_only_what_is_new(bench: Bench, layout: Layout) -> None:
    first = bench.ask(HEAD + "Question one. ", tokens=30)
    first.end()
    history = first.generation.request.prompt + first.written
    second = bench.ask([*history, *bench.model.vocabulary.tokenize(" Question two.")])
    # The last token was written, and never read; of two contexts the one that reads holds the prompts alone.
    assert second.end().cached_tokens == (
        len(first.generation.request.prompt) if layout == "twin" else len(history) - 1
    )


def test_an_identical_prompt_reads_its_last_token_only(bench: Bench) -> None:
    first = bench.ask(HEAD)
    first.end()
    second = bench.ask(HEAD)
    end = second.end()
    assert end.cached_tokens == end.prompt_tokens - 1
    assert second.written == first.written


def test_heads_survive_more_requests_than_there_are_sequences(model: Model) -> None:
    with open_bench(model, parallel=2, kept=1) as bench:
        for number in range(6):
            bench.ask(f"{number} is somebody else's prompt. " * 3).end()
        bench.ask(HEAD).end()
        bench.ask("0 something short.").end()
        assert bench.ask(HEAD).end().cached_tokens > 0


def test_an_answer_begins_while_a_long_prompt_is_still_being_read(bench: Bench) -> None:
    long = bench.ask("A very long paper. " * 180, tokens=4, window=4096)
    short = bench.ask("Quick question", tokens=24)
    short.end()
    assert long.events.empty(), "the long prompt was read first"
    assert long.end().completion_tokens == 4


def test_a_writer_goes_on_while_a_long_prompt_is_read(bench: Bench) -> None:
    writer = bench.ask("Quick question", tokens=200)
    writer.next()
    long = bench.ask("A very long paper. " * 180, tokens=1, window=4096)
    steps = bench.engine.counters.steps
    long.end()
    read_in = bench.engine.counters.steps - steps
    assert len(writer.written) >= min(200, read_in - 2)
    writer.end()


def test_sixty_four_requests_on_four_places_are_served_in_turn(bench: Bench) -> None:
    finished: list[int] = []
    asked = [bench.ask(f"Request {number}", tokens=6) for number in range(64)]
    threads = [
        threading.Thread(target=lambda number=number: (asked[number].end(), finished.append(number)))
        for number in range(64)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(finished) == list(range(64))
    starts = [request.generation.began for request in asked]
    assert starts == sorted(starts)


def test_a_json_schema_is_kept_to_by_noise(bench: Bench) -> None:
    import json

    sampling = Sampling(temperature=0.0, grammar=grammar_from_schema(SCHEMA))
    asked = bench.ask("Judge.", tokens=200, sampling=sampling, ignore_end=False)
    assert not asked.end().truncated
    assert json.loads(asked.text)["order"] in ("AB", "BA")


def test_a_grammar_that_comes_to_a_dead_end_fails_alone(bench: Bench) -> None:
    other = bench.ask("Go on", tokens=50)
    stuck = bench.ask("Stuck", sampling=Sampling(grammar='root ::= "a" [\\x00]'))  # no token is allowed to be that
    with pytest.raises(BadResponseError, match="no token"):
        stuck.end()
    assert other.end().completion_tokens == 50


def test_a_text_that_is_no_grammar_is_refused_and_the_engine_goes_on(bench: Bench) -> None:
    with pytest.raises(RequestRejectedError, match="grammar"):
        bench.ask("x", sampling=Sampling(grammar="root ::= (")).end()
    assert bench.ask("Go on").end().completion_tokens == 16


def test_a_schema_that_cannot_be_converted_is_refused() -> None:
    with pytest.raises(RequestRejectedError, match="grammar"):
        grammar_from_schema({"$ref": "#/nowhere"})


def test_the_same_seed_writes_the_same_and_another_one_does_not(bench: Bench) -> None:
    def write(seed: int) -> list[int]:
        asked = bench.ask("Dice", tokens=30, sampling=Sampling(temperature=1.0, seed=seed))
        asked.end()
        return asked.written

    assert write(7) == write(7) != write(8)


def test_a_wish_for_less_repetition_keeps_noise_from_going_round_in_circles(bench: Bench) -> None:
    """Greedy noise falls into a loop; llama.cpp's DRY sampler finds a way out, within a grammar as well."""

    def repeated(sampling: Sampling) -> int:
        asked = bench.ask("Round and round", tokens=160, sampling=sampling)
        asked.end()
        passages = list(zip(*(asked.written[start:] for start in range(6)), strict=False))
        return len(passages) - len(set(passages))

    free, held = Sampling(temperature=0.0), Sampling(temperature=0.0, avoids_repetition=True)
    assert repeated(held) < repeated(free) / 4
    grammar = 'root ::= "x" [a-z]+'
    free, held = replace(free, grammar=grammar), replace(held, grammar=grammar)
    assert repeated(held) < repeated(free) / 4


def test_a_stop_string_ends_the_answer_and_is_not_part_of_it(bench: Bench) -> None:
    whole = bench.ask("Stop there", tokens=40)
    whole.end()
    stop = whole.text[10:13]
    cut = bench.ask("Stop there", tokens=40, stop=(stop,))
    assert not cut.end().truncated
    assert cut.text == whole.text[: whole.text.index(stop)]


def test_when_cells_run_out_the_youngest_request_is_read_again_and_nobody_fails(model: Model) -> None:
    prompts = [HEAD + f"Seat {number}" for number in range(3)]
    with open_bench(model, cells=1024, batch=256) as bench:
        bench.ask("Something that is kept. " * 20).end()
        asked = [bench.ask(prompt, tokens=300, window=1024) for prompt in prompts]
        for request in asked:
            assert request.end().completion_tokens == 300
    for request, prompt in zip(asked, prompts, strict=True):
        assert_same_greedy(model, request.generation.request.prompt, request.written, alone(model, prompt, 300))


def test_a_larger_window_is_opened_once_the_running_requests_have_finished(model: Model) -> None:
    with open_bench(model, cells=256) as bench:
        small = bench.ask("Small", tokens=50, window=256)
        large = bench.ask("Large " * 100, tokens=8, window=1024)
        assert small.end().completion_tokens == 50
        assert large.end().completion_tokens == 8
        assert bench.engine.cells == 1024


def test_a_closed_engine_ends_its_requests_and_its_thread(model: Model) -> None:
    with open_bench(model, parallel=1) as bench:
        running, waiting = bench.ask("One", tokens=4000, window=4096), bench.ask("Two")
        running.next()
        bench.engine.close()
        for request in (running, waiting):
            with pytest.raises(BackendUnavailableError):
                request.end()
        with pytest.raises(BackendUnavailableError):
            bench.ask("Three")
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("llama.cpp")]


def test_a_thousand_short_requests_leak_neither_memory_nor_sequences(model: Model) -> None:
    with open_bench(model, cells=2048, kept=4) as bench:
        for number in range(100):
            bench.ask(f"Warm up {number}", tokens=3).end()
        before = _resident_kilobytes()
        for start in range(0, 1000, 50):
            asked = [bench.ask(f"Soak {start + number} " * 3, tokens=3) for number in range(50)]
            if start % 100:
                bench.engine.cancel(asked[7].generation)
                asked.pop(7)
            assert all(isinstance(request.end(), Usage) for request in asked)
        assert _resident_kilobytes() - before < 8_000
        assert bench.ask("Still here").end().completion_tokens == 16


def _resident_kilobytes() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def test_events_are_deltas_and_then_one_end(bench: Bench) -> None:
    asked = bench.ask("Events", tokens=5)
    kinds = []
    while not kinds or kinds[-1] is Delta:
        event = asked.next()
        assert not isinstance(event, BackendError)
        kinds.append(type(event))
    bench.idle()
    assert kinds[-1] is Usage and asked.events.empty()
