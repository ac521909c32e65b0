"""A setting as a user writes it: its name, its default, and an example for `.env`."""

from pathlib import Path

from pydantic.fields import FieldInfo

PREFIX = "COUNCIL_"


def setting_name(field_name: str) -> str:
    """What a field is called in the environment."""
    return PREFIX + field_name.upper()


def example_line(field_name: str, field: FieldInfo) -> str:
    """A line for `.env` that sets a field to its default, or to an example where the default is empty."""
    return f"{setting_name(field_name)}={field.examples[0] if field.examples else show_default(field)}"


def show_default(field: FieldInfo) -> str:
    """A field's default as a user would write it; the same on every machine."""
    match field.default:
        case bool():
            return str(field.default).lower()
        case tuple():
            return ",".join(map(str, field.default))
        case float():
            return f"{field.default:g}"
        case int() | str() | Path():
            return str(field.default)
        case _:
            return ""
