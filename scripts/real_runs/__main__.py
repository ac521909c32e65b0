"""Runs councils of the real model and judges them: `python -m scripts.real_runs --runs 100`."""

import argparse
import asyncio
import time
from collections import Counter
from pathlib import Path

from scripts.real_model import CACHE, fetch
from scripts.real_runs.council_runs import Judged, RealRuns


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="number of the first run; a run is the same every time")
    parser.add_argument("--answer-tokens", type=int, default=160)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no run after so long")
    parser.add_argument("--keep", type=Path, help="folder in which the events of every run are kept")
    asked = parser.parse_args()
    asyncio.run(run(asked))


async def run(asked: argparse.Namespace) -> None:
    began, judged = time.monotonic(), []
    async with RealRuns(fetch(CACHE), answer_tokens=asked.answer_tokens, keep=asked.keep) as runs:
        for number in range(asked.first, asked.first + asked.runs):
            if time.monotonic() - began > asked.seconds:
                break
            judged.append(await runs.run(number))
            print(judged[-1].told, flush=True)
    print(summary(judged))


def summary(judged: list[Judged]) -> str:
    """Sum up how the runs ended, and in how many of each kind something was found."""
    ends = Counter(one.status for one in judged)
    bad = Counter(one.status for one in judged if one.faults)
    lines = [f"{status}: {count} runs, {bad[status]} of them with a fault" for status, count in ends.items()]
    kinds = Counter(reason for one in judged for reason in one.refused)
    return "\n".join(
        [f"{len(judged)} runs", *lines, *(f"refused {count} times: {what}" for what, count in kinds.items())]
    )


if __name__ == "__main__":
    main()
