"""What is wrong, and how reading goes on after it."""

from __future__ import annotations

from tests.abc.cases import Case

_PLAIN = "G4 A4 B4 C5"
_MORE = "G4 A4 B4 C5 D5*4"
_TUNE = "X:1\nT:t\nM:4/4\nL:1/4\nK:C\nGABc|\n"

CASES = [
    Case(
        "no-key",
        _TUNE.replace("K:C\n", ""),
        _PLAIN,
        head=None,
        finds=("missing-key 5:1",),
        outside="abc2midi reads no tune",
    ),
    Case(
        "no-number",
        _TUNE.replace("X:1\n", ""),
        _PLAIN,
        head=None,
        finds=("missing-x 1:1",),
        outside="abc2midi reads no tune",
    ),
    Case(
        "number-is-a-word",
        _TUNE.replace("X:1", "X:one"),
        _PLAIN,
        head=None,
        finds=("bad-x 1:1",),
    ),
    Case(
        "number-not-first",
        "T:t\nX:1\nM:4/4\nL:1/4\nK:C\nGABc|\n",
        _PLAIN,
        head=None,
        finds=("field-order 2:1",),
    ),
    Case("no-title", _TUNE.replace("T:t\n", ""), _PLAIN, head=None, finds=("?missing-title 1:1",)),
    Case("chord-open-at-bar", "GAB[ce|d4|", None, finds=("unclosed-chord 6:4",)),
    Case(
        "chord-open-at-line", "GAB[ce\nd4|", None, finds=("unclosed-chord 6:4", "bar-too-long 6:1")
    ),
    Case(
        "chord-closed-twice",
        "GAB[ce]]|d4|",
        "G4 A4 B4 C5+E5 D5*4",
        finds=("unknown-character 6:8",),
    ),
    Case("grace-closed-alone", "GA}Bc|", _PLAIN, finds=("unknown-character 6:3",)),
    Case("field-open", "GABc|d4|[K:G", _MORE, finds=("unclosed-field 6:9",)),
    Case("letter-unknown", "GA$$Bc|", _PLAIN),
    Case("sign-unknown", "GA?Bc|", _PLAIN, finds=("unknown-character 6:3",)),
    Case("sign-outside-ascii", "GA\u00a7Bc|", _PLAIN, finds=("unknown-character 6:3",)),
    Case("length-alone", "GA 2Bc|", _PLAIN, finds=("misplaced-length 6:4",)),
    Case("length-after-tie", "GA-2Bc|", None, finds=("misplaced-length 6:4", "tie-to-nothing 6:3")),
    Case(
        "octave-without-note",
        "GA 'Bc|",
        _PLAIN,
        finds=("unknown-character 6:4",),
        outside="abc2midi halves the note",
    ),
    Case("colon-alone", "GA : Bc|", _PLAIN, finds=("unknown-character 6:4",)),
    Case("backslash-inside", "GA\\Bc|", _PLAIN, finds=("unknown-character 6:3",)),
    Case("too-many-octaves", "G''''''''''''''''ABc|", None, finds=("absurd-length 6:1",)),
    Case("unit-absurd", "GABc|", None, head="M:4/4\nL:1/1000000\nK:C", finds=("absurd-unit 4:1",)),
    Case(
        "too-many-slashes",
        "G////////////////////////////////ABc|",
        None,
        finds=("absurd-length 6:2",),
    ),
    Case("rests-absurd", "GABc|Z999999|", None, finds=("absurd-length 6:7",)),
    Case("chord-of-ABC-1.6", "+GBd+4|d4|", None, finds=("old-chord 6:1", "misplaced-length 6:6")),
]
