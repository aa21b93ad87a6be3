# For scripts of several long steps, which source this file.

step() { printf '\n== %s\n' "$1" >&2; }

# once FILE COMMAND…: its figures go to FILE, which also says that the step is done.
once() {
    local done_file=$1
    shift
    [ -s "$done_file" ] || { "$@" > "$done_file.part" && mv "$done_file.part" "$done_file"; }
    cat "$done_file"
}
