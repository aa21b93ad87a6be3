#!/usr/bin/env bash
# From a folder of tune collections to a small model that writes ABC, in one sitting:
#   scripts/train_from_tunes.sh DATA OUT
# DATA is what the recipe's paths are below; OUT receives one folder a step, and model/ at the end.
# Run again after a stop, it goes on where it stopped. docs/walkthrough.md walks through it.
set -euo pipefail

if [ $# -ne 2 ]; then
    sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
data=$1 out=$2
recipe=${RECIPE:-collections}   # a recipe of corpus build
size=${SIZE:-2048}              # pieces of the tokenizer
length=${LENGTH:-512}           # tokens in a training row
steps=${STEPS:-300}             # of pre-training
sft_steps=${SFT_STEPS:-150}     # of fine-tuning
hold_out=${HOLD_OUT:-0.03}      # share of tune families that no training step sees
workers=${WORKERS:-2}
layers=${LAYERS:-4} hidden=${HIDDEN:-192}
chatmusician=${CHATMUSICIAN:-chatmusician}

source "$(dirname "${BASH_SOURCE[0]}")/steps.sh"
shape=(
    "model.shape.hidden=$hidden" "model.shape.layers=$layers" "model.shape.vocabulary=0"
    "model.shape.feed_forward=$((hidden * 8 / 3))" "model.shape.context=$length" "data.length=$length"
)
mkdir -p "$out"

step "1 corpus: tunes to clean text"
once "$out/1-corpus.txt" "$chatmusician" corpus build "$recipe" --data "$data" \
    -o "$out/corpus" --workers "$workers" --hold-out "$hold_out"

step "2 tasks: instruction rows from the same tunes"
once "$out/2-tasks.txt" "$chatmusician" corpus tasks "$out/corpus" -o "$out/tasks"

step "3 tokenizer"
once "$out/3-tokenizer.txt" "$chatmusician" train tokenizer "$out/corpus/data" \
    --size "$size" -o "$out/tokenizer"

# preprocess STAGE INPUT NAME
preprocess() {
    "$chatmusician" train preprocess "$2" --stage "$1" --tokenizer "$out/tokenizer" \
        --length "$length" --workers "$workers" -o "$out/$3"
}

step "4 preprocess the corpus, and what is held out of it"
once "$out/4-pt-data.txt" preprocess pt "$out/corpus/data" pt-data
once "$out/4-pt-held-out.txt" preprocess pt "$out/corpus/held-out" pt-held-out

step "5 pre-train"
once "$out/5-pretrain.txt" "$chatmusician" train pretrain mini-cpu "${shape[@]}" \
    "data.path=$out/pt-data" "data.held_out=$out/pt-held-out" data.held_out_share=0 \
    "output=$out/pretrained" optimizer.epochs=0 "optimizer.steps=$steps" --resume

step "6 preprocess the tasks, and those on tunes that are held out"
once "$out/6-sft-data.txt" preprocess sft "$out/tasks/train.jsonl" sft-data
once "$out/6-sft-held-out.txt" preprocess sft "$out/tasks/test.jsonl" sft-held-out

step "7 fine-tune (LoRA)"
once "$out/7-sft.txt" "$chatmusician" train sft mini-cpu-sft "${shape[@]}" \
    "data.path=$out/sft-data" "data.held_out=$out/sft-held-out" data.held_out_share=0 \
    "model.path=$out/pretrained" "output=$out/sft" \
    optimizer.epochs=0 "optimizer.steps=$sft_steps" --resume

step "8 merge the adapter"
once "$out/8-merge.txt" "$chatmusician" train merge "$out/sft" --dtype float32 -o "$out/merged"

step "9 export"
once "$out/9-export.txt" "$chatmusician" train export "$out/merged" -o "$out/model"

step "done: $out/model"
