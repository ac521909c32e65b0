"""Writes council/evaluation/questions.jsonl anew, always the same. Usage: python -m scripts.questions.make"""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

from scripts.questions import counting, facts, reading

TARGET = Path(__file__).resolve().parents[2] / "council" / "evaluation" / "questions.jsonl"
EACH = 20  # of a topic, in a language
Make = Callable[[Random, str], dict[str, Any]]

TOPICS: Mapping[str, tuple[Make, ...]] = {
    "sums": counting.SUMS,
    "units": counting.UNITS,
    "dates": counting.DATES,
    "logic": facts.LOGIC,
    "formats": facts.FORMATS,
    "unanswerable": facts.UNANSWERABLE,
    "reading": reading.READING,
    "extraction": reading.EXTRACTION,
}


def items() -> Iterator[dict[str, Any]]:
    """Yield every item; templates of a topic take turns, and no question comes twice."""
    for language in ("en", "fr"):
        for topic, makers in TOPICS.items():
            asked: set[str] = set()
            draw = 0
            while len(asked) < EACH:
                made = makers[len(asked) % len(makers)](Random(f"{topic}:{language}:{draw}"), language)
                draw += 1
                if made["question"] not in asked:
                    asked.add(made["question"])
                    name = f"{language}-{topic}-{len(asked)}"
                    yield {"id": name, "language": language, "topic": topic, **made}


def main() -> None:
    """Write the file."""
    lines = [json.dumps(item, ensure_ascii=False) for item in items()]
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines)} items in {TARGET.name}")


if __name__ == "__main__":
    main()
