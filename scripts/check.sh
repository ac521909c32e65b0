#!/usr/bin/env bash
# Checks style and types: ruff's formatter and linter over everything, mypy --strict over council/ and models/.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/environment.sh

install requirements-dev.txt
.venv/bin/python -m ruff format --check .
.venv/bin/python -m ruff check .
.venv/bin/python -m mypy
