#!/usr/bin/env bash
# Starts Council on http://127.0.0.1:7860: makes .venv the first time, looks for models, serves.
# Arguments are passed on to app.py (--host, --port). A second start takes seconds.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/environment.sh

# offer_weights: where no backend has a model and somebody sits at the terminal, proposes what can be downloaded.
offer_weights() {
    local code=0 name
    [ -t 0 ] || return 0
    COUNCIL_DEMONSTRATION=false .venv/bin/python -m council models >/dev/null 2>&1 || code=$?
    [ "$code" = 1 ] || return 0 # 2 is a wrong setting, which app.py explains
    say "no model was found but the demonstration ones, neither at an Ollama server nor as a GGUF file. These can be downloaded:"
    .venv/bin/python -m council download 2>/dev/null
    read -r -p "Which one? (Enter: none now; the demonstration models let you look around) " name || return 0
    [ -z "$name" ] || .venv/bin/python -m council download "$name" || say "nothing was downloaded; the page opens all the same."
}

install requirements.txt
offer_weights
exec .venv/bin/python app.py "$@"
