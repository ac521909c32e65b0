"""The shape of the code: who may import whom, where the environment is read, and how long things get."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROGRAM = sorted(path for folder in ("council", "models") for path in (ROOT / folder).rglob("*.py"))
SOURCES = sorted([ROOT / "app.py", *PROGRAM, *(ROOT / "scripts").rglob("*.py"), *(ROOT / "tests").rglob("*.py")])
WEB = ("gradio", "fastapi", "starlette", "uvicorn")
FRONT = ("council.ui", "council.api", "council.terminal", "council.__main__", "app")
READS_THE_ENVIRONMENT = {"council/settings.py"}


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def _imports(path: Path) -> Iterator[str]:
    """Every module that a file names in an import, wherever the import stands."""
    for node in ast.walk(_parse(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{_name(path)}:{node.lineno}: imports are absolute"
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _under(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def _forbidden(path: Path) -> tuple[str, ...]:
    """What a file may not import: anything above it, and the web outside the two folders made for it."""
    name = _name(path)
    if name.startswith("models/"):
        return ("council", "app", "tests", *WEB)
    if name.startswith("council/ui/"):
        return ("council.api", "council.terminal", "council.__main__", "app", "tests")
    if name.startswith("council/api/"):
        return ("council.ui", "council.terminal", "council.__main__", "app", "tests", "gradio")
    if name.startswith("council/terminal/") or name == "council/__main__.py":
        return ("council.ui", "council.api", "app", "tests", *WEB)
    return (*FRONT, "tests", *WEB)


@pytest.mark.parametrize("path", PROGRAM, ids=_name)
def test_imports_point_downwards(path: Path) -> None:
    upwards = [module for module in _imports(path) if _under(module, _forbidden(path))]
    assert not upwards, f"{_name(path)} must not import {upwards}"


@pytest.mark.parametrize("path", [path for path in PROGRAM if _name(path).startswith("models/")], ids=_name)
def test_models_name_no_setting_and_no_command_of_the_council(path: Path) -> None:
    """They say what is the matter; what to do about it in this program is said in `council/advice.py`."""
    strings = (
        node for node in ast.walk(_parse(path)) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    named = [node.lineno for node in strings if "COUNCIL_" in node.value or "python -m council" in node.value]
    assert not named, f"{_name(path)} speaks of the council on lines {named}"


def test_no_imports_run_in_a_circle() -> None:
    """Wherever an import stands, inside a function included; a module and its package count as two."""
    modules = {_name(path).removesuffix(".py").removesuffix("/__init__").replace("/", "."): path for path in PROGRAM}
    wants = {module: {name for name in _imports(path) if name in modules} for module, path in modules.items()}
    while free := {module for module, wanted in wants.items() if not wanted}:
        wants = {module: wanted - free for module, wanted in wants.items() if module not in free}
    assert not wants, f"these import one another: {wants}"


@pytest.mark.parametrize("path", PROGRAM, ids=_name)
def test_only_the_settings_read_the_environment(path: Path) -> None:
    readers = {"os.environ", "os.getenv", "os.environb"}
    reads = [
        node.lineno
        for node in ast.walk(_parse(path))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in readers
    ]
    assert not reads or _name(path) in READS_THE_ENVIRONMENT, f"{_name(path)} reads the environment on lines {reads}"
    assert not {"os.environ", "os.getenv"} & set(_imports(path)), f"{_name(path)} imports the environment by name"


@pytest.mark.parametrize("path", PROGRAM, ids=_name)
def test_no_module_holds_changing_state(path: Path) -> None:
    """A module-level name that some function rebinds is state shared by every run and every user."""
    rebinds = [node.lineno for node in ast.walk(_parse(path)) if isinstance(node, ast.Global)]
    assert not rebinds, f"{_name(path)} rebinds module-level names on lines {rebinds}"


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_files_and_functions_stay_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300
    long = [
        f"{node.name} ({node.end_lineno - node.lineno + 1} lines)"
        for node in ast.walk(_parse(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno
        if node.end_lineno - node.lineno + 1 > 40
    ]
    assert not long, f"{_name(path)} has long functions: {long}"


@pytest.mark.parametrize("folder", sorted({path.parent for path in PROGRAM}), ids=_name)
def test_folders_stay_small_enough_to_be_taken_in_at_a_glance(folder: Path) -> None:
    assert len([path for path in PROGRAM if path.parent == folder]) <= 15


@pytest.mark.parametrize("path", [path for path in SOURCES if path.parent != ROOT / "scripts"], ids=_name)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert not source.strip() or ast.get_docstring(_parse(path)), f"{_name(path)} has no docstring"
