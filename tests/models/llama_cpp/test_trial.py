"""Weights are tried in another process first: none of these files may end the one that serves."""

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import gguf
import pytest

from models.base import GenerationConfig, Message
from models.errors import BackendError, WeightsError
from models.llama_cpp.backend import LlamaCppBackend
from models.llama_cpp.trial import Trials
from models.weights.finder import WeightsFinder
from tests import tiny_gguf


def same_text_twice(writer: gguf.GGUFWriter) -> None:
    """Give two tokens one text, as a vocabulary that was stitched together does."""
    tokens = writer.kv_data[0]["tokenizer.ggml.tokens"].value
    tokens[-1] = tokens[-2]


def no_vocabulary(writer: gguf.GGUFWriter) -> None:
    values = writer.kv_data[0]
    for key in [key for key in values if key.startswith("tokenizer.")]:
        del values[key]
    writer.add_tokenizer_model("none")


def epsilon(value: float) -> Callable[[gguf.GGUFWriter], None]:
    def change(writer: gguf.GGUFWriter) -> None:
        del writer.kv_data[0]["llama.attention.layer_norm_rms_epsilon"]
        writer.add_layer_norm_rms_eps(value)

    return change


DEADLY = {
    "the same text twice": same_text_twice,
    "no vocabulary": no_vocabulary,
    "a negative epsilon": epsilon(-1.0),
    "no number for epsilon": epsilon(float("nan")),
}


@pytest.fixture
def trials(tmp_path: Path) -> Trials:
    return Trials(tmp_path / "data" / "trials.json")


def check(trials: Trials, path: Path) -> None:
    trials.check(path, path.stat().st_size)


@pytest.mark.parametrize("fault", DEADLY)
def test_a_file_that_ends_a_process_is_a_typed_error_with_its_name(trials: Trials, tmp_path: Path, fault: str) -> None:
    path = tiny_gguf.make_tiny_gguf(tmp_path / "bad.gguf", quantised=False, change=DEADLY[fault])
    with pytest.raises(WeightsError) as refused:
        check(trials, path)
    assert repr(str(path)) in str(refused.value) and "choose another model" in str(refused.value)


@pytest.mark.parametrize("embeddings", [False, True])
def test_sound_files_pass(trials: Trials, tmp_path: Path, embeddings: bool) -> None:
    check(trials, tiny_gguf.make_tiny_gguf(tmp_path / "good.gguf", embeddings=embeddings))


def test_a_file_that_the_library_refuses_is_left_to_its_own_words(trials: Trials, tmp_path: Path) -> None:
    path = tmp_path / "text.gguf"
    path.write_bytes(b"GGUF" + bytes(200))
    check(trials, path)


async def test_a_good_model_goes_on_answering_beside_a_deadly_one(trials: Trials, tmp_path: Path) -> None:
    for name in ("good", "bad"):
        change = same_text_twice if name == "bad" else None
        tiny_gguf.make_tiny_gguf(tmp_path / f"{name}.gguf", quantised=False, change=change)
    backend = LlamaCppBackend(WeightsFinder([tmp_path], download_dir=tmp_path / "none"), trials=trials)
    try:
        for deadly in (backend.count_tokens("bad", "word"), backend.embed("bad", ["word"]), _ask(backend, "bad")):
            with pytest.raises(BackendError, match=r"bad\.gguf"):
                await deadly
        assert await _ask(backend, "good")
        assert await backend.count_tokens("good", "word") > 0
    finally:
        await backend.close()


async def _ask(backend: LlamaCppBackend, model: str) -> str:
    config = GenerationConfig(max_tokens=8, context_tokens=256)
    async with backend.stream(model, [Message("user", "Hello")], config) as chunks:
        return "".join([chunk.text async for chunk in chunks])


def test_a_file_is_tried_once_and_anew_after_a_change(tmp_path: Path) -> None:
    path, log = tmp_path / "model.gguf", tmp_path / "log"
    path.write_bytes(b"first")
    command = [sys.executable, "-c", f"import sys; open({str(log)!r}, 'a').write('tried ')"]
    for _ in range(2):
        check(Trials(tmp_path / "trials.json", command=command), path)
    assert log.read_text() == "tried "
    path.write_bytes(b"second")
    check(Trials(tmp_path / "trials.json", command=command), path)
    assert log.read_text() == "tried tried "


def test_another_version_of_the_library_tries_anew(tmp_path: Path) -> None:
    path, kept = tmp_path / "model.gguf", tmp_path / "trials.json"
    path.write_bytes(b"model")
    check(Trials(kept, command=["true"]), path)
    kept.write_text(kept.read_text().replace('"library": "', '"library": "0'))
    with pytest.raises(WeightsError, match="exit code 1"):
        check(Trials(kept, command=["false"]), path)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"library": 1}', '{"faults": {}}', "null"])
def test_a_damaged_memory_of_trials_costs_a_trial_and_no_more(tmp_path: Path, content: str) -> None:
    kept = tmp_path / "trials.json"
    kept.write_text(content)
    path = tmp_path / "model.gguf"
    path.write_bytes(b"model")
    check(Trials(kept, command=["true"]), path)


def test_a_folder_that_cannot_be_written_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"model")
    check(Trials(path / "trials.json", command=["true"]), path)


def test_a_trial_without_an_end_is_given_up_and_not_remembered(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"model")
    waits = [sys.executable, "-c", "import time; time.sleep(600)"]
    with pytest.raises(WeightsError, match="did not come to its end"):
        check(Trials(tmp_path / "trials.json", command=waits, least_seconds=0.5), path)
    check(Trials(tmp_path / "trials.json", command=["true"]), path)


def test_closing_ends_the_trial_that_is_under_way(tmp_path: Path) -> None:
    path, begun = tmp_path / "model.gguf", tmp_path / "begun"
    path.write_bytes(b"model")
    os.mkfifo(begun)
    trials = Trials(command=[sys.executable, "-c", f"open({str(begun)!r}, 'w').close(); import time; time.sleep(600)"])
    faults: list[BackendError] = []

    def wait() -> None:
        try:
            check(trials, path)
        except WeightsError as error:
            faults.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    begun.open().close()  # returns when the other process has opened it
    trials.close()
    waiting.join(timeout=60)
    assert not waiting.is_alive() and len(faults) == 1
    with pytest.raises(WeightsError):
        check(trials, path)


def test_the_library_says_which_architectures_it_does_not_know(tmp_path: Path) -> None:
    kept = tmp_path / "trials.json"
    unknown = Trials(kept).unknown_architectures({"llama", "llama9", "gptj", "qwen3", "a'b\u2028c"})
    assert set(unknown) == {"llama9", "gptj", "a'b\u2028c"}
    said = str(unknown["llama9"])
    assert "does not know the architecture 'llama9'" in said and "newer version" in said and "Fetch" not in said
    asked_again = Trials(kept, command=["false"]).unknown_architectures({"llama", "llama9"})
    assert set(asked_again) == {"llama9"}, "kept: nobody was asked"


def test_where_the_library_does_not_say_every_architecture_is_taken_for_known_and_asked_again(tmp_path: Path) -> None:
    kept = tmp_path / "trials.json"
    assert Trials(kept, command=["false"]).unknown_architectures({"llama9"}) == {}
    assert set(Trials(kept).unknown_architectures({"llama9"})) == {"llama9"}


def test_a_file_that_was_found_deadly_is_told_without_another_trial(trials: Trials, tmp_path: Path) -> None:
    path = tiny_gguf.make_tiny_gguf(tmp_path / "bad.gguf", quantised=False, change=same_text_twice)
    assert trials.known_fault(path) is None
    with pytest.raises(WeightsError):
        check(trials, path)
    fault = Trials(tmp_path / "data" / "trials.json").known_fault(path)
    assert fault is not None and "break down" in str(fault)
    finder = WeightsFinder([tmp_path], download_dir=tmp_path / "none", judge=trials)
    assert (finder.find(), list(map(str, finder.problems()))) == ([], [str(fault)])


def test_an_architecture_of_tomorrow_is_never_offered(trials: Trials, tmp_path: Path) -> None:
    content = tiny_gguf.make_tiny_gguf(tmp_path / "good.gguf").read_bytes()
    (tmp_path / "new.gguf").write_bytes(content.replace(b"llama", b"llam9"))
    finder = WeightsFinder([tmp_path], download_dir=tmp_path / "none", judge=trials)
    assert [weights.name for weights in finder.find()] == ["good"]
    (problem,) = finder.problems()
    assert "new.gguf" in str(problem) and "does not know the architecture 'llam9'" in str(problem)
