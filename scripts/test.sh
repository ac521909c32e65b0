#!/usr/bin/env bash
# Runs every test, and first brings the real parts they need: .venv, Debian's Chromium, an Ollama server, a chat model.
# Arguments are passed on to pytest ('scripts/test.sh -k tally'). With CI set, a skipped test counts as failed.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/environment.sh

# bring PROGRAM PACKAGE..: installs Debian packages unless the program is there.
bring() {
    local program=$1 root=()
    shift
    command -v "$program" >/dev/null && return
    [ "$(id -u)" = 0 ] || root=(sudo -n)
    if command -v apt-get >/dev/null && "${root[@]}" true 2>/dev/null; then
        say "installing $* with apt-get"
        "${root[@]}" apt-get update -qq >&2 &&
            DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -qq -y --no-install-recommends "$@" >&2 && return
    fi
    say "'$program' is missing and could not be installed; install $* by hand. The tests that need it are skipped."
}

bring g++ build-essential
bring chromium chromium fonts-dejavu-core
PATH=$PATH:/usr/sbin bring nginx nginx-light
install requirements-dev.txt
if ! command -v ollama >/dev/null; then
    PYTHON=.venv/bin/python scripts/ollama_for_tests.sh >/dev/null || say "the tests with a real Ollama server are skipped."
fi
.venv/bin/python -m scripts.real_model >/dev/null || say "the tests with a real chat model are skipped."

exec .venv/bin/python -m pytest ${CI:+--no-skips} "$@"
