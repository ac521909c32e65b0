"""The application: all parts are opened from the settings, work together, and are closed."""

import asyncio
import ssl
from pathlib import Path

import pytest
import trustme

from council import events as ev
from council.advice import explain_health
from council.application import open_application
from council.configuration import load_settings
from council.domain import Council, Question, Seat
from council.errors import ConfigurationError, HistoryError
from council.runs.history import History
from council.runs.owners import LOCAL
from council.runs.run import Run
from council.settings import Settings
from tests.models.http.wire_server import Call, Wire, serve
from tests.models.scripts import OLLAMA_DONE, ollama_line, ollama_server, says

pytestmark = pytest.mark.anyio

QUESTION = Question(text="Where is Canberra?", language="en")
TINY = Seat(id="seat-1", model="tiny")


async def started(run: Run) -> None:
    """Wait until the first text of a run."""
    async with asyncio.timeout(30):
        async for event in run.follow():
            if isinstance(event, ev.TurnDelta):
                return


async def test_only_the_backends_of_the_settings_are_opened(settings: Settings) -> None:
    for names in (("ollama",), ("llama_cpp",), ("llama_cpp", "ollama")):
        async with open_application(settings.model_copy(update={"backends": names})) as application:
            assert [health.backend for health in await application.backend.healths()] == list(names)
            assert (application.ollama is not None, application.llama_cpp is not None) == (
                "ollama" in names,
                "llama_cpp" in names,
            )


async def test_nothing_has_to_be_reachable_to_open(settings: Settings) -> None:
    nowhere = settings.model_copy(update={"ollama_host": "http://127.0.0.1:1"})
    async with open_application(nowhere) as application:
        healths = await application.backend.healths()
        assert not any(health.ok for health in healths) and all(health.detail for health in healths)
        assert await application.backend.list_models() == []


async def test_an_endpoint_is_opened_with_its_key(tmp_path: Path) -> None:
    values = {"backends": ("openai",), "openai_url": "http://127.0.0.1:1/v1", "data_dir": tmp_path}
    async with open_application(load_settings(env_file=None, openai_key="sk-1", **values)) as application:
        (health,) = await application.backend.healths()
        assert not health.ok and "sk-1" not in str(health.detail)
    with pytest.raises(ConfigurationError, match="COUNCIL_OPENAI_URL or COUNCIL_OPENAI_KEY") as refused:
        async with open_application(load_settings(env_file=None, openai_key="sk-é", **values)):
            pass
    assert "sk-é" not in str(refused.value)


async def test_a_key_opens_the_proxy_before_ollama_and_without_it_the_setting_is_named(tmp_path: Path) -> None:
    inner = ollama_server(says(ollama_line("Yes"), OLLAMA_DONE))

    async def guarded(call: Call, wire: Wire) -> None:
        if call.headers.get("authorization") == "Bearer sk-1":
            await inner(call, wire)
        else:
            await wire.json({"error": "who are you?"}, status=401)

    async with serve(guarded) as server:
        values = {"backends": ("ollama",), "ollama_host": server.url, "data_dir": tmp_path}
        async with open_application(load_settings(env_file=None, ollama_key="sk-1", **values)) as application:
            assert [card.name for card in await application.backend.list_models()] == ["tiny:latest"]
        async with open_application(load_settings(env_file=None, **values)) as application:
            (health,) = await application.backend.healths()
            assert "COUNCIL_OLLAMA_KEY" in str(explain_health(health))


async def test_the_authority_that_is_named_for_openssl_is_trusted_and_named_where_it_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    file = tmp_path / "ca.pem"
    async with serve(ollama_server(says(ollama_line("Yes"), OLLAMA_DONE)), tls=tls) as server:
        settings = load_settings(env_file=None, backends=("ollama",), ollama_host=server.url, data_dir=tmp_path)
        async with open_application(settings) as application:
            (health,) = await application.backend.healths()
            assert not health.ok and "SSL_CERT_FILE" in str(explain_health(health))
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        with pytest.raises(ConfigurationError, match="SSL_CERT_FILE"):
            async with open_application(settings):
                pass
        authority.cert_pem.write_to_path(str(file))
        async with open_application(settings) as application:
            assert [card.name for card in await application.backend.list_models()] == ["tiny:latest"]


async def test_weights_of_the_settings_answer_and_the_run_is_kept(tmp_path: Path, tiny_gguf: Path) -> None:
    settings = load_settings(env_file=None, data_dir=tmp_path, backends=("llama_cpp",), weights=(tiny_gguf,))
    council = Council(seats=(TINY,), chairman=TINY, mode="quick", answer_tokens=16)
    async with open_application(settings) as application:
        run = application.runs.of(LOCAL).start(QUESTION, council)
        async with asyncio.timeout(60):
            await run.ended()
        assert (run.transcript.status, str(run.transcript.reason)) == ("complete", "")
    async with open_application(settings) as application:
        assert application.history.of(LOCAL).find_same(QUESTION, council) == run.id
        assert application.runs.of(LOCAL).transcript(run.id).answer("seat-1").text  # type: ignore[union-attr]


async def test_closing_interrupts_what_is_under_way(tmp_path: Path, tiny_gguf: Path) -> None:
    settings = load_settings(env_file=None, data_dir=tmp_path, backends=("llama_cpp",), weights=(tiny_gguf,))
    council = Council(seats=(TINY,), chairman=TINY, mode="quick", answer_tokens=8192)
    async with open_application(settings) as application:
        run = application.runs.of(LOCAL).start(QUESTION, council)
        await started(run)
    assert not run.is_running and run.transcript.status == "interrupted"


async def test_a_run_whose_process_died_is_marked_when_the_next_one_opens(settings: Settings) -> None:
    settings.data_dir.mkdir()
    died = History(settings.data_dir / "history.db")
    council = Council(seats=(TINY,), chairman=TINY)
    died.of(LOCAL).append(
        "r1", ev.DeliberationStarted(id="r1", question=QUESTION, council=council, seed=1, nonce_seed="n")
    )
    died.close()
    async with open_application(settings) as application:
        assert application.history.of(LOCAL).transcript("r1").status == "interrupted"


async def test_a_history_that_cannot_be_used_keeps_nobody_out_and_says_what_to_do(settings: Settings) -> None:
    settings.data_dir.mkdir()
    (settings.data_dir / "history.db").write_bytes(b"no database" * 500)
    async with open_application(settings) as application:
        with pytest.raises(HistoryError, match="move it away"):
            application.history.of(LOCAL).entries()
