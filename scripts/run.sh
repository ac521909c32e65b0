#!/usr/bin/env bash
# Starts Council on http://127.0.0.1:7860: makes .venv the first time, looks for models, serves.
# Arguments are passed on to app.py. A second start takes seconds.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/environment.sh

install requirements.txt
exec .venv/bin/python app.py "$@"
