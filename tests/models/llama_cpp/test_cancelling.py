"""Requests that are cancelled in every phase: nobody else notices, and what was read is not lost."""

from models.llama_cpp.loading import Model
from tests.models.llama_cpp.engine_bench import HEAD, Bench, alone, assert_same_greedy, open_bench


def test_a_cancelled_writer_is_silent_and_the_others_do_not_notice(model: Model, bench: Bench) -> None:
    doomed, other = bench.ask("Stop me", tokens=2000), bench.ask("Go on", tokens=60)
    doomed.next()
    bench.engine.cancel(doomed.generation)
    bench.idle()
    bench.idle()
    written = len(doomed.written)
    other.end()
    assert len(doomed.written) == written < 2000
    assert_same_greedy(model, other.generation.request.prompt, other.written, alone(model, "Go on", 60))


def test_a_prompt_that_is_cancelled_in_the_middle_harms_nobody(model: Model) -> None:
    with open_bench(model, cells=16384, batch=2048) as bench:
        writer = bench.ask("Go on", tokens=80)
        writer.next()
        doomed = bench.ask("A very long paper. " * 700, window=16000)
        bench.idle()
        bench.engine.cancel(doomed.generation)
        writer.end()
        bench.idle()
        assert doomed.events.empty()
        assert doomed.generation.sampler is None
        assert bench.engine.counters.prompt_tokens_read < len(doomed.generation.request.prompt)
        assert_same_greedy(model, writer.generation.request.prompt, writer.written, alone(model, "Go on", 80))


def test_when_the_reader_of_a_common_head_is_cancelled_the_next_one_reads_it(model: Model, bench: Bench) -> None:
    first, second, third = (bench.ask(HEAD * 4 + f"Seat {number}", window=4096) for number in range(3))
    bench.engine.cancel(first.generation)
    assert third.end().cached_tokens > second.end().cached_tokens
    assert_same_greedy(model, third.generation.request.prompt, third.written, alone(model, HEAD * 4 + "Seat 2"))


def test_a_request_that_is_cancelled_while_it_waits_never_starts(model: Model) -> None:
    with open_bench(model, parallel=1) as bench:
        first, second, third = (bench.ask(f"Request {number}", tokens=40) for number in range(3))
        bench.engine.cancel(second.generation)
        first.end()
        third.end()
        assert second.written == [] and second.events.empty()


def test_a_writer_that_is_cancelled_lends_the_prompt_that_it_had_read(bench: Bench) -> None:
    first = bench.ask(HEAD, tokens=200)
    first.next()
    bench.engine.cancel(first.generation)
    bench.idle()
    second = bench.ask(HEAD)
    end = second.end()
    assert end.cached_tokens == end.prompt_tokens - 1
