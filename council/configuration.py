"""Reads the settings from the environment and `.env`; says how each is written, and why one cannot be used."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from dotenv import dotenv_values
from pydantic import SecretStr, ValidationError

from council.errors import ConfigurationError, did_you_mean
from council.settings import PREFIX, BackendName, Settings, WrongValue, environment
from models.http.errors import without_password
from models.text import Text, sentences, verbatim
from models.text import lazy_gettext as _


def load_settings(*, env_file: Path | None = Path(".env"), **values: Any) -> Settings:
    """Read the settings; `values` win over the environment, and that over the file.

    Raises ConfigurationError, whose text names each wrong setting and a right value for it.
    """
    _refuse_unknown_names(environment(), _("in the environment"))
    if env_file is not None and env_file.is_file():
        _refuse_unknown_names(read_env_file(env_file), _("in {file!r}", file=str(env_file)))
    try:
        return Settings(_env_file=env_file, **values)
    except ValidationError as error:
        first = {part["loc"][:1]: part for part in reversed(error.errors())}
        explained = [_explain(dict(part)) for part in reversed(first.values())]
        raise ConfigurationError(sentences(explained, between="\n")) from None


def read_env_file(env_file: Path) -> Mapping[str, str | None]:
    """What a file sets; raises ConfigurationError where it cannot be read."""
    try:
        return dotenv_values(env_file)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            _("{file!r} cannot be read ({reason}).", file=str(env_file), reason=str(error)),
            advice=_("Save it as UTF-8 text that you may read; .env.example shows one."),
        ) from error


def _refuse_unknown_names(variables: Mapping[str, object], where: Text) -> None:
    known = {name.upper() for name in Settings.model_fields}
    for name in variables:
        short = name.upper().removeprefix(PREFIX)
        if name.upper().startswith(PREFIX) and short not in known:
            every = _("After {prefix} comes one of: {names}.", prefix=PREFIX, names=", ".join(sorted(known)))
            raise ConfigurationError(
                _("There is no setting {name!r} ({where}).", name=name, where=where),
                advice=did_you_mean(short, known, prefix=PREFIX) or every,
            )


def _explain(error: Mapping[str, Any]) -> Text:
    refusal = error.get("ctx", {}).get("error")
    problem = refusal.problem if isinstance(refusal, WrongValue) else verbatim(str(error["msg"]).rstrip("."))
    if not error["loc"]:
        return _("{problem}.", problem=problem)
    name = str(error["loc"][0])
    is_secret = isinstance(Settings.model_fields[name].default, SecretStr)
    setting = setting_name(name) + ("" if is_secret else f"={_shown(error['input'])!r}")
    near = did_you_mean(str(error["input"]), get_args(BackendName)) if name == "backends" else None
    explained = [
        _("{setting} cannot be used: {problem}.", setting=setting, problem=problem),
        _("For example: {line}.", line=example_line(name)),
    ]
    return sentences([*explained, near] if near else explained)


def _shown(given: object) -> object:
    return without_password(str(given)) if isinstance(given, str | Path) else given


def setting_name(field: str) -> str:
    """What a field is called in the environment."""
    return PREFIX + field.upper()


def example_line(field: str) -> str:
    """A line for `.env` that sets a field to its default, or to an example where the default is empty."""
    examples = Settings.model_fields[field].examples
    return f"{setting_name(field)}={examples[0] if examples else show_default(field)}"


def show_default(field: str) -> str:
    """A field's default as a user would write it; the same on every machine."""
    match default := Settings.model_fields[field].default:
        case bool():
            return str(default).lower()
        case tuple():
            return ",".join(map(str, default))
        case float():
            return f"{default:g}"
        case int() | str() | Path():
            return str(default)
        case _:
            return ""
