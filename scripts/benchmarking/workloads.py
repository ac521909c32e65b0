"""The workloads: fixed numbers of tokens to read and to write, different texts in every repetition."""

import random
from collections.abc import Callable
from dataclasses import dataclass

LETTERS = "abcdefghijklmnopqrstuvwxyz "


@dataclass(frozen=True)
class Request:
    """A prompt, one token a character, and how many tokens to write."""

    prompt: str
    new_tokens: int


Stage = list[Request]
Workload = list[Stage]
"""Stages follow one another; the requests of one stage may run at the same time."""


@dataclass(frozen=True)
class Size:
    """How much the workloads hold; the small one is for a quick look."""

    distinct: int = 250
    head: int = 1000
    tail: int = 22
    new: int = 64
    question: int = 300
    answer: int = 128


FULL = Size()
QUICK = Size(distinct=120, head=400, tail=16, new=24, question=120, answer=48)


def distinct(size: Size, seed: int) -> Workload:
    """Four seats, four prompts that have nothing in common."""
    text = _Text(seed)
    return [[Request(text.of(size.distinct), size.new) for _ in range(4)]]


def shared(size: Size, seed: int) -> Workload:
    """Four seats that read the same long head."""
    text = _Text(seed)
    head = text.of(size.head)
    return [[Request(head + text.of(size.tail), size.new) for _ in range(4)]]


def council(size: Size, seed: int) -> Workload:
    """A full council of four seats on one model: answers, ballots, debate with two revisions, ballots, synthesis.

    Prompts are laid out as in council/prompts.py: the same head first, then what differs.
    """
    text = _Text(seed)
    head = text.of(size.question)
    answers = [text.of(size.answer) for _ in range(4)]
    revised = [text.of(size.answer) for _ in range(4)]

    def ballots(texts: list[str]) -> Stage:
        orders = [[0, 1, 2, 3], [1, 3, 0, 2], [2, 0, 3, 1], [3, 2, 1, 0]]
        return [Request(head + "".join(texts[i] for i in order) + text.of(60), size.new) for order in orders]

    others = ["".join(answers[:i] + answers[i + 1 :]) for i in range(4)]
    stances = [Request(head + answers[i] + others[i] + text.of(60), size.new // 2) for i in range(4)]
    revisions = [Request(head + text.of(40) + answers[i] + others[i], size.answer) for i in (1, 2)]
    return [
        [Request(head + text.of(30), size.answer) for _ in range(4)],
        ballots(answers),
        stances,
        revisions,
        ballots(revised),
        [Request(head + "".join(revised) + text.of(120), 2 * size.answer)],
    ]


WORKLOADS: dict[str, Callable[[Size, int], Workload]] = {"distinct": distinct, "shared": shared, "council": council}


def least_tokens(workload: Workload) -> tuple[int, int]:
    """Return the tokens that must be read and written even by somebody who never reads a common head twice."""
    read, seen = 0, [""]
    for request in (request for stage in workload for request in stage):
        read += len(request.prompt) - max(_common(request.prompt, other) for other in seen)
        seen.append(request.prompt)
    return read, sum(request.new_tokens for stage in workload for request in stage)


def _common(first: str, second: str) -> int:
    return next(
        (i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second))
    )


class _Text:
    """Letters by lot."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def of(self, length: int) -> str:
        return "".join(self._random.choices(LETTERS, k=length))
