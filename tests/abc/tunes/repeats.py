"""Repeats, variant endings, parts: what sounds when (2.1: 3.1.9, 4.8 to 4.10)."""

from __future__ import annotations

from tests.abc.cases import Case

_TWICE = "abc2midi plays twice at most"


def _whole(letters: str) -> str:
    """A reading of whole bars: ``GA`` is G4*4 A4*4; small letters are an octave up."""
    return " ".join(f"{c.upper()}{4 if c.isupper() else 5}*4" for c in letters)


def _repeat(
    name: str,
    music: str,
    written: str,
    plays: str,
    *,
    finds: tuple[str, ...] = (),
    outside: str = "",
    order: str = "",
) -> Case:
    """A tune whose bars are single whole notes."""
    head = "M:4/4\nL:1\n" + (f"P:{order}\n" if order else "") + "K:C"
    return Case(
        name, music, _whole(written), head=head, plays=_whole(plays), finds=finds, outside=outside
    )


CASES = [
    _repeat("repeat-both-signs", "|:G|A:|B|]", "GAB", "GAGAB"),
    _repeat("repeat-without-start", "G|A:|B|]", "GAB", "GAGAB"),
    _repeat("repeat-starts-later", "G|:A|B:|", "GAB", "GABAB"),
    _repeat("repeat-two", "|:G|A:|:B|c:|", "GABc", "GAGABcBc"),
    _repeat("repeat-two-colons", "|:G::A:|", "GA", "GGAA"),
    _repeat("repeat-double-sign", "|:G:||:A:|", "GA", "GGAA"),
    _repeat("repeat-slim-sign", "|:G:|:A:|", "GA", "GGAA"),
    _repeat("repeat-thick-signs", "[|:G:|]A|]", "GA", "GGA"),
    _repeat("repeat-three-times", "|::G|A::|B|]", "GAB", "GAGAGAB", outside=_TWICE),
    _repeat("repeat-second-without-start", "G|A:|B|c:|", "GABc", "GAGABcBc"),
    _repeat(
        "repeat-from-double-bar",
        "G||A|B:|",
        "GAB",
        "GABAB",
        outside="abc2midi goes back to the start",
    ),
    _repeat("repeat-then-plain", "|:G:|A|B|", "GAB", "GGAB"),
    Case(
        "repeat-in-mid-bar",
        "GABc|de:|fg|a4|]",
        "G4 A4 B4 C5 D5 E5 F5 G5 A5*4",
        plays="G4 A4 B4 C5 D5 E5 G4 A4 B4 C5 D5 E5 F5 G5 A5*4",
        bars="4 2 2 4",
    ),
    _repeat("repeat-over-lines", "|:G|\nA:|\nB|]", "GAB", "GAGAB"),
    _repeat("repeat-never-closed", "|:G|A|]", "GA", "GA", finds=("repeat-not-closed 6:3",)),
    # endings
    _repeat("ending-two", "|:G|1A:|2B|]", "GAB", "GAGB"),
    _repeat("ending-brackets", "|:G|[1A:|[2B|]", "GAB", "GAGB"),
    _repeat("ending-spaces", "|: G | [1 A :| [2 B |]", "GAB", "GAGB"),
    _repeat("ending-without-start", "G|1A:|2B|]", "GAB", "GAGB"),
    _repeat("ending-three", "|:G|1A:|2B:|3c|]", "GABc", "GAGBGc"),
    _repeat("ending-list", "|:G|1,2A:|3B|]", "GAB", "GAGAGB"),
    _repeat("ending-range", "|:G|[1-3A:|[4B|]", "GAB", "GAGAGAGB"),
    _repeat("ending-list-and-range", "|:G|[1,3-4A:|[2B:|", "GAB", "GAGBGAGA"),
    _repeat("ending-long", "|:G|1A|B:|2c|d|]e|", "GABcde", "GABGcde"),
    _repeat("ending-then-more", "|:G|1A:|2B||c|d|]", "GABcd", "GAGBcd"),
    _repeat("ending-then-repeat", "|:G|1A:|2B|:c:|", "GABc", "GAGBcc"),
    _repeat("ending-twice", "|:G|1A:|2B|:c|1d:|2e|]", "GABcde", "GAGBcdce"),
    _repeat("ending-next-line", "|:G|1A:|\n[2B|]", "GAB", "GAGB"),
    _repeat(
        "ending-alone",
        "|:G|1A:|B|]",
        "GAB",
        "GAGB",
        finds=("ending-alone 6:6",),
    ),
    _repeat(
        "ending-number-zero",
        "|:G|[0A:|[2B|]",
        "GAB",
        "GAGB",
        finds=("ending-number 6:5",),
        outside="abc2midi stops",
    ),
    # parts
    _repeat("parts-order", "[P:A]G|[P:B]A|", "GA", "GAAG", order="ABBA"),
    _repeat("parts-lines", "P:A\nG|\nP:B\nA|", "GA", "AG", order="BA"),
    _repeat("parts-count", "[P:A]G|[P:B]A|", "GA", "GGGA", order="A3B"),
    _repeat("parts-brackets", "[P:A]G|[P:B]A|[P:C]B|", "GAB", "GAGAGAB", order="(AB)3C"),
    _repeat("parts-nested", "[P:A]G|[P:B]A|[P:C]B|", "GAB", "GAABGAAB", order="(A.B2.C)2"),
    _repeat("parts-with-repeat", "[P:A]|:G:|[P:B]A|", "GA", "GGAGG", order="ABA"),
    _repeat("parts-without-order", "[P:A]G|[P:B]A|", "GA", "GA"),
    _repeat("parts-unmarked-start", "G|[P:A]A|[P:B]B|", "GAB", "GBA", order="BA"),
    _repeat(
        "parts-endings",
        "[P:A]G|[1A:|[2B:|[3c|]",
        "GABc",
        "GAGBGc",
        order="A3",
        outside="abc2midi plays all endings three times",
    ),
    _repeat(
        "parts-missing", "[P:A]G|[P:B]A|", "GA", "GA", order="AXB", finds=("missing-part 5:1",)
    ),
    _repeat("parts-words-after-letter", "[P:A]G|[P:B]A|", "GA", "GA", order="A(Lavena)"),
    _repeat("parts-words", "[P:A]G|[P:B]A|", "GA", "GA", order="Waltz"),
    _repeat("parts-words-lines", "P:A\nG|\nP:B\nA|", "GA", "GA", order="B (twice)"),
    _repeat("parts-words-of-part-letters", "[P:B]G|[P:D]A|", "GA", "GA", order="Bad"),
    _repeat("parts-words-are-labels-too", "P:Verse\nG|\nP:Chorus\nA|", "GA", "GA", order="Chorus"),
    _repeat("parts-named-by-words", "P:Verse\nG|\nP:Chorus\nA|", "GA", "AGA", order="CVC"),
    _repeat("parts-words-no-parts", "G|A|", "GA", "GA", order="A(Lavena)"),
    _repeat(
        "parts-small-letters",
        "[P:a]G|[P:b]A|",
        "GA",
        "AG",
        order="ba",
        outside="abc2midi knows capital letters alone",
    ),
    _repeat(
        "parts-left-out", "[P:A]G|[P:B]A|", "GA", "A", order="B", finds=("?unplayed-part 5:1",)
    ),
    _repeat(
        "parts-missing-and-left-out",
        "[P:A]G|[P:B]A|",
        "GA",
        "GA",
        order="AIR",
        finds=("missing-part 5:1",),
        outside="abc2midi plays A alone",
    ),
    _repeat(
        "parts-order-then-words",
        "[P:A]G|[P:B]A|",
        "GA",
        "AG",
        order="BA\nP:Lavena",
        finds=("?parts-label 6:1",),
        outside="abc2midi knows the last P: alone",
    ),
    _repeat(
        "parts-unreadable", "[P:A]G|[P:B]A|", "GA", "GA", order="A(B", finds=("bad-parts 5:1",)
    ),
]
