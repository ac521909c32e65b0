"""In which order the requests in the queue reach an Ollama server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.ollama.request_queue import MOST_OVERTAKES, QueuedRequest, RequestQueue
from models.ollama.server_memory import ServerMemory
from tests.models.ollama.crowd import CPU, GPU, HEAD, Crowd, memory_with

pytestmark = pytest.mark.anyio


@pytest.fixture
async def before(anyio_backend: str) -> AsyncIterator[Callable[[RequestQueue], Crowd]]:
    """Puts a crowd into a queue; who is still there at the end leaves."""
    crowds: list[Crowd] = []

    def gather(queue: RequestQueue) -> Crowd:
        crowds.append(Crowd(queue))
        return crowds[-1]

    yield gather
    for crowd in crowds:
        crowd.leave(*crowd.present)


async def test_requests_with_distinct_prompts_go_at_once(before: Callable[[RequestQueue], Crowd]) -> None:
    crowd = before(RequestQueue(memory_with()))
    crowd.join("a1", "a2", "b1", "c1")
    assert crowd.at_work() == {"a1", "a2", "b1", "c1"}


async def test_on_a_cpu_prompts_with_the_same_head_go_one_after_the_other(
    before: Callable[[RequestQueue], Crowd],
) -> None:
    crowd = before(RequestQueue(memory_with()))
    crowd.join("a1", "a2", "a3", head=HEAD)
    assert crowd.at_work() == {"a1"}
    crowd.leave("a1")
    assert crowd.at_work() == {"a2"}
    crowd.leave("a2")
    assert crowd.at_work() == {"a3"}


async def test_on_a_gpu_prompts_with_the_same_head_go_at_once(before: Callable[[RequestQueue], Crowd]) -> None:
    crowd = before(RequestQueue(memory_with(loaded_as=GPU)))
    crowd.join("a1", "a2", "a3", head=HEAD)
    assert crowd.at_work() == {"a1", "a2", "a3"}


async def test_a_short_common_head_keeps_nobody_waiting(before: Callable[[RequestQueue], Crowd]) -> None:
    crowd = before(RequestQueue(memory_with()))
    crowd.join("a1", "a2", head=HEAD[:-1])
    assert crowd.at_work() == {"a1", "a2"}


async def test_two_models_with_the_same_head_do_not_wait_for_each_other(
    before: Callable[[RequestQueue], Crowd],
) -> None:
    crowd = before(RequestQueue(memory_with()))
    crowd.join("a1", "b1", head=HEAD)
    assert crowd.at_work() == {"a1", "b1"}


async def test_the_first_request_shows_where_the_model_runs_before_the_others_go(
    before: Callable[[RequestQueue], Crowd],
) -> None:
    memory = ServerMemory()
    queue = RequestQueue(memory)
    crowd = before(queue)
    crowd.join("a1", "a2", "a3", head=HEAD)
    assert crowd.at_work() == {"a1"}
    memory.look({"a:latest": GPU}, now=0)
    queue.review()
    assert crowd.at_work() == {"a1", "a2", "a3"}


async def test_the_number_of_parallel_requests_can_be_bounded(before: Callable[[RequestQueue], Crowd]) -> None:
    crowd = before(RequestQueue(memory_with(), parallel=2))
    crowd.join("a1", "b1", "c1", "a2")
    assert crowd.at_work() == {"a1", "b1"}
    crowd.leave("a1")
    assert crowd.at_work() == {"b1", "c1"}


async def test_models_that_do_not_fit_together_take_turns(before: Callable[[RequestQueue], Crowd]) -> None:
    crowd = before(RequestQueue(memory_with(fit=False, loaded="a")))
    crowd.join("a1", "b1", "a2", "b2")
    assert crowd.at_work() == {"a1", "a2"}
    crowd.leave("a1")
    assert crowd.at_work() == {"a2"}
    crowd.leave("a2")
    await crowd.settle(["b1", "b2"])
    assert crowd.at_work() == {"b1", "b2"}


async def test_stages_turn_round_so_that_each_saves_one_load(before: Callable[[RequestQueue], Crowd]) -> None:
    memory = memory_with(fit=False, loaded="a")
    crowd = before(RequestQueue(memory))
    loads = 0
    for stage in "123":
        crowd.join(*(f"{model}{stage}" for model in "abc"))
        for _ in "abc":
            (name,) = await crowd.next_at_work()
            loads += f"{name[0]}:latest" not in memory.loaded
            memory.look({f"{name[0]}:latest": CPU}, now=0)
            crowd.leave(name)
    assert loads == 6


async def test_a_loaded_model_is_not_driven_out_by_who_comes_a_moment_earlier(
    before: Callable[[RequestQueue], Crowd],
) -> None:
    crowd = before(RequestQueue(memory_with(fit=False, loaded="c")))
    crowd.join("a1")
    assert crowd.at_work() == set()
    crowd.join("c1")
    assert crowd.at_work() == {"c1"}
    crowd.leave("c1")
    await crowd.settle(["a1"])


async def test_models_of_which_nobody_knows_take_turns_until_they_were_seen_together(
    before: Callable[[RequestQueue], Crowd],
) -> None:
    memory = memory_with(fit=None)
    queue = RequestQueue(memory)
    crowd = before(queue)
    crowd.join("a1", "b1")
    assert crowd.at_work() == {"a1"}
    memory.look({"a:latest": CPU, "b:latest": CPU}, now=0)
    queue.review()
    assert crowd.at_work() == {"a1", "b1"}


async def test_a_model_is_tried_beside_another_once_nobody_waits_for_that_one(
    before: Callable[[RequestQueue], Crowd],
) -> None:
    queue = RequestQueue(memory_with(fit=None))
    crowd = before(queue)
    crowd.join("a1", "a2", head=HEAD)
    crowd.join("b1")
    assert queue.next_to_load() is None
    crowd.leave("a1")
    request = queue.next_to_load()
    assert request is not None and request.name == "b"


async def test_room_is_kept_for_a_model_that_is_being_loaded_ahead(before: Callable[[RequestQueue], Crowd]) -> None:
    queue = RequestQueue(memory_with(fit=None, loaded="a"))
    crowd = before(queue)
    crowd.join("a1", "b1")
    request = queue.next_to_load()
    assert request is not None
    with queue.preloading(request):
        crowd.join("a2")
        assert crowd.at_work() == {"a1"}
    assert crowd.at_work() == {"a1", "a2"}


async def test_another_context_length_waits_because_it_loads_the_model_anew(
    before: Callable[[RequestQueue], Crowd],
) -> None:
    crowd = before(RequestQueue(memory_with()))
    crowd.join("a1", context_tokens=4096)
    crowd.join("a2", context_tokens=8192)
    assert crowd.at_work() == {"a1"}
    crowd.leave("a1")
    assert crowd.at_work() == {"a2"}


async def test_nobody_is_passed_over_for_ever(before: Callable[[RequestQueue], Crowd]) -> None:
    crowd = before(RequestQueue(memory_with(fit=False, loaded="a")))
    crowd.join("a0", "b0")
    for turn in range(1, 3 * MOST_OVERTAKES):
        crowd.join(f"a{turn}")
        if f"a{turn - 1}" in crowd.at_work():
            crowd.leave(f"a{turn - 1}")
    crowd.leave(*crowd.at_work())
    await crowd.settle(["b0"])
    assert len(crowd.admitted) == MOST_OVERTAKES + 2


async def test_the_next_model_is_named_for_loading(before: Callable[[RequestQueue], Crowd]) -> None:
    memory = memory_with(fit=True, models="ab")
    memory.look({"a:latest": CPU}, now=2e12)
    queue = RequestQueue(memory, parallel=1)
    crowd = before(queue)
    crowd.join("a1", "b1")
    request = queue.next_to_load()
    assert request is not None and request.name == "b"


async def test_no_model_is_loaded_ahead_where_there_is_no_room(before: Callable[[RequestQueue], Crowd]) -> None:
    queue = RequestQueue(memory_with(fit=False, loaded="a"), parallel=1)
    before(queue).join("a1", "b1")
    assert queue.next_to_load() is None


async def test_requests_ahead_are_counted() -> None:
    queue = RequestQueue(memory_with(), parallel=1)
    with queue.enqueue("a", 1, "") as first, queue.enqueue("b", 1, "") as second, queue.enqueue("c", 1, "") as third:
        assert [queue.count_ahead(request) for request in (first, second, third)] == [0, 1, 2]


@given(
    steps=st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.integers(0, 30)), max_size=60),
    parallel=st.integers(0, 3),
    fit=st.sampled_from([True, False, None]),
)
@settings(max_examples=40, deadline=None)
def test_no_slot_leaks_and_nobody_is_lost(steps: list[tuple[str, bool, int]], parallel: int, fit: bool | None) -> None:
    """Whoever joins and leaves in whatever order, waiting or at work: in the end everybody has been served."""

    async def play() -> None:
        queue = RequestQueue(memory_with(fit=fit, loaded="a"), parallel=parallel)
        with ExitStack() as everybody:
            places: list[tuple[ExitStack, QueuedRequest]] = []
            for model, joins, index in steps:
                if joins or not places:
                    stack = everybody.enter_context(ExitStack())
                    places.append((stack, stack.enter_context(queue.enqueue(model, 8192, HEAD))))
                else:
                    places.pop(index % len(places))[0].close()
                active = [request for _, request in places if request.admitted.is_set()]
                assert not parallel or len(active) <= parallel
                assert len({request.model for request in active}) == len(active)
            async with asyncio.timeout(20):
                while places:
                    await asyncio.wait(
                        {asyncio.ensure_future(request.admitted.wait()) for _, request in places},
                        return_when=asyncio.FIRST_COMPLETED,
                    )
                    for place in [place for place in places if place[1].admitted.is_set()]:
                        places.remove(place)
                        place[0].close()
        with queue.enqueue("b", 8192, HEAD) as request:
            await asyncio.wait_for(request.admitted.wait(), 5)

    asyncio.run(play())
