"""Exports: nothing is lost in JSON, and no text of a model gets out of its section in Markdown."""

import json
import re

import pytest

from council.reports.as_json import to_json, to_markdown
from council.reports.markdown_escape import embed
from council.transcript import Transcript
from tests.council.example_run import HOSTILE, example_run
from tests.council.transcripts import fold


@pytest.fixture
def transcript() -> Transcript:
    return fold(example_run())


def outline(markdown: str) -> list[str]:
    """The headings as a reader of CommonMark sees them: those within fences are none."""
    without_code = re.sub(r"^(```+|~~~+).*?^\1`*~*\s*?$", "", markdown, flags=re.MULTILINE | re.DOTALL)
    return [line for line in without_code.splitlines() if re.match(r"#{1,6} ", line)]


def test_the_json_has_the_promised_keys_and_survives_a_round_trip(transcript: Transcript) -> None:
    exported = to_json(transcript, "fr")
    promised = [
        "id",
        "question",
        "seats",
        "answers",
        "ballots",
        "standings",
        "debate",
        "synthesis",
        "status",
        "heading",
    ]
    assert list(exported)[: len(promised)] == promised
    assert json.loads(json.dumps(exported)) == exported
    assert (exported["id"], exported["question"], exported["status"]) == ("r1", "Où est Canberra ?", "partial")
    assert exported["heading"].startswith("2 sièges sur 3 ont répondu")
    assert exported["earlier"] == [{"question": "Salut ?", "answer": "Oui."}]


def test_the_json_tells_answers_with_cuts_restarts_failures_and_costs(transcript: Transcript) -> None:
    answers = {answer["seat"]: answer for answer in to_json(transcript)["answers"]}
    assert answers["seat-1"]["text"] == HOSTILE and answers["seat-1"]["thinking"] == "hm"
    assert answers["seat-1"]["usage"]["cached_tokens"] == 40 and answers["seat-1"]["usage"]["truncated"]
    assert answers["seat-2"]["restarts"] == ["The server died."]
    assert answers["seat-2"]["cuts"] == [{"what": "earlier_conversation", "kept": 10, "total": 99}]
    assert (answers["seat-3"]["state"], answers["seat-3"]["reason"]) == ("failed", "'gamma|1b' is not installed.")


def test_the_json_tells_which_text_of_a_seat_stands(transcript: Transcript) -> None:
    answers = {answer["seat"]: answer for answer in to_json(transcript)["answers"]}
    ben = answers["seat-2"]
    assert [(text["text"], text["stands"]) for text in (ben, *ben["revisions"])] == [
        ("En Australie.", False),
        ("En Océanie.", True),
        ("En Autriche.", False),
    ]
    undoing = {"seat": "seat-2", "before": 0.6, "after": 0.2}
    assert [revision["undone"] for revision in ben["revisions"]] == [None, undoing]
    assert [round["undone"] for round in to_json(transcript)["debate"]] == [[], [undoing]]
    assert answers["seat-1"]["stands"] and not answers["seat-3"]["stands"]


def test_the_json_tells_ballots_with_labels_and_notes_and_why_some_are_void(transcript: Transcript) -> None:
    cast, void = to_json(transcript)["ballots"]
    assert cast["labels"] == {"A": "seat-2", "B": "seat-1"} and cast["order"] == ["seat-1", "seat-2"]
    assert cast["notes"]["seat-2"] == {"strength": "short", "flaw": "too | short"}
    assert (cast["contradiction"], cast["second_order"], cast["raw"]) == ("the year", ["seat-1", "seat-2"], "{}")
    assert [turn["kind"] for turn in cast["turns"]] == ["ballot"]
    assert (void["voter"], void["void"], void["raw"]) == ("seat-2", "No order was found.", "A, I guess")


def test_the_json_tells_the_counts_the_debate_and_the_conclusion(transcript: Transcript) -> None:
    exported = to_json(transcript)
    assert exported["standings"]["round"] == 2
    assert [count["round"] for count in exported["standings"]["earlier"]] == [0, 1]
    debate, _ = exported["debate"]
    assert (debate["held"], debate["reason"]) == (True, "contradiction")
    assert [stance["decision"] for stance in debate["stances"]] == ["revise"]
    assert [turn["kind"] for turn in debate["turns"]] == ["stance", "revision"]
    assert debate["flips"] == [{"voter": "seat-1", "before": "seat-2", "after": "seat-1"}]
    assert exported["synthesis"]["text"] == "Canberra est en Australie." and exported["synthesis"]["truncated"]
    assert exported["synthesis"]["minutes"]["said_by_one"] == [{"seat": "seat-2", "point": "le lac"}]


@pytest.mark.parametrize("length", range(1, len(example_run()) + 1))
def test_a_run_cut_off_anywhere_can_be_exported(length: int) -> None:
    state = fold(example_run()[:length])
    assert json.dumps(to_json(state)) and to_markdown(state).startswith("# Question\n\nOù est Canberra ?")


def test_what_has_not_begun_is_not_exported() -> None:
    with pytest.raises(ValueError, match="has not begun"):
        to_json(Transcript())


def test_the_document_speaks_the_language_of_its_reader(transcript: Transcript) -> None:
    english, french = to_markdown(transcript), to_markdown(transcript, "fr")
    assert "## Answer of the council\n\nCanberra est en Australie.\n\n*The answer stops at its token limit.*" in english
    assert (
        "## Réponse du conseil\n\nCanberra est en Australie.\n\n*La réponse s’arrête à sa limite de jetons.*" in french
    )
    assert "voters saw the answers contradict" in english and "des votants ont vu les réponses se" in french
    assert "beta:1b on ollama, 7 tokens" in english and "beta:1b sur ollama, 7 jetons" in french


def test_the_document_tells_what_stood_behind_the_answer(transcript: Transcript) -> None:
    text = to_markdown(transcript)
    for told_there in (
        "2 of 3 seats answered",
        "| seat-1 | seat-1 > seat-2 | A = seat-2, B = seat-1 | seat-1 > seat-2 |",
        "abstains: No order was found.",
        "Started again: The server died.",
        "Shortened to fit the context: earlier conversation, 10 of 99 tokens kept.",
        "- seat-1 on seat-2: strength: short\n- seat-1 on seat-2: flaw: too \\| short",
        "| 1 | seat-1 (alpha:1b) | 0.75 | 2 |",
        "seat-1 now places seat-1 first, not seat-2",
        "The vote undid the revision of seat-2 (beta:1b, sceptic): it won 0.20 of its pairs, the text before it 0.60",
        "le lac (seat-2)",
    ):
        assert told_there in text


def test_no_text_of_a_model_changes_the_structure_of_the_document(transcript: Transcript) -> None:
    text = to_markdown(transcript)
    assert outline(text) == [
        "# Question",
        "## Earlier in this conversation",
        "### Salut ?",
        "## Answer of the council",
        "### Agreed",
        "### Disputed",
        "### Said by one seat only",
        "## Answers",
        "### seat-1 (alpha:1b)",
        "##### Standings",
        "##### Thinking",
        "### seat-2 (beta:1b, sceptic)",
        "##### Thinking",
        "#### Revised in round 1",
        "##### Thinking",
        "#### Revised in round 2, undone by the vote",
        "##### Thinking",
        "### seat-3 (gamma\\|1b, Be \\*bold\\* \\# and loud)",
        "## Ballots",
        "## Standings",
        "## Standings · Round 1",
        "## Standings · Round 2",
        "## Debate · Round 1",
        "## Debate · Round 2",
    ]
    assert "<script" not in text and "===" not in text
    assert "# a comment\nx < y\n```" in text, "code stays as it was written, and its fence is closed"


@pytest.mark.parametrize(
    ("text", "embedded"),
    [
        ("# One\n###### Six", "### One\n###### Six"),
        ("~~~\n# code\n~~~\n# text", "~~~\n# code\n~~~\n### text"),
        ("````\n```\n# code", "````\n```\n# code\n````"),
        ("- item\n  ```\n  code\nafter <b>", "- item\n  ```\n  code\n  ```\nafter &lt;b>"),
        ("a < b <!-- c -->", "a < b &lt;!-- c -->"),
        ("#hashtag and #", "#hashtag and #"),
    ],
)
def test_a_text_is_embedded_below_the_headings_of_the_document(text: str, embedded: str) -> None:
    assert embed(text, below=2) == embedded


@pytest.mark.parametrize(
    ("text", "embedded"),
    [
        (r"So \(x^2\), $y_1$ and \[ z \] at $5.", "So $x^2$, $y_1$ and $$ z $$ at $5."),
        ("\\[\n  a \\\\\n  b\n\\]", "$$\n  a \\\\\n  b\n$$"),
        (r"\begin{align}a&=b\end{align}", "$$\n\\begin{align}a&=b\\end{align}\n$$"),
        (r"\(a<b\) and <b>", r"$a\lt b$ and &lt;b>"),
        ("\\[\na\n= % so\n# b\n\n- c\n\\]", "$$a = # b - c$$"),
        ("> \\[\n> a\n> \\]", "> $$\n> a\n> $$"),
        (r"\(\text{$x$}\)", r"\(\text{$x$}\)"),
        ("```\n\\(x\\)\n```\n`\\(y\\)`", "```\n\\(x\\)\n```\n`\\(y\\)`"),
        ("a forged \ufdd07\ufdd1 mark and $x$", "a forged 7 mark and $x$"),
    ],
)
def test_formulas_keep_their_text_in_the_marks_that_other_programs_read(text: str, embedded: str) -> None:
    assert embed(text, below=2) == embedded
