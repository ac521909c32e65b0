#!/usr/bin/env bash
# Makes the three pocket models anew, from the corpus to models/pocket/*.gguf and their measurements.
# Can be stopped and started again: training goes on from its checkpoints in .cache/pocket.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=.cache/pocket
base_minutes=${BASE_MINUTES:-140}
each_minutes=${EACH_MINUTES:-8}
[ -x "$work/venv/bin/python" ] || python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -q -r requirements.txt -r scripts/pocket/requirements.txt
export OMP_WAIT_POLICY=passive
run() { "$work/venv/bin/python" -m "scripts.pocket.$1" "${@:2}"; }

run train --folder "$work/weights" --name base --minutes "$base_minutes" --decay 0.6 --last-rate 0.05
for name in pocket-a pocket-b pocket-c; do
  run train --folder "$work/weights" --name "$name" --minutes "$each_minutes" --first-rate 0.1 --decay 0.9
done
run export --folder "$work/weights" --target models/pocket pocket-a pocket-b pocket-c
run evaluate --weights models/pocket | tee "$work/evaluation.md"
echo "Put the table into models/pocket/MODEL_CARD.md; claim nothing that it does not show."
