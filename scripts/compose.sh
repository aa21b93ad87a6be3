#!/usr/bin/env bash
# Composes a tune with the bundled model and writes it to output/: what PROMPT asks, else a jig.
# SEED=7 makes another one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

exec .venv/bin/chatmusician compose "${PROMPT:-a lively jig in D, AABB}" \
    --seed "${SEED:-1}" -o output --format abc,svg,png,mid,wav
