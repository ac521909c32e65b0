# Sourced by the other scripts, in the repository's root: makes .venv and installs into it only what changed.
# Everything is called as `.venv/bin/python -m …`, which goes on working when the folder is moved.
# shellcheck shell=bash

say() { printf '%s\n' "council: $*" >&2; }

fail() {
    say "$*"
    exit 1
}

# find_python: prints a Python that is new enough, $PYTHON or the first of the usual names.
find_python() {
    local name
    for name in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            command -v "$name"
            return
        fi
    done
    fail "Python 3.11 or newer is needed; 'python3' here is $(python3 --version 2>&1 || true)." \
        "Install it ('apt-get install python3 python3-venv', 'brew install python') or name one: PYTHON=/path/to/python3.12 $0"
}

# explain_failed_install LOG: turns what pip wrote into what to do, and ends.
explain_failed_install() {
    if grep -q 'No space left on device' "$1"; then
        fail "the disk is full: the installation needs about 2 GB in '$PWD/.venv' and for temporary files."
    elif grep -qiE 'CMAKE_(C|CXX)_COMPILER|no (C|C\+\+) compiler' "$1"; then
        fail "llama-cpp-python is compiled on this machine, and there is no C++ compiler. Install one" \
            "('apt-get install build-essential', 'xcode-select --install') and start again; the README names prebuilt wheels under 'What can go wrong'."
    elif grep -qiE 'name resolution|NewConnectionError|getaddrinfo failed|Network is unreachable|ConnectTimeout|ProxyError|Name or service not known|from versions: none' "$1"; then
        fail "the Python package index cannot be reached. Only the first start, and one after an update, needs the network."
    fi
    fail "the installation failed: pip's last lines say why, and all of them are in '$1'."
}

# install FILE: brings .venv to what this requirements file asks for; does nothing when that has not changed.
install() {
    local stamp=".venv/.installed-$1" wanted log python
    wanted=$(cat requirements.txt "$1")
    if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && .venv/bin/python -c '' 2>/dev/null; then
        return
    fi
    if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
        python=$(find_python) || exit 1
        rm -rf .venv
        "$python" -m venv .venv ||
            fail "'$python -m venv' failed. On Debian and Ubuntu 'apt-get install python3-venv' brings what it needs."
    fi
    say "installing $1 into .venv; the first time llama-cpp-python is compiled, which takes some minutes"
    log=$(mktemp)
    .venv/bin/python -m pip install --disable-pip-version-check --progress-bar off -r "$1" 2>&1 | tee "$log" >&2 ||
        explain_failed_install "$log"
    rm -f "$log"
    printf '%s\n' "$wanted" >"$stamp"
}
