#!/usr/bin/env bash
# Composes the tunes of docs/tunes.md again, with the bundled model and their seeds: docs/tunes/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

chatmusician=${CHATMUSICIAN:-.venv/bin/chatmusician}
into=${1:-docs/tunes}
made=$(mktemp -d)
trap 'rm -r "$made"' EXIT

tune() { # NAME SEED REQUEST
    echo "== $1, seed $2: $3" >&2
    "$chatmusician" compose "$3" --seed "$2" -o "$made/$1" --format abc,png,mid,wav >"$made/$1.txt"
    mkdir -p "$into"
    for kind in abc png; do cp "$made/$1"/*."$kind" "$into/$1.$kind"; done
    [ -z "${SOUND:-}" ] || cp "$made/$1"/*.{mid,wav} "$SOUND/"
    sed -n '/^#1/,/^  kept/p' "$made/$1.txt" | head -8 >&2
}

tune jig 1 "a lively jig in D, AABB"
tune air 2 "a slow air in E minor, 16 bars"
tune reel 3 "a reel in A mixolydian"
tune waltz 4 "a waltz in G, 16 bars with chords G C D7 G Em Am D7 G"
tune polka 5 "a polka in A, AABB"
tune hornpipe 6 "a hornpipe in Bb"
tune slip-jig 7 "a slip jig in E dorian, AABB"
tune motif 8 'a tune in C, 8 bars, with the motif "c2ec gece"'
tune harmonised 9 "harmonise this tune:
X:1
M:3/4
L:1/8
K:G
D2 | G3 A B2 | A3 G E2 | D2 G2 G2 | G4 D2 |
G3 A B2 | d3 B A2 | G2 E2 D2 | G4 :|"
tune continued 10 "continue this tune:
X:1
R:reel
M:4/4
L:1/8
K:Em
E2BE dEBE | E2BE AFDF | E2BE dEBE | BABc dAFD |"
