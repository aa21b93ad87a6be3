"""Music after an empty line: found, told from prose, and joined where it is certain to belong."""

from __future__ import annotations

import time

import pytest

from chatmusician import abc
from chatmusician.abc.stray import without_blank_lines
from tests.abc.conftest import Outside

HEAD = "X:1\nT:t\nM:4/4\nL:1/4\nK:C\n"
SECOND = "X:2\nT:u\nM:4/4\nL:1/4\nK:G\nFGAB|\n"
AFTER, OUTSIDE = "music-after-blank", "music-outside-tune"


def strays(text: str) -> list[str]:
    found = abc.check(abc.read(text))
    return [f"{f.code} {f.line}:{f.column}" for f in found if f.code in (AFTER, OUTSIDE)]


# A file, the place of the finding, and what --fix makes of the file.
JOINED = {
    "the last tune": (HEAD + "CDEF|\n\nGABc|]", "8:1", HEAD + "CDEF|\nGABc|]"),
    "before another tune": (
        HEAD + "CDEF|\n\nGABc|]\n\n" + SECOND,
        "8:1",
        HEAD + "CDEF|\nGABc|]\n\n" + SECOND,
    ),
    "in the second tune": (
        SECOND + "\n" + HEAD + "CDEF|\n\nGABc|]\n",
        "15:1",
        SECOND + "\n" + HEAD + "CDEF|\nGABc|]\n",
    ),
    "several empty lines, with spaces": (
        HEAD + "CDEF|\n\n \t\n\nGABc|]\n",
        "10:1",
        HEAD + "CDEF|\nGABc|]\n",
    ),
    "between further lines too": (
        HEAD + "CDEF|\n\nGABc|\nw: a b c d\n\ndefg|\n\n\nagfe|\n",
        "8:1",
        HEAD + "CDEF|\nGABc|\nw: a b c d\ndefg|\nagfe|\n",
    ),
    "words after it stay apart": (
        HEAD + "CDEF|\n\nGABc|\n\nIt is a big dance.\n",
        "8:1",
        HEAD + "CDEF|\nGABc|\n\nIt is a big dance.\n",
    ),
    "a directive between": (
        HEAD + "CDEF|\n\n%%vskip 1\n% two\nGABc|\n",
        "10:1",
        HEAD + "CDEF|\n%%vskip 1\n% two\nGABc|\n",
    ),
    "a block of text between": (
        HEAD + "CDEF|\n\n%%begintext\none\n\ntwo\n%%endtext\n\nGABc|\n",
        "14:1",
        HEAD + "CDEF|\n%%begintext\none\n\ntwo\n%%endtext\nGABc|\n",
    ),
    "a new key": (HEAD + "CDEF|\n\nK:G\nGABc|\n", "9:1", HEAD + "CDEF|\nK:G\nGABc|\n"),
    "a new meter": (HEAD + "CDEF|\n\nM:3/4\nGAB|\n", "9:1", HEAD + "CDEF|\nM:3/4\nGAB|\n"),
    "a part": (HEAD + "P:A\nCDEF|\n\nP:B\nGABc|\n", "10:1", HEAD + "P:A\nCDEF|\nP:B\nGABc|\n"),
    "the next voice": (
        HEAD + "V:1\nCDEF|\n\nV:2\nC,4|\n",
        "10:1",
        HEAD + "V:1\nCDEF|\nV:2\nC,4|\n",
    ),
    "voices in turn": (
        HEAD + "[V:1]CDEF|\n[V:2]C4|\n\n[V:1]GABc|\n[V:2]G4|\n",
        "9:1",
        HEAD + "[V:1]CDEF|\n[V:2]C4|\n[V:1]GABc|\n[V:2]G4|\n",
    ),
    "a repeat over the gap": (
        HEAD + "|:CDEF|\n\nGABc:|\n",
        "8:1",
        HEAD + "|:CDEF|\nGABc:|\n",
    ),
    "a chord symbol and a text": (
        HEAD + 'CDEF|\n\n"Am"A2"^dolce"!f!c2|\n',
        "8:1",
        HEAD + 'CDEF|\n"Am"A2"^dolce"!f!c2|\n',
    ),
    "without bar lines": (HEAD + "CDEF\n\nGABc\n", "8:1", HEAD + "CDEF\nGABc\n"),
    "free meter": (
        "X:1\nT:t\nL:1/4\nK:Dm\nDEFG|A|\n\nGFED|\n",
        "7:1",
        "X:1\nT:t\nL:1/4\nK:Dm\nDEFG|A|\nGFED|\n",
    ),
    "symbols and macros of the tune": (
        HEAD.replace("K:", "U:J=!slide!\nm:~G2={A}G{F}G\nK:") + "CDEF|\n\nJ~G2Bc|\n",
        "10:1",
        HEAD.replace("K:", "U:J=!slide!\nm:~G2={A}G{F}G\nK:") + "CDEF|\nJ~G2Bc|\n",
    ),
    "in the header": (
        "X:1\nT:t\n\nM:4/4\nL:1/4\nK:C\nCDEF|\n",
        "7:1",
        "X:1\nT:t\nM:4/4\nL:1/4\nK:C\nCDEF|\n",
    ),
    "in the header, and after it": (
        "X:1\nT:t\n\nM:4/4\nL:1/4\n\nK:C\n\nCDEF|\n",
        "9:1",
        "X:1\nT:t\nM:4/4\nL:1/4\nK:C\nCDEF|\n",
    ),
    "after the header": (HEAD + "\nCDEF|\n", "7:1", HEAD + "CDEF|\n"),
}  # fmt: skip

# Music that may belong elsewhere: reported, and left as it is.
LEFT = {
    "words between": (HEAD + "CDEF|\n\nThe second part:\n\nGABc|\n", "10:1"),
    "words directly above": (HEAD + "CDEF|\n\nThe second part:\nGABc|\n", "9:1"),
    "words directly below": (HEAD + "CDEF|\n\nGABc|\nand so on\n", "8:1"),
    "another title": (HEAD + "CDEF|\n\nT:Second\nM:3/4\nL:1/4\nK:G\nGAB|\n", "12:1"),
    "the fields of a header": (HEAD + "CDEF|\n\nM:3/4\nK:G\nGAB|\n", "10:1"),
    "bars of other lengths": (HEAD + "CDE2|\n\nGA|Bc|\n", "8:1"),
    "before the first tune": ("CDEF|GABc|\n\n" + HEAD + "C4|\n", "1:1"),
    "a story in the header": ("X:1\nT:t\n\nIt is old.\n\nM:4/4\nL:1/4\nK:C\nCDEF|\n", "9:1"),
}

PROSE = {
    "nothing": "",
    "a sentence": "A big dance.\n",
    "words of note letters": "Bad cabbage face\n\nA cab, a dab, a bee.\n",
    "capitals": "BAD CAGE\nDEAF BEE\n",
    "single letters": "A B C D E F G\n",
    "a chord chart": "| G | C | D | G |\n",
    "a chord chart of two a bar": "| G D | C | G D | G |\n",
    "chord names": "Am G F E7 | Dm\n",
    "a table": "| A | B | C |\n|---|---|---|\n| 1 | 2 | 3 |\n",
    "a tablature": "E|---0-2-3---|\nB|---1-1-1---|\n",
    "a text block": "%%begintext\nCDEF|GABc|\n%%endtext\n",
    "layout": "%%newpage\n%%scale 0.7\n",
    "comments": "% CDEF|GABc|\n",
    "words to sing": "W: A big dance\n",
    "a link": "https://abc.example/A1?B=2|3\n",
    "numbers": "1. A2, B4 and C6: see page 8/9.\n",
    "a field of a collection": "R:reel\n",
    "German": "Abgabe: Gabe | Ade\n",
}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("name", JOINED)
def test_music_of_the_tune_is_joined(name: str, end: str) -> None:
    source, place, mended = (part.replace("\n", end) for part in JOINED[name])
    assert strays(source) == [f"{AFTER} {place}"]
    result, done = abc.fix(source)
    assert result == mended
    assert [finding.code for finding in done][:1] == [AFTER]
    assert strays(result) == []
    assert abc.fix(result) == (result, ())


def test_a_missing_key_is_added_once_the_tune_is_whole() -> None:
    result, done = abc.fix("X:1\nT:t\nM:4/4\nL:1/4\n\nCDEF|\n")
    assert result == HEAD + "CDEF|\n"
    assert [finding.code for finding in done] == [AFTER, "missing-key"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", LEFT)
def test_music_that_may_belong_elsewhere_is_left(name: str, end: str) -> None:
    text, place = LEFT[name]
    text = text.replace("\n", end)
    assert strays(text) == [f"{OUTSIDE} {place}"]
    result, done = abc.fix(text)
    assert not [finding for finding in done if finding.code in (AFTER, OUTSIDE)]
    assert strays(result)[0].startswith(OUTSIDE)


@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("name", PROSE)
def test_free_text_is_no_music(name: str, last: bool) -> None:
    text = HEAD + "CDEF|GABc|\n\n" + PROSE[name] + ("" if last else "\n" + SECOND)
    assert strays(text) == []
    assert abc.fix(text) == (text, ())


@pytest.mark.parametrize("name", PROSE)
def test_music_after_free_text_is_left(name: str) -> None:
    text = HEAD + "CDEF|GABc|\n\nIt goes on:\n\n" + PROSE[name] + "\ndefg|\n"
    assert len(strays(text)) == 1
    assert abc.fix(text)[0] == text


def test_each_stretch_of_music_has_a_finding() -> None:
    text = HEAD + "CDEF|\n\nGABc|\n\nThen:\n\ndefg|\n\nAnd:\nagfe|\n"
    assert strays(text) == [f"{AFTER} 8:1", f"{OUTSIDE} 12:1", f"{OUTSIDE} 15:1"]


def test_the_finding_names_its_tune() -> None:
    (found,) = (f for f in abc.check(abc.read(SECOND + "\ndefg|\n")) if f.code == AFTER)
    assert (found.tune, found.severity) == ("2", "warning")
    assert (SECOND + "\ndefg|\n")[found.start : found.end] == "defg|"


def test_what_was_read_is_read_the_same() -> None:
    """The notes before the empty line stay, and those after it follow them."""
    for source, _, mended in JOINED.values():
        before = abc.to_events(abc.read(source))["tunes"][-1]["voices"]
        after = abc.to_events(abc.read(mended))["tunes"][-1]["voices"]
        for one, other in zip(before, after, strict=False):
            assert other["notes"][: len(one["notes"])] == one["notes"]
        assert sum(len(v["notes"]) for v in before) <= sum(len(v["notes"]) for v in after)


@pytest.mark.parametrize("name", ["the last tune", "free meter", "a repeat over the gap"])
def test_abc2midi_ends_the_tune_there_too(name: str, abc2midi: Outside) -> None:
    source, _, mended = JOINED[name]
    for text in (source, mended):
        ours = abc.to_events(abc.read(text))["tunes"][0]["expanded"]
        heard = abc2midi(text + "\n")
        assert [pitch for _, _, pitches in ours for pitch in pitches] == [n[2] for n in heard]


def test_empty_lines_in_blocks_stay() -> None:
    text = "\n\r\n \t\r%%begintext\n\n%%endtext\n\nA\n\n"
    assert without_blank_lines(text) == "%%begintext\n\n%%endtext\nA\n"


@pytest.mark.parametrize(
    "text",
    ["\n" * 50_000, "a" * 200_000, "It is A|\nGABc|\n" * 2_000, '"' * 50_000 + "|A", "!a" * 50_000],
)
def test_long_free_text_takes_no_long_time(text: str) -> None:
    begun = time.process_time()
    abc.read(HEAD + "CDEF|\n" * 2_000 + "\n" + text + "\n\nGABc|\n")
    assert time.process_time() - begun < 10
