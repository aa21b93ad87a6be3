#!/usr/bin/env bash
# Checks and renders the bundled sample tune; a model will answer PROMPT in its place.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

chatmusician=.venv/bin/chatmusician
sample=chatmusician/resources/sample.abc

if [ -n "${PROMPT:-}" ]; then
    echo "no model is bundled yet, so PROMPT is not used: this is the sample tune" >&2
fi
"$chatmusician" check "$sample"
"$chatmusician" render "$sample" -o output --format abc,svg,png,mid,wav
