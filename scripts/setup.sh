#!/usr/bin/env bash
# Sets up .venv; every make target starts here. Finished steps are passed over.
#   scripts/setup.sh compose what `make compose` needs, 0.3 GB, without PyTorch
#   scripts/setup.sh light   what tests, checks and most commands need, 2.2 GB (the default)
#   scripts/setup.sh full    that, and everything in requirements.txt (about 2.5 GB)
# PYTHON=python3.12 chooses the interpreter, CHATMUSICIAN_PURE=1 leaves the core uncompiled.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

size=${1:-light}
base_python=${PYTHON:-python3}
venv=.venv
log=$venv/setup.log
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_NO_INPUT=1

fail() { # STEP HINT
    printf 'set-up failed: %s\n' "$1" >&2
    [ -s "$log" ] && grep -v '^WARNING: Location' "$log" | tail -n 25 | sed 's/^/    /' >&2
    printf 'what to do: %s\n' "$2" >&2
    exit 1
}

step() { # DESCRIPTION HINT COMMAND...
    local description=$1 hint=$2
    shift 2
    printf 'set-up: %s ...\n' "$description" >&2
    "$@" >"$log" 2>&1 </dev/null || fail "$description" "$hint"
}

fingerprint() { # FILES... : changes with their content, the tree's place and the interpreter
    { cat "$@"; printf '%s %s' "$PWD" "$("$venv/bin/python" -c 'import sys; print(sys.version)')"; } | cksum
}

once() { # NAME FINGERPRINT DESCRIPTION HINT COMMAND...
    local stamp=$venv/.done-$1 wanted=$2
    shift 2
    [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return
    step "$@"
    printf '%s\n' "$wanted" >"$stamp"
}

check_python() {
    command -v "$base_python" >/dev/null ||
        fail "finding Python ($base_python)" "install Python 3.10 or newer (Debian: apt-get install python3 python3-venv)"
    "$base_python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
        fail "$("$base_python" --version 2>&1) is too old" "install Python 3.10 or newer, or name one: PYTHON=python3.11 make test"
    "$base_python" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "Python has no venv or ensurepip module" "install it (Debian: apt-get install python3-venv)"
}

make_venv() {
    "$venv/bin/python" -m pip --version >/dev/null 2>&1 && return
    check_python
    step "creating $venv" "remove $venv, look at the disk's free space and try again" \
        "$base_python" -m venv "$venv"
    rm -f "$venv"/.done-*
}

install() { "$venv/bin/python" -m pip install --quiet "$@"; }

core_sources() { sed -n '/^\[mypyc\]/,/^\[tool/s/^ \{1,\}//p' setup.cfg; }

core_is_fresh() {
    local stamp=$venv/.done-core file
    [ -e "$stamp" ] || return 1
    [ "$(cat "$stamp")" = "${CHATMUSICIAN_PURE:-0} $(fingerprint setup.cfg)" ] || return 1
    for file in setup.py $(core_sources); do
        [ "$file" -nt "$stamp" ] && return 1
    done
    return 0
}

compile_core() {
    core_is_fresh && return
    touch "$venv/.compiling"
    find chatmusician -name '*.so' -delete
    step "compiling the ABC core" "mend what is named above, or go on uncompiled: CHATMUSICIAN_PURE=1" \
        "$venv/bin/python" setup.py -q build_ext --inplace
    grep '^chatmusician: installing without' "$log" >&2 || true
    printf '%s %s\n' "${CHATMUSICIAN_PURE:-0}" "$(fingerprint setup.cfg)" >"$venv/.compiling.new"
    touch -r "$venv/.compiling" "$venv/.compiling.new"
    mv "$venv/.compiling.new" "$venv/.done-core"
}

case $size in
compose | light | full) ;;
*) fail "no set-up called '$size'" "say compose, light or full" ;;
esac
network="look at the network connection and the package index that pip is set to use, then try again"

mkdir -p "$venv" 2>/dev/null || fail "creating $venv" "make this folder writable: $PWD"
exec 9>"$venv/.lock"
if command -v flock >/dev/null; then flock 9; fi

make_venv
if [ "$size" = compose ]; then
    [ -e "$venv/.done-dev" ] || # which has all of it
        once compose "$(fingerprint requirements-compose.txt requirements.txt)" \
            "installing what composing needs (0.3 GB)" "$network" install -r requirements-compose.txt
else
    [ -e "$venv/.done-dev" ] ||
        echo "set-up: this installs PyTorch: 2.2 GB in all, or 6.4 GB where pip finds the wheel for GPUs; to choose, install a wheel of torch $(sed -n 's/^torch==//p' requirements.txt) into $venv first" >&2
    once dev "$(fingerprint requirements-dev.txt requirements.txt)" \
        "installing the tools for tests and checks" "$network" install -r requirements-dev.txt
fi
CHATMUSICIAN_PURE=1 once package "$(fingerprint setup.cfg pyproject.toml)" \
    "installing chatmusician in place" "$network" install --no-build-isolation -e .
once sound "$(fingerprint requirements-no-deps.txt)" \
    "installing tinysoundfont and basic-pitch" "$network" install --no-deps -r requirements-no-deps.txt
# Composing takes as long without the compiled core as with it; one that is there must not be old.
if [ "$size" != compose ] || [ -e "$venv/.done-core" ]; then compile_core; fi
if [ "$size" = full ]; then
    once full "$(fingerprint requirements.txt)" \
        "installing everything in requirements.txt (some minutes)" "$network" install -r requirements.txt
    once no-deps "$(fingerprint requirements-no-deps.txt)" \
        "installing requirements-no-deps.txt" "$network" install --no-deps -r requirements-no-deps.txt
fi
