"""Models that are run elsewhere: never chosen by the program, asked only where it was agreed to, and told."""

import json
from pathlib import Path

import pytest

from council.asking import CouncilRequest, make_council, server_hosts
from council.configuration import load_settings
from council.domain import Question, Seat
from council.errors import ConfigurationError, RemoteSeatsError
from council.reports.as_json import to_json, to_markdown
from council.reports.heading import heading
from council.runs.history import History
from council.runs.owners import LOCAL
from council.runs.registry import Runs
from council.seats import SeatWish, choose_seats
from council.settings import Settings
from council.terminal.cli import main
from council.terminal.doctor import _name, _state_of
from models.base import Health, ModelCard
from tests.council.applications import scripted
from tests.fakes import ScriptedBackend
from tests.scripted_ollama import scripted_ollama

pytestmark = pytest.mark.anyio

CLOUD = ModelCard("gpt-oss:120b-cloud", "ollama", remote_host="ollama.com")
FAR = ModelCard("gpt-4o", "openai", remote_host="api.example")
HERE = ModelCard("alpha:1b", "ollama", family="alpha", size_bytes=10**9)
CARDS = (CLOUD, FAR, HERE)
BY_HAND = CouncilRequest(seats=(SeatWish("alpha:1b"), SeatWish("gpt-oss:120b-cloud")))


def agree(*hosts: str) -> CouncilRequest:
    return BY_HAND.model_copy(update={"agreed_hosts": hosts})


def test_the_program_never_chooses_one_to_sit_or_to_conclude(settings: Settings) -> None:
    assert {seat.model for seat in choose_seats(CARDS)} == {"alpha:1b"}
    council = make_council(agree("ollama.com"), CARDS, settings)
    assert council.chairman.model == "alpha:1b"
    with pytest.raises(ConfigurationError, match=r"run elsewhere \(api\.example, ollama\.com\): none of them sits"):
        choose_seats([CLOUD, FAR])


@pytest.mark.parametrize("hosts", [(), ("api.example",), ("com",), ("ollama.com.evil.example",)])
def test_one_that_is_seated_by_hand_sits_only_with_its_own_host_agreed_to(
    hosts: tuple[str, ...], settings: Settings
) -> None:
    with pytest.raises(RemoteSeatsError, match=r"'gpt-oss:120b-cloud' runs at ollama\.com, not on this") as caught:
        make_council(agree(*hosts), CARDS, settings)
    assert caught.value.hosts == ("ollama.com",)
    assert "would be sent to ollama.com" in str(caught.value) and "--remote ollama.com" in str(caught.value)


def test_agreed_for_the_question_or_in_the_settings_it_sits_and_the_seat_says_where(settings: Settings) -> None:
    for request, agreed in ((agree("Ollama.com"), ()), (BY_HAND, ("ollama.com",))):
        council = make_council(request, CARDS, settings.model_copy(update={"remote_hosts": agreed}))
        assert [seat.remote_host for seat in council.seats] == ["", "ollama.com"]
        assert council.remote_hosts == ("ollama.com",)


def test_a_chairman_and_the_seats_of_the_settings_are_no_exception(settings: Settings) -> None:
    with pytest.raises(RemoteSeatsError):
        make_council(CouncilRequest(seats=(SeatWish("alpha:1b"),), chairman="gpt-4o"), CARDS, settings)
    with pytest.raises(RemoteSeatsError):
        make_council(CouncilRequest(), CARDS, settings.model_copy(update={"seats": ("gpt-4o",)}))
    quick = BY_HAND.model_copy(update={"mode": "quick"})
    assert make_council(quick, CARDS, settings).remote_hosts == (), "only the seat that speaks counts"


def test_a_follow_up_may_go_where_its_run_went_and_nowhere_else(settings: Settings) -> None:
    past = make_council(agree("ollama.com"), CARDS, settings)
    assert make_council(CouncilRequest(after=past), CARDS, settings).remote_hosts == ("ollama.com",)
    moved = [ModelCard("gpt-oss:120b-cloud", "ollama", remote_host="other.example"), HERE]
    with pytest.raises(RemoteSeatsError, match=r"other\.example"):
        make_council(CouncilRequest(after=past), moved, settings)
    past = make_council(CouncilRequest(seats=(SeatWish("alpha:1b"),)), CARDS, settings)
    gone = [ModelCard("alpha:1b", "openai", remote_host="api.example")]
    with pytest.raises(RemoteSeatsError, match=r"api\.example"):
        make_council(CouncilRequest(after=past), gone, settings)


def test_the_addresses_in_the_settings_tell_which_servers_a_user_put_elsewhere(tmp_path: Path) -> None:
    far = load_settings(env_file=None, backends="openai,ollama", openai_url="https://api.example/v1")
    assert server_hosts(far) == ("api.example",)
    unused = load_settings(env_file=None, ollama_host="https://ollama.example", openai_url="https://api.example")
    assert server_hosts(unused) == ("ollama.example",)
    assert server_hosts(load_settings(env_file=None, ollama_host="192.168.1.5")) == ()


async def test_heading_exports_and_history_say_where_the_question_went(history: History, settings: Settings) -> None:
    backend = ScriptedBackend()
    backend.elsewhere = {"beta:1b": "ollama.com"}
    request = CouncilRequest(seats=(SeatWish("alpha:1b"), SeatWish("beta:1b")), agreed_hosts=("ollama.com",))
    council = make_council(request, await backend.list_models(), settings)
    run = Runs(backend=backend, history=history).of(LOCAL).start(Question(text="Why?", language="en"), council)
    await run.ended()
    assert run.transcript.status == "complete"
    assert {config.remote_host for model, _, config in backend.prompts if model == "beta:1b"} == {"ollama.com"}
    assert {config.remote_host for model, _, config in backend.prompts if model == "alpha:1b"} == {""}
    stored = history.of(LOCAL).transcript(run.id)
    assert heading(stored).endswith("the question went to ollama.com")
    assert "seat-2 (beta:1b, run at ollama.com)" in to_markdown(stored)
    assert [seat["remote_host"] for seat in to_json(stored)["seats"]] == ["", "ollama.com"]


async def test_a_chairman_that_fails_is_followed_by_a_seat_here_first(history: History, settings: Settings) -> None:
    backend = ScriptedBackend()
    backend.elsewhere = {"alpha:1b": "ollama.com"}
    seats = tuple(SeatWish(f"{name}:1b") for name in ("alpha", "beta", "gamma"))
    request = CouncilRequest(seats=seats, chairman="gamma:1b", agreed_hosts=("ollama.com",))
    council = make_council(request, await backend.list_models(), settings)
    from council.method.synthesis import _attempts

    class Run:
        def __init__(self) -> None:
            self.council = council

    who = [seat.model for seat, _ in _attempts(Run(), {seat.id: "Yes." for seat in council.seats})]  # type: ignore[arg-type]
    assert who == ["gamma:1b", "gamma:1b", "beta:1b"]


def test_the_doctor_says_of_a_backend_and_of_a_seat_where_it_is() -> None:
    far = Health("openai", True, models=(FAR,), remote_host="api.example")
    assert str(_state_of(far)) == "backend openai: runs at api.example, not on this machine"
    assert _name(Seat(id="seat-1", model="gpt-4o", remote_host="api.example")) == "seat-1 (gpt-4o → api.example)"


def test_a_run_that_was_stored_before_places_were_known_is_read() -> None:
    assert Seat.model_validate({"id": "seat-1", "model": "a:1b"}).remote_host == ""


def council_with_cloud(*arguments: str) -> tuple[int, ScriptedBackend]:
    backend = ScriptedBackend(models=("alpha:1b", "beta:1b", "big:cloud"))
    backend.elsewhere = {"big:cloud": "ollama.com"}
    return main(arguments, opened=scripted(backend)), backend


@pytest.fixture
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("_at_home")
def test_with_default_settings_no_prompt_goes_to_a_cloud_model_that_an_ollama_lists(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted_ollama("gpt-oss:120b-cloud", "alpha:1b", "glm-4.6:cloud", "beta:1b") as ollama:
        monkeypatch.setenv("OLLAMA_HOST", ollama.url)
        assert main(("ask", "Why is the sky blue?")) == 0
        assert set(ollama.spoke) == {"alpha:1b", "beta:1b"}
        assert main(("ask", "Why?", "--seats", "alpha:1b,glm-4.6:cloud")) == 2
        assert main(("ask", "Why?", "--seats", "alpha:1b", "--chairman", "glm-4.6:cloud")) == 2
        assert set(ollama.spoke) == {"alpha:1b", "beta:1b"}
        by_hand = ("ask", "Why?", "--seats", "alpha:1b,glm-4.6:cloud", "--mode", "compare", "--remote", "ollama.com")
        assert main(by_hand) == 0
        assert "glm-4.6:cloud" in ollama.spoke
    assert "seat-2 (glm-4.6:cloud → ollama.com) answered" in capsys.readouterr().err


@pytest.mark.usefixtures("_at_home")
def test_the_terminal_marks_them_and_wants_a_word_before_it_asks_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert council_with_cloud("models")[0] == 0
    assert "runs at ollama.com, not on this machine" in capsys.readouterr().out
    assert council_with_cloud("models", "--json")[0] == 0
    cards = {card["name"]: card["remote_host"] for card in json.loads(capsys.readouterr().out)}
    assert cards == {"alpha:1b": "", "beta:1b": "", "big:cloud": "ollama.com"}
    by_hand = ("ask", "Why is the sky blue?", "--seats", "alpha:1b,big:cloud", "--mode", "compare")
    code, backend = council_with_cloud(*by_hand)
    assert (code, backend.prompts) == (2, [])
    assert "would be sent to ollama.com. Agree to it with `--remote ollama.com`" in capsys.readouterr().err
    code, backend = council_with_cloud(*by_hand, "--remote", "ollama.com")
    told = capsys.readouterr().err
    assert code == 0 and [model for model, _, _ in backend.prompts] == ["alpha:1b", "big:cloud"]
    assert "The question is sent to ollama.com" in told and "seat-2 (big:cloud → ollama.com) answered" in told
    assert "the question went to ollama.com" in told
    assert {model for model, _, _ in council_with_cloud("ask", "Why?")[1].prompts} == {"alpha:1b", "beta:1b"}
