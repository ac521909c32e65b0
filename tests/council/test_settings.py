"""Settings: where they come from, what is refused and with which words, and the texts made from them."""

from pathlib import Path

import pytest

from council.configuration import load_settings
from council.errors import ConfigurationError
from council.settings import Settings
from council.terminal.settings_docs import BEGIN, END, as_env, as_markdown, as_used

ROOT = Path(__file__).parents[2]
EVERYWHERE = "0.0.0.0"  # noqa: S104 - nothing is bound


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No `.env` of a developer is read."""
    monkeypatch.chdir(tmp_path)


def test_without_any_setting_everything_suits_a_laptop() -> None:
    settings = load_settings()
    assert (settings.backends, settings.host, settings.port) == (("ollama", "llama_cpp"), "127.0.0.1", 7860)
    assert settings.ollama_host == "http://127.0.0.1:11434"
    assert (settings.seats, settings.weights, settings.stand_ins, settings.passwords) == ((), (), {}, {})
    assert settings.data_dir == Path.cwd() / "data"


def test_lists_are_comma_separated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COUNCIL_SEATS", " llama3.2:3b , qwen3:4b=sceptic,")
    monkeypatch.setenv("COUNCIL_WEIGHTS", f"{tmp_path}/a.gguf, ~/models")
    monkeypatch.setenv("COUNCIL_BACKENDS", "llama_cpp")
    monkeypatch.setenv("COUNCIL_STAND_INS", "llama3:70b=llama3:8b, big = small")
    settings = load_settings()
    assert settings.seats == ("llama3.2:3b", "qwen3:4b=sceptic")
    assert settings.weights == (tmp_path / "a.gguf", Path.home() / "models")
    assert settings.backends == ("llama_cpp",)
    assert settings.stand_ins == {"llama3:70b": "llama3:8b", "big": "small"}


def test_what_holds_a_comma_itself_stands_in_quotes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COUNCIL_SEATS", '"a,b=c"=sceptic, plain')
    monkeypatch.setenv("COUNCIL_WEIGHTS", f'"{tmp_path}/one, two",{tmp_path}/x=y')
    monkeypatch.setenv("COUNCIL_STAND_INS", '"big,one"="small=one"')
    monkeypatch.setenv("COUNCIL_USERS", '"ada:pass,word",alan:plain')
    settings = load_settings()
    assert settings.seats == ('"a,b=c"=sceptic', "plain")
    assert settings.weights == (tmp_path / "one, two", tmp_path / "x=y")
    assert settings.stand_ins == {"big,one": "small=one"}
    assert settings.passwords == {"ada": "pass,word", "alan": "plain"}
    for line in as_used(settings).splitlines():
        name, _, value = line.partition("=")
        if name in ("COUNCIL_SEATS", "COUNCIL_WEIGHTS", "COUNCIL_STAND_INS"):
            monkeypatch.setenv(name, value)
    assert load_settings() == settings, "what is shown can be set again"


def test_the_environment_wins_over_the_file_and_an_argument_over_both(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("COUNCIL_PORT=1001\nCOUNCIL_MODE=full\nCOUNCIL_CHAIRMAN=qwen3:4b\nEDITOR=ed\n")
    monkeypatch.setenv("COUNCIL_PORT", "1002")
    monkeypatch.setenv("COUNCIL_MODE", "compare")
    settings = load_settings(mode="quick")
    assert (settings.port, settings.mode, settings.chairman) == (1002, "quick", "qwen3:4b")


@pytest.mark.parametrize(
    ("variable", "value", "url"),
    [
        ("OLLAMA_HOST", "127.0.0.1:11500", "http://127.0.0.1:11500"),
        ("OLLAMA_HOST", EVERYWHERE, "http://127.0.0.1:11434"),
        ("OLLAMA_HOST", "", "http://127.0.0.1:11434"),
        ("COUNCIL_OLLAMA_HOST", "https://box.local/ollama/", "https://box.local/ollama"),
        ("COUNCIL_OLLAMA_HOST", "[::1]:11434", "http://[::1]:11434"),
    ],
)
def test_ollama_is_found_where_its_own_variable_or_ours_says(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, url: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert load_settings().ollama_host == url


def test_our_variable_wins_over_that_of_ollama(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "nowhere.invalid")
    monkeypatch.setenv("COUNCIL_OLLAMA_HOST", "127.0.0.1:1")
    assert load_settings().ollama_host == "http://127.0.0.1:1"


def test_an_unknown_name_in_the_environment_is_refused_with_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNCIL_OLAMA_HOST", "127.0.0.1")
    with pytest.raises(ConfigurationError, match=r"'COUNCIL_OLAMA_HOST' \(in the environment\).*'COUNCIL_OLLAMA_HOST'"):
        load_settings()


def test_an_unknown_name_in_the_file_is_refused_with_the_nearest() -> None:
    Path(".env").write_text("COUNCIL_CHAIR=qwen3:4b\n")
    with pytest.raises(ConfigurationError, match=r"'COUNCIL_CHAIR' \(in '\.env'\).*Did you mean 'COUNCIL_CHAIRMAN'\?"):
        load_settings()


def test_a_file_that_is_no_text_is_refused_with_what_to_do() -> None:
    Path(".env").write_bytes(b"COUNCIL_PORT=\xff\xfe\n")
    with pytest.raises(ConfigurationError, match=r"'\.env' cannot be read .* Save it as UTF-8 text"):
        load_settings()


def test_an_unknown_name_that_resembles_nothing_is_answered_with_the_whole_list(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COUNCIL_ZZZ", "1")
    with pytest.raises(ConfigurationError, match=r"After COUNCIL_ comes one of: ABANDON_SECONDS, .*, WEIGHTS\."):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("PORT", "99999", "COUNCIL_PORT='99999' cannot be used: .* For example: COUNCIL_PORT=7860"),
        ("PORT", "http", "COUNCIL_PORT='http' cannot be used"),
        ("MODE", "fast", "'quick', 'compare', 'council' or 'full'. For example: COUNCIL_MODE=council"),
        ("BACKENDS", "olama", "Did you mean 'ollama'"),
        ("BACKENDS", "ollama,ollama", "each backend is named once"),
        ("BACKENDS", ",", "COUNCIL_BACKENDS"),
        ("BACKENDS", "openai", "Set COUNCIL_OPENAI_URL=http"),
        ("OPENAI_URL", "localhost", "COUNCIL_OPENAI_URL='localhost' .* For example: COUNCIL_OPENAI_URL=http"),
        ("OLLAMA_HOST", "ftp://box", "COUNCIL_OLLAMA_HOST='ftp://box' .* For example: COUNCIL_OLLAMA_HOST=http"),
        ("SEATS", "a,b,c,d,e,f,g,h,i", "at most 8 items"),
        ("LANGUAGE", "tlh", "the program speaks en, "),
        ("STAND_INS", "llama3", "each part reads big=small"),
        ("KEEP_ALIVE", "soon", "For example: COUNCIL_KEEP_ALIVE=30m"),
        ("STALL_SECONDS", "0", "greater than 0"),
        ("MEMORY_GB", "-1", "greater than or equal to 0"),
        ("HOST", EVERYWHERE, "Set COUNCIL_USERS=name:password, or COUNCIL_ALLOW_PUBLIC=true"),
        ("HOST", "council.example", "can be reached from other machines"),
        ("USERS", "ada", "each part reads name:password"),
        ("USERS", "ada:x,ada:y", "a name stands there twice"),
    ],
)
def test_a_value_that_cannot_be_used_is_answered_with_one_that_can(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, advice: str
) -> None:
    monkeypatch.setenv(f"COUNCIL_{name}", value)
    with pytest.raises(ConfigurationError, match=advice):
        load_settings()


def test_every_wrong_value_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNCIL_PORT", "x")
    monkeypatch.setenv("COUNCIL_MODE", "y")
    with pytest.raises(ConfigurationError) as refused:
        load_settings()
    assert [line.split("=")[0] for line in str(refused.value).splitlines()] == ["COUNCIL_MODE", "COUNCIL_PORT"]


@pytest.mark.parametrize("extra", [{"users": "ada:secret"}, {"allow_public": True}])
def test_other_machines_are_served_with_a_log_in_or_an_explicit_word(extra: dict[str, object]) -> None:
    assert load_settings(host=EVERYWHERE, **extra).host == EVERYWHERE


@pytest.mark.parametrize("host", ["127.0.0.2", "::1", "localhost"])
def test_this_machine_alone_needs_no_log_in(host: str) -> None:
    assert load_settings(host=host).passwords == {}


def test_secrets_are_usable_and_show_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNCIL_USERS", "ada:hunter2:with:colons, alan:swordfish")
    monkeypatch.setenv("COUNCIL_OPENAI_KEY", "sk-hunter2")
    monkeypatch.setenv("COUNCIL_OLLAMA_KEY", "sk-hunter2")
    settings = load_settings()
    assert settings.passwords == {"ada": "hunter2:with:colons", "alan": "swordfish"}
    assert settings.openai_key.get_secret_value() == "sk-hunter2"
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    assert "hunter2" not in shown and "swordfish" not in shown


def test_a_password_in_a_wrong_address_is_not_repeated_in_the_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNCIL_OLLAMA_HOST", "ftp://ada:hunter2@box")
    monkeypatch.setenv("COUNCIL_OPENAI_URL", "ada:hunter2@box")
    with pytest.raises(ConfigurationError, match="COUNCIL_OLLAMA_HOST") as refused:
        load_settings()
    assert "hunter2" not in str(refused.value) and "COUNCIL_OPENAI_URL" in str(refused.value)


def test_a_wrong_secret_is_not_repeated_in_the_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNCIL_USERS", "ada:hunter2,:swordfish")
    with pytest.raises(ConfigurationError) as refused:
        load_settings()
    assert "hunter2" not in str(refused.value) and "swordfish" not in str(refused.value)


def test_every_field_says_what_it_is_for_in_one_line() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description and "\n" not in field.description and field.description.endswith("."), name


def test_the_example_file_is_up_to_date() -> None:
    assert (ROOT / ".env.example").read_text() == as_env(), "run: python -m council settings --env > .env.example"


def test_the_table_in_the_readme_is_up_to_date() -> None:
    _, begins, rest = (ROOT / "README.md").read_text().partition(BEGIN + "\n")
    table, ends, _ = rest.partition(END)
    assert begins and ends
    assert table == as_markdown(), "replace it by what this prints: python -m council settings --markdown"


def test_every_line_of_the_example_file_can_be_used_as_it_stands() -> None:
    lines = [line.removeprefix("#") for line in as_env().splitlines() if line.startswith("#COUNCIL_")]
    assert len(lines) == len(Settings.model_fields)
    Path(".env").write_text("\n".join(lines))
    assert load_settings().chairman == "qwen3:4b"
