"""Ollama's store on disk: models by their tags, broken and crafted manifests, and the store of a real server."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from models.errors import ModelNotFoundError, WeightsError
from models.weights.finder import WeightsFinder
from models.weights.ollama_store import default_ollama_stores, read_store
from tests.models.weights.permissions import without_permission
from tests.ollama_server import OllamaServer

MODEL = "application/vnd.ollama.image.model"
USUAL = "registry.ollama.ai/library"


def add_blob(store: Path, gguf: Path) -> str:
    digest = hashlib.sha256(gguf.read_bytes()).hexdigest()
    (store / "blobs").mkdir(parents=True, exist_ok=True)
    shutil.copy(gguf, store / "blobs" / f"sha256-{digest}")
    return f"sha256:{digest}"


def add_manifest(store: Path, name: str, content: Any) -> None:
    path = store / "manifests" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))


def layers(digest: Any) -> dict[str, Any]:
    template = {"mediaType": "application/vnd.ollama.image.template", "digest": "sha256:" + "0" * 64}
    return {"schemaVersion": 2, "layers": [template, {"mediaType": MODEL, "digest": digest}]}


def make_finder(store: Path) -> WeightsFinder:
    return WeightsFinder([], ollama_stores=[store], download_dir=store / "downloads")


def test_models_carry_the_names_that_ollama_shows(tiny_gguf: Path, tmp_path: Path) -> None:
    digest = add_blob(tmp_path, tiny_gguf)
    places = [f"{USUAL}/qwen3/4b", "registry.ollama.ai/someone/own/v1", "hf.co/owner/Repository-GGUF/Q4_K_M"]
    for place in places:
        add_manifest(tmp_path, place, layers(digest))
    assert {model.name for model in read_store(tmp_path)} == {
        "qwen3:4b",
        "someone/own:v1",
        "hf.co/owner/Repository-GGUF:Q4_K_M",
    }


def test_the_blob_of_a_model_can_be_loaded_as_it_is(tiny_gguf: Path, tmp_path: Path) -> None:
    add_manifest(tmp_path, f"{USUAL}/llama3.2/3b", layers(add_blob(tmp_path, tiny_gguf)))
    finder = make_finder(tmp_path)
    weights = finder.resolve("llama3.2:3b")
    assert (weights.source, weights.size_bytes) == ("ollama", tiny_gguf.stat().st_size)
    assert weights.path.read_bytes() == tiny_gguf.read_bytes()
    assert finder.header(weights).quantization == "Q4_K_M"


def test_two_tags_of_one_blob_are_one_model_that_answers_to_both(tiny_gguf: Path, tmp_path: Path) -> None:
    digest = add_blob(tmp_path, tiny_gguf)
    for tag in ("latest", "mini"):
        add_manifest(tmp_path, f"{USUAL}/own/{tag}", layers(digest))
    finder = make_finder(tmp_path)
    (weights,) = finder.find()
    assert (weights.name, weights.aliases) == ("own:mini", ("own:latest",))
    assert finder.resolve("own") == finder.resolve("own:mini") == finder.resolve("OWN:latest") == weights


def test_settings_come_before_the_store_and_the_store_remains_the_second_candidate(
    tiny_gguf: Path, tmp_path: Path
) -> None:
    add_manifest(tmp_path, f"{USUAL}/tiny/latest", layers(add_blob(tmp_path, tiny_gguf)))
    finder = WeightsFinder([tiny_gguf], ollama_stores=[tmp_path], download_dir=tmp_path / "downloads")
    assert finder.resolve("tiny:latest").source == "settings"
    assert [weights.source for weights in finder.candidates("tiny")] == ["settings", "ollama"]


@pytest.mark.parametrize(
    "manifest",
    [
        "",
        "{",
        "[]",
        "null",
        '"text"',
        "\x00\x01",
        '{"layers": 3}',
        '{"layers": [3]}',
        '{"layers": [{"mediaType": "application/vnd.ollama.image.model"}]}',
        '{"layers": []}',
        " " * 2_000_000,
        "[" * 100_000,
    ],
    ids=lambda manifest: repr(manifest[:40]),
)
def test_a_broken_manifest_is_a_problem_of_its_own_and_hides_nothing(
    tiny_gguf: Path, tmp_path: Path, manifest: str
) -> None:
    add_manifest(tmp_path, f"{USUAL}/broken/1b", manifest)
    add_manifest(tmp_path, f"{USUAL}/good/1b", layers(add_blob(tmp_path, tiny_gguf)))
    finder = make_finder(tmp_path)
    assert [weights.name for weights in finder.find()] == ["good:1b"]
    with pytest.raises(WeightsError, match="broken"):
        finder.resolve("broken:1b")


@pytest.mark.parametrize(
    "digest",
    [
        "sha256:../../../secret",
        "sha256-" + "a" * 64,
        "sha256:" + "../" * 21 + "a",
        "../secret",
        "/etc/passwd",
        "sha256:" + "A" * 64,
        "sha256:" + "a" * 64 + "\n",
        "",
        None,
        7,
        ["sha256:" + "a" * 64],
    ],
)
def test_a_crafted_digest_leads_nowhere(tiny_gguf: Path, tmp_path: Path, digest: Any) -> None:
    store = tmp_path / "store"
    shutil.copy(tiny_gguf, tmp_path / "secret")
    (store / "blobs").mkdir(parents=True)
    add_manifest(store, f"{USUAL}/crafted/1b", layers(digest))
    finder = make_finder(store)
    assert finder.find() == []
    with pytest.raises(WeightsError, match="no valid digest"):
        finder.resolve("crafted:1b")


def test_a_missing_blob_is_named_with_the_command_that_brings_it(tmp_path: Path) -> None:
    add_manifest(tmp_path, f"{USUAL}/lost/1b", layers("sha256:" + "a" * 64))
    with pytest.raises(WeightsError, match=r"lost:1b.*missing.*ollama pull lost:1b"):
        make_finder(tmp_path).resolve("lost:1b")


def test_a_blob_that_is_cut_short_is_a_problem(tiny_gguf: Path, tmp_path: Path) -> None:
    digest = add_blob(tmp_path, tiny_gguf)
    blob = tmp_path / "blobs" / digest.replace(":", "-")
    blob.write_bytes(blob.read_bytes()[:5000])
    add_manifest(tmp_path, f"{USUAL}/half/1b", layers(digest))
    with pytest.raises(WeightsError, match="only a part of a GGUF"):
        make_finder(tmp_path).resolve("half:1b")


@pytest.mark.parametrize("name", ["manifests/x", "manifests/a/b/c", "manifests/a/b/c/d/e/f", ".DS_Store"])
def test_other_files_in_the_store_are_passed_over(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("something else")
    finder = make_finder(tmp_path)
    assert (finder.find(), finder.problems()) == ([], [])


def test_a_store_may_be_named_in_the_settings_like_a_folder_of_files(tiny_gguf: Path, tmp_path: Path) -> None:
    add_manifest(tmp_path, f"{USUAL}/own/1b", layers(add_blob(tmp_path, tiny_gguf)))
    (weights,) = WeightsFinder([tmp_path], download_dir=tmp_path / "downloads").find()
    assert (weights.name, weights.source) == ("own:1b", "ollama")


def test_a_store_that_may_not_be_read_is_told_to_who_looks_for_a_model(tiny_gguf: Path, tmp_path: Path) -> None:
    add_manifest(tmp_path / "store", f"{USUAL}/own/1b", layers(add_blob(tmp_path / "store", tiny_gguf)))
    finder = make_finder(tmp_path / "store")
    with (
        without_permission(tmp_path / "store"),
        pytest.raises(ModelNotFoundError, match=r"store' cannot be read.*usermod"),
    ):
        finder.resolve("own:1b")
    finder.refresh()
    assert finder.resolve("own:1b").source == "ollama"


def test_a_store_that_is_absent_is_no_problem(tmp_path: Path) -> None:
    finder = make_finder(tmp_path / "nowhere")
    assert (finder.find(), finder.problems()) == ([], [])


@pytest.mark.parametrize(
    ("environ", "stores"),
    [
        ({"OLLAMA_MODELS": "/disk/models", "HOME": "/h"}, ["/disk/models"]),
        ({"OLLAMA_MODELS": " ", "HOME": "/h"}, ["/h/.ollama/models", "/usr/share/ollama/.ollama/models"]),
        ({}, ["/usr/share/ollama/.ollama/models"]),
    ],
)
def test_stores_are_looked_for_where_ollama_keeps_them(environ: dict[str, str], stores: list[str]) -> None:
    assert default_ollama_stores(environ) == [Path(store) for store in stores]


@pytest.mark.ollama
def test_the_store_of_a_real_server_is_read(ollama_server: OllamaServer, tiny_gguf: Path) -> None:
    finder = WeightsFinder([], ollama_stores=[ollama_server.models_dir], download_dir=Path("nowhere"))
    weights = finder.resolve("tiny")
    assert (weights.name, weights.source) == ("tiny:latest", "ollama")
    assert finder.header(weights).architecture == "llama"
