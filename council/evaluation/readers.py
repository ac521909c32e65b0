"""Question sets from local files: our own JSONL, and the forms in which GSM8K, MMLU-Pro and GPQA are published."""

import csv
import json
import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from council.errors import ConfigurationError
from council.evaluation.graders import canonical
from council.evaluation.items import LETTERS, Item
from models.text import Text
from models.text import lazy_gettext as _

BUILT_IN = Path(__file__).parent / "questions.jsonl"
MOST_BYTES = 200_000_000

Form = Literal["council", "gsm8k", "mmlu-pro", "gpqa"]

_GPQA_WRONG = ("Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3")


@dataclass(frozen=True)
class QuestionSet:
    """The items of a file, and what of it could not be read: a sentence for each such line."""

    name: str
    items: tuple[Item, ...]
    faults: tuple[Text, ...] = ()


def read_questions(path: Path | None = None, *, form: Form = "council") -> QuestionSet:
    """Read a question set, by default the one that comes with the program.

    GSM8K and MMLU-Pro are JSONL files as published, GPQA a CSV file. Raises ConfigurationError where nothing can be
    read of it.
    """
    path = path or BUILT_IN
    lines = list(_lines_of(path))
    read = read_items(_FORMS[form](lines), name=path.stem)
    if not read.items:
        first = [*read.faults[:1]]
        raise ConfigurationError(
            _("'{path}' holds no question that can be graded.", path=str(path)),
            advice=first[0] if first else _("See the README for the form of a question set."),
        )
    return read


def read_items(lines: Iterable[str], *, name: str) -> QuestionSet:
    """Read a question set of our own form; broken lines and second items of the same id are faults."""
    items: dict[str, Item] = {}
    faults: list[Text] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            item = _checked(Item.model_validate(json.loads(line)))
        except (ValueError, RecursionError) as error:
            faults.append(_("Line {number} is left out: {reason}.", number=str(number), reason=_reason(error)))
            continue
        if item.id in items:
            faults.append(
                _("Line {number} is left out: there is an item {id!r} already.", number=str(number), id=item.id)
            )
        else:
            items[item.id] = item
    return QuestionSet(name, tuple(items.values()), tuple(faults))


def _checked(item: Item) -> Item:
    if item.grader == "choice" and len(item.options) < 2:
        raise ValueError("a choice needs two options or more")
    for answer in item.answer:
        if canonical(item, answer) is None:
            raise ValueError(f"the grader {item.grader} cannot read the answer {answer!r}")
    return item


def _lines_of(path: Path) -> Iterator[str]:
    """Yield a file's lines; raises ConfigurationError where it cannot be read or is too large to be a question set."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ConfigurationError(
                _("'{path}' is too large for a question set.", path=str(path)), advice=_("Take a part of it.")
            )
        yield from path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise ConfigurationError(
            _("The question set '{path}' cannot be read: {reason}.", path=str(path), reason=error.strerror or "?"),
            advice=_("Give the path of a JSONL file; without one, the questions that come with the program are asked."),
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            _("The question set '{path}' is not UTF-8.", path=str(path)), advice=_("Save it as UTF-8.")
        ) from error


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        return f"{where}: {first['msg']}" if where else first["msg"]
    return "it is no JSON object" if isinstance(error, json.JSONDecodeError | RecursionError) else str(error)


def _own(lines: Iterable[str]) -> Iterator[str]:
    yield from lines


def _gsm8k(lines: Iterable[str]) -> Iterator[str]:
    """{"question": …, "answer": "reasoning #### 42"}"""

    def convert(number: int, record: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "id": f"gsm8k-{number}",
            "question": record["question"],
            "answer": str(record["answer"]).rpartition("####")[2].strip(),
            "grader": "numeric",
            "topic": "gsm8k",
        }

    return _convert(lines, convert)


def _mmlu_pro(lines: Iterable[str]) -> Iterator[str]:
    """{"question_id": …, "question": …, "options": […], "answer": "C", "category": …}"""

    def convert(number: int, record: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "id": f"mmlu-pro-{record.get('question_id', number)}",
            "question": record["question"],
            "options": [option for option in record["options"] if option != "N/A"],
            "answer": record["answer"],
            "grader": "choice",
            "topic": str(record.get("category", "")),
        }

    return _convert(lines, convert)


def _gpqa(lines: Iterable[str]) -> Iterator[str]:
    """Columns "Question", "Correct Answer", "Incorrect Answer 1" to 3; the order of the options is drawn by lot."""
    for number, row in enumerate(csv.DictReader(f"{line}\n" for line in lines), start=1):
        options = [re.sub(r"\s+", " ", row.get(name) or "").strip() for name in ("Correct Answer", *_GPQA_WRONG)]
        order = list(range(len(options)))
        random.Random(f"gpqa:{number}").shuffle(order)
        yield json.dumps(
            {
                "id": f"gpqa-{number}",
                "question": row.get("Question") or "",
                "options": [options[place] for place in order],
                "answer": LETTERS[order.index(0)],
                "grader": "choice",
                "topic": row.get("High-level domain") or "",
            }
        )


def _convert(lines: Iterable[str], convert: Callable[[int, Mapping[str, Any]], dict[str, Any]]) -> Iterator[str]:
    """Rewrite each line in our own form; one that cannot be read stays as it is, and is told as a fault there."""
    for number, line in enumerate(lines, start=1):
        try:
            yield json.dumps(convert(number, json.loads(line)))
        except (ValueError, KeyError, TypeError, RecursionError):
            yield line


_FORMS: Mapping[Form, Callable[[Iterable[str]], Iterator[str]]] = {
    "council": _own,
    "gsm8k": _gsm8k,
    "mmlu-pro": _mmlu_pro,
    "gpqa": _gpqa,
}
