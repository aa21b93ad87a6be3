#!/usr/bin/env bash
# From nothing to a model of one's own: tunes, corpus, training, a benchmark, a tune it composes.
#   scripts/reproduce.sh [OUT]              # output/reproduce; about an hour on two cores
#   QUICK=1 scripts/reproduce.sh [OUT]      # minutes: shows the path, and the model is no good
# Run again after a stop, it goes on where it stopped. The tunes are those inside the music21
# package; DATA=… RECIPE=… take others. docs/tutorials/trainer.md follows it step by step.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${1:-output/reproduce}

if [ -z "${PYTHON:-}" ]; then
    "$here/setup.sh" light
    PYTHON=$here/../.venv/bin/python
fi
export CHATMUSICIAN=${CHATMUSICIAN:-$(dirname "$PYTHON")/chatmusician}
data=${DATA:-$("$PYTHON" -c 'import music21; print(music21.__path__[0] + "/corpus")')}
if [ -n "${QUICK:-}" ]; then
    export RECIPE=${RECIPE:-$here/reproduce-quick.yaml}
    export SIZE=${SIZE:-512} LENGTH=${LENGTH:-256} LAYERS=${LAYERS:-2} HIDDEN=${HIDDEN:-64}
    export STEPS=${STEPS:-20} SFT_STEPS=${SFT_STEPS:-10} WORKERS=${WORKERS:-1}
    questions=${QUESTIONS:-5}
else
    export RECIPE=${RECIPE:-$here/reproduce.yaml}
    export STEPS=${STEPS:-1500} SFT_STEPS=${SFT_STEPS:-500}
    questions=${QUESTIONS:-0}
fi

source "$here/steps.sh"
"$here/train_from_tunes.sh" "$data" "$out"

step "10 benchmark: generated music theory, by likelihood"
limit=()
[ "$questions" = 0 ] || limit=(--limit "$questions")
"$CHATMUSICIAN" eval theory -m "$out/model" --seeds 1 "${limit[@]}" -o "$out/theory" >/dev/null
cat "$out/theory/table.md"

step "11 compose"
"$CHATMUSICIAN" compose "a jig in D" --bars 8 -m "$out/model" --seed 1 \
    -o "$out/tune" --format abc,svg,mid

step "done: $out/model, $out/theory, $out/tune"
