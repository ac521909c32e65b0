"""The requirement files name what is imported, all of it, in ranges that end."""

import ast
import re
import sys
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
COMES_WITH = {"gradio-client": "gradio", "pydantic-core": "pydantic", "starlette": "fastapi"}
"""Which requirement chooses the version of what is imported beside it."""
OURS = {"app", "council", "models", "tests", "scripts"}


def _requirements(name: str) -> dict[str, Requirement]:
    lines = [re.sub(r"\s+#.*", "", line).strip() for line in (ROOT / name).read_text().splitlines()]
    found = [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def _imported_distributions(*roots: str) -> set[str]:
    modules: set[str] = set()
    for path in [
        path for root in roots for path in [ROOT / root, *(ROOT / root).rglob("*.py")] if path.suffix == ".py"
    ]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                modules.add(str(node.module).partition(".")[0])
    distributions = packages_distributions()
    named = {canonicalize_name(distributions[module][0]) for module in modules - OURS - set(sys.stdlib_module_names)}
    return {COMES_WITH.get(name, name) for name in named}


def test_the_requirements_are_what_the_program_imports() -> None:
    assert set(_requirements("requirements.txt")) == _imported_distributions("app.py", "council", "models")


def test_tests_and_the_benchmark_import_nothing_that_is_not_required() -> None:
    required = set(_requirements("requirements.txt")) | set(_requirements("requirements-dev.txt"))
    assert _imported_distributions("tests", "scripts/benchmark.py", "scripts/benchmarking") <= required


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_what_is_installed_lies_in_ranges_that_end(file: str) -> None:
    for requirement in _requirements(file).values():
        assert re.search(r"<\d", str(requirement.specifier)), f"{requirement} has no upper end"
        assert requirement.specifier.contains(version(requirement.name)), f"{requirement} is not what is installed"
