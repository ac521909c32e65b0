"""The settings as texts for people: the README's table and `.env.example`, both made from the fields themselves."""

from pathlib import Path

from pydantic import SecretStr

from council.configuration import example_line, setting_name, show_default
from council.settings import Settings
from models.http.errors import without_password
from models.typed_lists import quote

BEGIN = "<!-- settings: made by `python -m council settings --markdown` -->"
END = "<!-- end of settings -->"


def as_markdown() -> str:
    """The table of the README, without the two marks it stands between."""
    lines = ["| setting | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = f"`{show_default(name)}`" if show_default(name) else ""
        lines.append(f"| `{setting_name(name)}` | {default} | {field.description} |")
    return "\n".join(lines) + "\n"


def as_env() -> str:
    """The text of `.env.example`: every setting with its meaning, commented out."""
    parts = ["# Copy this file to .env and take the # away in front of what you want to change.\n"]
    for name, field in Settings.model_fields.items():
        parts.append(f"\n# {(field.description or '').replace('`', '')}\n#{example_line(name)}\n")
    return "".join(parts)


def as_used(settings: Settings) -> str:
    """Every setting as it counts now, without what is secret."""
    return "".join(f"{setting_name(name)}={_show(getattr(settings, name))}\n" for name in Settings.model_fields)


def _show(value: object) -> str:
    match value:
        case SecretStr():
            return "(set)" if value.get_secret_value() else ""
        case dict():
            return ",".join(f"{quote(big)}={quote(small)}" for big, small in value.items())
        case tuple():  # seats stand in it as they were written, quotes and all
            return ",".join(quote(str(part)) if isinstance(part, Path) else str(part) for part in value)
        case _:
            return without_password(str(value))
