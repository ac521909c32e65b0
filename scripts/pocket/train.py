"""Trains the base and its three continuations; can be stopped and resumed at any time."""

import argparse
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import numpy
import torch
from torch import Tensor, multiprocessing
from torch.nn import functional

from scripts.pocket.corpus import Corpus, all_texts
from scripts.pocket.muon import Muon
from scripts.pocket.network import Network, Shape
from scripts.pocket.phrases import phrases
from scripts.pocket.tokenizer import MARKERS, SPECIALS, Tokenizer, learn_pieces

VOCABULARY = 4096
CHUNK = 3000
BATCH_TOKENS = 1200
BATCHES_A_STEP = 3
CHECKPOINT_SECONDS = 120.0
PEAK = 0.02
WARM_STEPS = 40

Batch = tuple[Tensor, Tensor]


def main() -> None:
    asked = _arguments()
    asked.folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    run = Run(asked)
    run.network.share_memory()
    helpers = [multiprocessing.Process(target=help_train, args=(run, number)) for number in range(1, asked.workers)]
    for helper in helpers:
        helper.start()
    try:
        run.train()
    finally:
        for helper in helpers:
            helper.terminate()


def help_train(run: "Run", number: int) -> None:
    """Train the same weights in another process, on other examples.

    The processes do not wait for each other (Hogwild, Niu et al., 2011), which on a busy machine is what counts.
    """
    torch.set_num_threads(1)
    run.worker = number
    run.train()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where checkpoints are kept")
    parser.add_argument("--name", default="base", help="base, pocket-a, pocket-b or pocket-c")
    parser.add_argument("--minutes", type=float, required=True, help="processor time of each worker")
    parser.add_argument("--decay", type=float, default=0.2, help="the last part of the time, in which the rate falls")
    parser.add_argument("--first-rate", type=float, default=1.0, help="the rate to begin with, as a part of the peak")
    parser.add_argument("--last-rate", type=float, default=0.0, help="the rate to end with, as a part of the peak")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes of one thread each")
    return parser.parse_args()


def make_tokenizer(folder: Path) -> Tokenizer:
    """Learn the vocabulary once; it is kept beside the checkpoints."""
    path = folder / "tokenizer.json"
    if not path.exists():
        fixed = phrases()
        learn = VOCABULARY - len(SPECIALS) - 256 - len(MARKERS) - len(fixed)
        Tokenizer(fixed, learn_pieces(all_texts(), learn)).save(path)
    return Tokenizer.load(path)


class Run:
    """One training run and its checkpoint."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self.asked, self.worker = asked, 0
        self.tokenizer = make_tokenizer(asked.folder)
        self.network = Network(Shape(self.tokenizer.size))
        self.optimizer = Muon(self.network)
        self.model = "" if asked.name == "base" else asked.name
        self.path: Path = asked.folder / f"{asked.name}.pt"
        self.seconds, self.step, self.chunk, self.tokens = 0.0, 0, 0, 0
        if self.path.exists():
            self._load(self.path, whole=True)
        elif asked.name != "base":
            self._load(asked.folder / "base.pt", whole=False)
        self.test = self._test_batches()

    def _load(self, path: Path, *, whole: bool) -> None:
        saved = torch.load(path)
        self.network.load_state_dict(saved["network"])
        self.optimizer.load_state_dict(saved["optimizer"])
        if whole:
            self.seconds, self.step, self.chunk, self.tokens = saved["progress"]

    def save(self) -> None:
        saved = {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "progress": (self.seconds, self.step, self.chunk, self.tokens),
        }
        partial = self.path.with_suffix(".partial")
        torch.save(saved, partial)
        partial.replace(self.path)
        weights = {name: tensor.numpy() for name, tensor in self.network.state_dict().items()}
        numpy.savez(self.path.with_suffix(".npz"), **weights)

    def train(self) -> None:
        limit = self.asked.minutes * 60
        saved, losses, places, steps = time.monotonic(), 0.0, 0, 0
        for batches in self._steps():
            began = time.process_time()
            loss, count = self._learn(batches, self._rate(self.seconds / limit))
            self.seconds += time.process_time() - began
            losses, places, steps = losses + loss, places + count, steps + 1
            if steps == 50 and not self.worker:
                print(
                    f"{self.asked.name} step {self.step} {self.seconds / 60:.1f} min {self.tokens / 1e6:.2f} M tokens, "
                    f"loss {losses / places:.4f}",
                    flush=True,
                )
                losses, places, steps = 0.0, 0, 0
            if time.monotonic() - saved > CHECKPOINT_SECONDS and not self.worker:
                self.save()
                print(self._examine(), flush=True)
                saved = time.monotonic()
            if self.seconds >= limit:
                break
        if not self.worker:
            self.save()
            print("done:", self._examine(), flush=True)

    def _rate(self, part: float) -> float:
        """Rise for a few steps, stay, and fall in a line at the end."""
        asked = self.asked
        begin = 1 - asked.decay
        fall = max(0.0, part - begin) / asked.decay
        rate = asked.first_rate + (asked.last_rate - asked.first_rate) * min(1.0, fall)
        return PEAK * rate * min(1.0, (self.step + 1) / WARM_STEPS)

    def _learn(self, batches: list[Batch], rate: float) -> tuple[float, int]:
        count = sum(int((wanted >= 0).sum()) for _, wanted in batches)
        total = 0.0
        for tokens, wanted in batches:
            loss = self._scores(tokens, wanted)[0] / count
            loss.backward()
            total += loss.item() * count
            self.tokens += tokens.numel()
        self.optimizer.step(rate)
        self.step += 1
        return total, count

    def _scores(self, tokens: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
        """Return the summed loss at the wanted places, and the scores there."""
        with torch.autocast("cpu", torch.bfloat16):
            stream = self.network(tokens)
            logits = self.network.logits(stream[wanted >= 0]).float()
        return functional.cross_entropy(logits, wanted[wanted >= 0], reduction="sum"), logits

    def _steps(self) -> Iterator[list[Batch]]:
        while True:
            corpus = Corpus(self.chunk * 16 + self.worker, self.model)
            examples = [
                self._cut(prompt, reply) for _, prompt, reply in corpus.examples(CHUNK, together=self._together())
            ]
            batches = list(pack(examples))
            random.Random(self.chunk).shuffle(batches)
            self.chunk += 1
            for place in range(0, len(batches) - BATCHES_A_STEP + 1, BATCHES_A_STEP):
                yield batches[place : place + BATCHES_A_STEP]

    def _together(self) -> float:
        """First the facts, then more and more of what is built on them."""
        part = 1.0 if self.model else self.seconds / (self.asked.minutes * 60)
        return min(0.5, max(0.1, part * 1.2 - 0.3))

    def _cut(self, prompt: str, reply: str) -> tuple[list[int], int]:
        asked = self.tokenizer.encode(prompt)
        return asked + self.tokenizer.encode(reply)[1:], len(asked)

    def _test_batches(self) -> dict[str, list[Batch]]:
        kinds: dict[str, list[tuple[list[int], int]]] = {}
        for kind, prompt, reply in Corpus(-1, self.model).examples(900):
            if len(kinds.setdefault(kind, [])) < (60 if kind == "fact" else 24):
                kinds[kind].append(self._cut(prompt, reply))
        return {kind: list(pack(examples)) for kind, examples in kinds.items()}

    @torch.no_grad()
    def _examine(self) -> str:
        """Tell for each kind of fresh examples the part whose every token is the likeliest one."""
        told = []
        for kind, batches in sorted(self.test.items()):
            right = count = 0
            for tokens, wanted in batches:
                missed = torch.zeros_like(wanted, dtype=torch.bool)
                missed[wanted >= 0] = self._scores(tokens, wanted)[1].argmax(-1) != wanted[wanted >= 0]
                right += int((~missed.any(-1)).sum())
                count += len(tokens)
            told.append(f"{kind} {right / count:.2f}")
        return f"  whole: {', '.join(told)}"


def pack(examples: list[tuple[list[int], int]]) -> Iterator[Batch]:
    """Put examples of like length together; `wanted` is -1 where nothing is to be learnt."""
    ordered = sorted(examples, key=lambda example: len(example[0]))
    place = 0
    while place < len(ordered):
        rows = ordered[place : place + max(1, BATCH_TOKENS // len(ordered[place][0]))]
        rows = [row for row in rows if len(row[0]) * len(rows) <= BATCH_TOKENS * 1.3] or rows[:1]
        place += len(rows)
        longest = len(rows[-1][0]) - 1
        tokens = torch.zeros(len(rows), longest, dtype=torch.long)
        wanted = torch.full((len(rows), longest), -1)
        for index, (line, asked) in enumerate(rows):
            tokens[index, : len(line) - 1] = torch.tensor(line[:-1])
            wanted[index, asked - 1 : len(line) - 1] = torch.tensor(line[asked:])
        yield tokens, wanted


if __name__ == "__main__":
    main()
