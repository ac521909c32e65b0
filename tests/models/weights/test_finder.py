"""Finding weights among real files: whole ones, halves, and files that are something else."""

import os
import shutil
import threading
from collections.abc import Collection
from pathlib import Path

import pytest

from models.errors import ModelNotFoundError, WeightsError
from models.weights.finder import WeightsFinder, default_hf_cache
from tests.models.weights.permissions import without_permission


def make_finder(*paths: Path, tmp_path: Path, hf_cache: Path | None = None) -> WeightsFinder:
    return WeightsFinder(paths, hf_cache=hf_cache, download_dir=tmp_path / "downloads")


def place(gguf: Path, *targets: Path) -> None:
    for target in targets:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(gguf, target)


def rename_architecture(source: Path, target: Path, architecture: str) -> None:
    """Say that a Llama is something else; a name of five letters, so that nothing moves."""
    target.write_bytes(source.read_bytes().replace(b"llama", architecture.encode()))


def test_a_file_in_the_settings_is_called_by_its_name_without_the_ending(tiny_gguf: Path, tmp_path: Path) -> None:
    place(tiny_gguf, tmp_path / "My-Model-Q4_K_M.gguf")
    finder = make_finder(tmp_path / "My-Model-Q4_K_M.gguf", tmp_path=tmp_path)
    (weights,) = finder.find()
    assert (weights.name, weights.source) == ("My-Model-Q4_K_M", "settings")
    assert weights.size_bytes == tiny_gguf.stat().st_size
    assert finder.resolve("my-model-q4_k_m") == weights
    assert finder.header(weights).architecture == "llama"


def test_a_given_file_needs_no_ending(tiny_gguf: Path, tmp_path: Path) -> None:
    place(tiny_gguf, tmp_path / "sha256-abc")
    assert make_finder(tmp_path / "sha256-abc", tmp_path=tmp_path).resolve("sha256-abc").path == tmp_path / "sha256-abc"


def test_a_folder_with_mixed_files_gives_the_whole_models_and_names_the_broken_ones(
    tiny_gguf: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "mixed"
    place(tiny_gguf, folder / "good.gguf", folder / "publisher" / "repository" / "deep.gguf")
    content = tiny_gguf.read_bytes()
    (folder / "half.gguf").write_bytes(content[: len(content) // 2])
    (folder / "text.gguf").write_text("not a model")
    (folder / "empty.gguf").touch()
    (folder / "notes.txt").write_text("no model, and nobody says that it is one")
    (folder / "dangling.gguf").symlink_to(folder / "gone")
    finder = make_finder(folder, tmp_path=tmp_path)
    assert [weights.name for weights in finder.find()] == ["good", "deep"]
    problems = [str(problem) for problem in finder.problems()]
    assert len(problems) == 3
    assert [name for name in ("empty", "half", "text") if any(f"{name}.gguf" in problem for problem in problems)] == [
        "empty",
        "half",
        "text",
    ]


@pytest.mark.parametrize("share", [0.9999, 0.5, 0.01, 0.0001])
def test_half_a_model_is_refused_with_its_path_and_what_to_do(tiny_gguf: Path, tmp_path: Path, share: float) -> None:
    half = tmp_path / "half.gguf"
    content = tiny_gguf.read_bytes()
    half.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(WeightsError, match=r"half\.gguf.*only a part of a GGUF.*Fetch the file again"):
        make_finder(half, tmp_path=tmp_path).resolve("half")


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "not a GGUF file"),
        (b"<!DOCTYPE html><html>sign in</html>", "not a GGUF file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS pointer"),
        (b"GGUF\x01\x00\x00\x00" + bytes(16), "GGUF version 1"),
        (b"GGUF\x00\x00\x00\x03" + bytes(16), "big-endian"),
        (b"GGUF\x03\x00\x00\x00" + b"\xff" * 16, "makes no sense"),
        (b"GGUF\x03\x00\x00\x00" + bytes(16), "no model architecture"),
    ],
)
def test_a_file_that_is_no_model_is_refused_with_the_cause(tmp_path: Path, content: bytes, cause: str) -> None:
    path = tmp_path / "wrong.gguf"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=cause) as caught:
        make_finder(path, tmp_path=tmp_path).resolve("wrong")
    assert str(path) in str(caught.value)


def test_a_path_that_does_not_exist_is_named(tmp_path: Path) -> None:
    finder = make_finder(tmp_path / "nowhere" / "x.gguf", tmp_path=tmp_path)
    assert finder.find() == []
    with pytest.raises(WeightsError, match=r"nowhere.*does not exist") as caught:
        finder.resolve("x")
    assert caught.value.cause == "weights_path"


def test_an_empty_folder_in_the_settings_is_a_problem_and_not_an_error(tmp_path: Path) -> None:
    finder = make_finder(tmp_path, tmp_path=tmp_path)
    assert finder.find() == []
    assert "holds no .gguf file" in str(finder.problems()[0])


def test_a_loop_of_links_is_a_problem_and_not_an_error(tmp_path: Path) -> None:
    loop = tmp_path / "loop.gguf"
    loop.symlink_to(loop)
    assert "loop.gguf" in str(make_finder(loop, tmp_path=tmp_path).problems()[0])


def test_a_pipe_that_is_called_like_a_model_is_not_waited_for(tiny_gguf: Path, tmp_path: Path) -> None:
    place(tiny_gguf, tmp_path / "models" / "good.gguf")
    os.mkfifo(tmp_path / "models" / "pipe.gguf")
    finder = make_finder(tmp_path / "models", tmp_path=tmp_path)
    looking = threading.Thread(target=finder.find, daemon=True)
    looking.start()
    looking.join(10)
    assert not looking.is_alive() and [weights.name for weights in finder.find()] == ["good"]


def test_an_unreadable_file_does_not_hide_the_others(tiny_gguf: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed.gguf"
    place(tiny_gguf, closed)
    finder = make_finder(closed, tmp_path=tmp_path)
    with without_permission(closed):
        assert finder.find() == []
        with pytest.raises(WeightsError, match=r"closed\.gguf.*read"):
            finder.resolve("closed")


def test_two_files_of_one_name_are_both_listed_and_the_first_one_keeps_the_name(
    tiny_gguf: Path, tmp_path: Path
) -> None:
    place(tiny_gguf, tmp_path / "a" / "same.gguf", tmp_path / "b" / "same.gguf")
    finder = make_finder(tmp_path / "a", tmp_path / "b", tmp_path=tmp_path)
    assert [weights.name for weights in finder.find()] == ["same", "b/same"]
    assert finder.resolve("same").path.parent.name == "a"
    assert finder.resolve("b/same").path.parent.name == "b"
    assert [weights.path.parent.name for weights in finder.candidates("same")] == ["a", "b"]


def test_one_file_by_two_ways_is_one_model(tiny_gguf: Path, tmp_path: Path) -> None:
    place(tiny_gguf, tmp_path / "models" / "one.gguf")
    (tmp_path / "link.gguf").symlink_to(tmp_path / "models" / "one.gguf")
    finder = make_finder(tmp_path / "models", tmp_path / "link.gguf", tmp_path=tmp_path)
    (weights,) = finder.find()
    assert (weights.name, weights.aliases) == ("one", ("link",))


def test_the_cache_of_the_hub_is_searched_after_the_settings(tiny_gguf: Path, tmp_path: Path) -> None:
    cache = tmp_path / "hub"
    blob = cache / "models--someone--Some-Model-GGUF" / "blobs" / "abc"
    snapshot = cache / "models--someone--Some-Model-GGUF" / "snapshots" / "f00" / "some-model.gguf"
    place(tiny_gguf, blob, tmp_path / "mine.gguf", tmp_path / "downloads" / "fetched.gguf")
    snapshot.parent.mkdir(parents=True)
    snapshot.symlink_to(blob)
    finder = make_finder(tmp_path / "mine.gguf", tmp_path=tmp_path, hf_cache=cache)
    assert [(weights.name, weights.source) for weights in finder.find()] == [
        ("mine", "settings"),
        ("some-model", "hugging_face"),
        ("fetched", "download"),
    ]


class Judge:
    """Knows one architecture and one faulty file less than there are."""

    def __init__(self, architecture: str = "", file: str = "") -> None:
        self.architecture = architecture
        self.file = file
        self.asked: list[set[str]] = []

    def unknown_architectures(self, names: Collection[str]) -> dict[str, WeightsError]:
        self.asked.append(set(names))
        return {name: WeightsError(f"{name!r} is too new.") for name in names if name == self.architecture}

    def known_fault(self, path: Path) -> WeightsError | None:
        return WeightsError(f"{path.name} is deadly.") if path.name == self.file else None


def test_a_file_that_the_library_cannot_run_is_told_and_not_listed(tiny_gguf: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    place(tiny_gguf, folder / "good.gguf", folder / "deadly.gguf")
    rename_architecture(folder / "good.gguf", folder / "new.gguf", "llam9")
    judge = Judge("llam9", "deadly.gguf")
    finder = WeightsFinder([folder], download_dir=tmp_path / "none", judge=judge)
    assert [weights.name for weights in finder.find()] == ["good"]
    assert judge.asked == [{"llama", "llam9"}], "asked once for all"
    told = " ".join(map(str, finder.problems()))
    assert "deadly.gguf is deadly." in told and "new.gguf' cannot be used: 'llam9' is too new." in told
    with pytest.raises(WeightsError, match=r"new\.gguf.*'llam9' is too new"):
        finder.resolve("new")


def test_a_download_under_way_is_not_taken_for_a_model(tiny_gguf: Path, tmp_path: Path) -> None:
    place(tiny_gguf, tmp_path / "downloads" / "big.gguf.part")
    finder = make_finder(tmp_path=tmp_path)
    assert (finder.find(), finder.problems()) == ([], [])


def test_a_model_in_parts_is_one_model_of_their_common_size(tiny_gguf: Path, tmp_path: Path) -> None:
    place(tiny_gguf, tmp_path / "big-00001-of-00002.gguf", tmp_path / "big-00002-of-00002.gguf")
    finder = make_finder(tmp_path, tmp_path=tmp_path)
    (weights,) = finder.find()
    assert (weights.name, weights.size_bytes) == ("big", 2 * tiny_gguf.stat().st_size)


def test_a_missing_part_is_named(tiny_gguf: Path, tmp_path: Path) -> None:
    place(tiny_gguf, tmp_path / "big-00001-of-00003.gguf", tmp_path / "big-00003-of-00003.gguf")
    with pytest.raises(WeightsError, match=r"'big-00002-of-00003\.gguf' is missing"):
        make_finder(tmp_path, tmp_path=tmp_path).resolve("big")


def test_where_nothing_can_be_run_the_faults_are_named(tiny_gguf: Path, tmp_path: Path) -> None:
    assert str(make_finder(tmp_path=tmp_path).explain_lack()) == "No usable GGUF weights on this disk."
    (tmp_path / "half.gguf").write_bytes(tiny_gguf.read_bytes()[:9000])
    lack = str(make_finder(tmp_path / "half.gguf", tmp_path=tmp_path).explain_lack())
    assert "half.gguf" in lack
    assert "only a part of a GGUF" in lack
    assert lack.endswith("No usable GGUF weights on this disk.")


def test_an_unknown_model_is_not_found_and_the_message_says_what_is_here(tiny_gguf: Path, tmp_path: Path) -> None:
    finder = make_finder(tiny_gguf, tmp_path=tmp_path)
    with pytest.raises(ModelNotFoundError, match=r"'llama9:1b'.*here: 'tiny'") as caught:
        finder.resolve("llama9:1b")
    assert (caught.value.cause, caught.value.model) == ("no_weights", "llama9:1b")


@pytest.mark.parametrize("name", ["../../secret", "/etc/passwd", "", ".", "a\0b"])
def test_a_name_is_never_taken_for_a_path(tiny_gguf: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelNotFoundError):
        make_finder(tiny_gguf, tmp_path=tmp_path).resolve(name)


def test_a_known_file_answers_to_the_name_that_ollama_has_for_it(tiny_gguf: Path, tmp_path: Path) -> None:
    place(tiny_gguf, tmp_path / "Llama-3.2-3B-Instruct-Q5_K_M.gguf")
    finder = make_finder(tmp_path, tmp_path=tmp_path)
    assert finder.resolve("llama3.2:3b").name == "Llama-3.2-3B-Instruct-Q5_K_M"
    assert finder.resolve("llama3.2").name == "Llama-3.2-3B-Instruct-Q5_K_M"


def test_new_weights_are_found_after_a_few_seconds_or_at_once_when_told(tiny_gguf: Path, tmp_path: Path) -> None:
    now = 0.0
    finder = WeightsFinder([], download_dir=tmp_path, clock=lambda: now)
    assert finder.find() == []
    place(tiny_gguf, tmp_path / "new.gguf")
    assert finder.find() == []
    now = 4.0
    assert [weights.name for weights in finder.find()] == ["new"]
    place(tiny_gguf, tmp_path / "newer.gguf")
    finder.refresh()
    assert [weights.name for weights in finder.find()] == ["new", "newer"]


def test_a_file_that_grew_whole_is_read_again(tiny_gguf: Path, tmp_path: Path) -> None:
    content = tiny_gguf.read_bytes()
    (tmp_path / "slow.gguf").write_bytes(content[:1000])
    finder = make_finder(tmp_path, tmp_path=tmp_path)
    assert finder.find() == []
    (tmp_path / "slow.gguf").write_bytes(content)
    finder.refresh()
    assert [weights.name for weights in finder.find()] == ["slow"]


@pytest.mark.parametrize(
    ("environ", "cache"),
    [
        ({"HF_HUB_CACHE": "/a", "HF_HOME": "/b", "HOME": "/h"}, "/a"),
        ({"HF_HOME": "/b", "HOME": "/h"}, "/b/hub"),
        ({"XDG_CACHE_HOME": "/c", "HOME": "/h"}, "/c/huggingface/hub"),
        ({"HOME": "/h"}, "/h/.cache/huggingface/hub"),
    ],
)
def test_the_cache_of_the_hub_is_where_its_own_variables_say(environ: dict[str, str], cache: str) -> None:
    assert default_hf_cache(environ) == Path(cache)
    assert default_hf_cache({}) is None
