"""Files, lines, comments, directives, remarks (2.1: 2.2, 3.2, 3.3, 11)."""

from __future__ import annotations

from tests.abc.cases import Case

_PLAIN = "G4 A4 B4 C5"
_MORE = "G4 A4 B4 C5 D5*4"
_TUNE = "X:1\nT:t\nM:4/4\nL:1/4\nK:C\nGABc|\n"


def _file(
    name: str, text: str, notes: str = _PLAIN, finds: tuple[str, ...] = (), outside: str = ""
) -> Case:
    return Case(name, text, notes, head=None, finds=finds, outside=outside)


CASES = [
    _file("file-version-line", "%abc-2.1\n" + _TUNE),
    _file(
        "file-header",
        "M:3/4\nL:1/4\nR:waltz\n\nX:1\nT:t\nK:C\nGAB|\n",
        "G4 A4 B4",
        outside="abc2midi gives no defaults to tunes",
    ),
    _file("file-header-overruled", "M:3/4\nL:1/8\n\nX:1\nT:t\nM:4/4\nL:1/4\nK:C\nGABc|\n"),
    _file("file-free-text", "Some words about it.\n\n" + _TUNE + "\nGABc and so on.\n"),
    _file("file-text-after-tune", _TUNE + "\nGABc|\n", finds=("music-after-blank 8:1",)),
    _file("file-blank-is-empty", _TUNE + " \t \nGABc|\n", finds=("music-after-blank 8:1",)),
    _file("file-no-line-end", _TUNE.rstrip()),
    _file(
        "file-comment-lines",
        "% one\n%\n" + _TUNE.replace("M:", "% two\nM:").replace("GABc", "% three\nGABc"),
    ),
    _file(
        "file-comment-after-blanks",
        _TUNE.replace("M:", "  % two\nM:").replace("GABc|\n", "GABc|\n  % three\nd4|\n"),
        _MORE,
    ),
    _file(
        "file-old-history",
        _TUNE.replace("M:", "H:a long\nstory about it\nM:"),
        finds=("?old-history 4:1",),
    ),
    _file("file-history", _TUNE.replace("M:", "H:a long\n+:story about it\nM:")),
    _file("file-tune-directly-below", _TUNE + "X:2\nT:u\nM:4/4\nL:1/4\nK:C\nc4|\n"),
    _file("file-x-empty", _TUNE.replace("X:1", "X:")),
    _file("file-spaces-in-fields", "X: 1 \nT: t\nM: 4/4 \nL: 1/4\nK: C \nGABc|\n"),
    _file("file-unknown-field", _TUNE.replace("M:", "J:what\nM:"), finds=("unknown-field 3:1",)),
    # lines
    Case("line-continued", "GA\\\nBc|", _PLAIN, bars="4"),
    Case("line-continued-comment", "GABc|\\ % joined\nd4|", _MORE),
    Case("line-continued-over-field", "GABc|\\\nM:3/4\ndef|", "G4 A4 B4 C5 D5 E5 F5", bars="4 3"),
    Case("line-comment", "GABc|% d4|\nd4|", _MORE),
    Case("line-comment-unmarked", "GA % Bc|\nBc|d4|", _MORE),
    Case(
        "line-percent-in-text",
        '"^5\\% up"GABc|',
        _PLAIN,
        facts={"text.annotations": ["5% up"]},
        outside="abc2midi ends the line at the %",
    ),
    Case("line-tabs", "\tG\tA  Bc|", _PLAIN),
    Case("line-back-quotes", "G``A`Bc|", _PLAIN),
    # remarks, fields in the body
    Case("remark-inline", "GA[r:GGGG]Bc|", _PLAIN, bars="4"),
    Case("remark-line", "GABc|\nr:GGGG\nd4|", _MORE, outside="abc2midi reads the remark as music"),
    Case("notes-and-rhythm", "GABc|\nN:c4\nR:reel\n[N:x][R:y]d4|", _MORE),
    Case(
        "field-of-header-in-body", "GABc|\nC:someone\nd4|", _MORE, finds=("?misplaced-field 7:1",)
    ),
    Case(
        "field-unknown-in-body",
        "GABc|\nJ:what\nd4|",
        _MORE,
        finds=("unknown-field 7:1",),
        outside="abc2midi reads the field as music",
    ),
    Case("field-or-music", "d4:|", "D5*4", plays="D5*4 D5*4"),
    Case("field-or-music-bars", "A:|G4|", None, finds=()),
    # directives
    Case("directive-unknown", "GABc|\n%%strange 1 2 3\nd4|", _MORE),
    Case("directive-inline", "GABc|[I:setbarnb 5]d4|", _MORE),
    Case("directive-field", "GABc|\nI:setbarnb 5\nd4|", _MORE),
    Case("directive-text", "GABc|\n%%text GABc|\n%%center GABc|\nd4|", _MORE),
    Case("directive-text-block", "GABc|\n%%begintext\n%%GABc|\n%%endtext\nd4|", _MORE),
    Case("directive-text-block-bare", "GABc|\n%%begintext\nGABc|\n%%endtext\nd4|", _MORE),
    Case("directive-midi", "%%MIDI program 41\nGABc|", _PLAIN),
    Case(
        "directive-unreadable",
        "%%propagate-accidentals sometimes\nGABc|",
        _PLAIN,
        finds=("bad-directive 6:1",),
    ),
]
