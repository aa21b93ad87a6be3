#!/usr/bin/env bash
# The model that comes with the package, from the collections of its recipe:
#   scripts/train_bundled_model.sh DATA OUT
# Hours on two cores. Run again after a stop, it goes on where it stopped; docs/training.md tells
# what came of it. The last step prints where the model is: copying it into the package is yours.
set -euo pipefail

if [ $# -ne 2 ]; then
    sed -n '2,5s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
data=$1 out=$2
here=$(dirname "${BASH_SOURCE[0]}")
python=${PYTHON:-.venv/bin/python}
steps=${STEPS:-4000}

source "$here/steps.sh"

ours() { "$python" -m chatmusician "$@"; }
# preprocess STAGE LENGTH NAME INPUT...
preprocess() {
    local stage=$1 length=$2 name=$3
    shift 3
    ours train preprocess "${@/#/$out/}" --stage "$stage" --tokenizer "$out/tokenizer" \
        --length "$length" --workers 2 -o "$out/$name"
}
mkdir -p "$out"

step "corpus, in all keys; a share of the families held out"
once "$out/corpus.txt" ours corpus build bundled --data "$data" -o "$out/corpus" --workers 2

step "instruction rows"
once "$out/keys.txt" "$python" "$here/bundled_rows.py" keys "$out/corpus" "$out/keys"
once "$out/tasks.txt" ours corpus tasks "$out/keys" -o "$out/tasks"
once "$out/rows.txt" "$python" "$here/bundled_rows.py" rows "$out/tasks" "$out/rows.jsonl"
once "$out/theory.txt" ours eval theory --seeds "$(seq -s, 101 170)" --side train --form sft \
    --write "$out/theory.jsonl"
once "$out/words.txt" "$python" "$here/bundled_rows.py" words "$out/tasks" "$out/words.jsonl"

step "tokenizer and tokens"
once "$out/tokenizer.txt" ours train tokenizer "$out/corpus/data" "$out/words.jsonl" --size 2048 \
    -o "$out/tokenizer"
once "$out/pt.txt" preprocess pt 512 pt corpus/data
once "$out/pt-held-out.txt" preprocess pt 512 pt-held-out corpus/held-out
once "$out/sft.txt" preprocess sft 2048 sft rows.jsonl theory.jsonl
once "$out/sft-held-out.txt" preprocess sft 2048 sft-held-out tasks/test.jsonl

step "training"
once "$out/pretrained.txt" ours train pretrain bundled "data.path=$out/pt" \
    "data.held_out=$out/pt-held-out" "output=$out/pretrained" "optimizer.steps=$steps" --resume
once "$out/tuned.txt" ours train sft bundled-sft "data.path=$out/sft" "data.held_out=$out/sft-held-out" \
    "model.path=$out/pretrained" "output=$out/tuned" --resume

step "export"
once "$out/export.txt" ours train export "$out/tuned" --dtype float16 -o "$out/model"
step "done: $out/model"
