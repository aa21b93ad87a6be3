"""A hypothesis strategy for tunes without errors, of one or two voices."""

from __future__ import annotations

from hypothesis import strategies as st

KEYS = ("C", "G", "D", "A", "E", "F", "Bb", "Eb", "Am", "Em", "Ddor", "Amix", "Elyd", "HP", "none")
METERS = {"4/4": 8, "3/4": 6, "6/8": 6, "2/4": 4, "9/8": 9, "C|": 8, "(2+3)/8": 5}
# Pieces of music and how many eighths they last.
PIECES: tuple[tuple[str, int], ...] = (
    ("C", 1), ("D", 1), ("^F", 1), ("_B", 1), ("=c", 1), ("e", 1), ("g'", 1), ("A,", 1),
    ("E2", 2), ("F/G/", 1), ("A3/2B/", 2), ("z", 1), ("z2", 2), ("c3", 3), ("d4", 4),
    ("[CEG]", 1), ("[ce]2", 2), ("[C2E2]", 2), ("(3Bcd", 2), ("(3:2:2G2A", 2), ("(5:4:5cdefg", 4),
    ("A>B", 2), ("B<c", 2), ("{g}f", 1), ("{/ed}c2", 2), ('"Am"A', 1), ('"G7/B"B2', 2),
    ("!f!G", 1), (".A", 1), ("~B2", 2), ("(Bc)", 2), ("T^c2", 2), ('"^slow"d', 1), ("x", 1),
)  # fmt: skip
BARS = ("|", "|", "|", "||", ":|\n|:", "|\n")


@st.composite
def bars(draw: st.DrawFn, length: int) -> str:
    """One full bar."""
    found, left = [], length
    while left:
        text, eighths = draw(st.sampled_from([p for p in PIECES if p[1] <= left]))
        found.append(text + draw(st.sampled_from(("", " "))))
        left -= eighths
    return "".join(found)


@st.composite
def tunes(draw: st.DrawFn) -> str:
    """The text of a tune whose bars all add up."""
    meter = draw(st.sampled_from(sorted(METERS)))
    key = draw(st.sampled_from(KEYS))
    several = draw(st.booleans())
    count = draw(st.integers(1, 6))
    lines = ["X:1", "T:t", f"M:{meter}", "L:1/8", f"K:{key}"]
    ends = [draw(st.sampled_from(BARS)) for _ in range(count - 1)]
    for voice in ("1", "2")[: 1 + several]:
        music = [draw(bars(METERS[meter])) for _ in range(count)]
        text = "|:" + "".join(f"{bar}{end}" for bar, end in zip(music, [*ends, ":|"], strict=True))
        lines += [f"V:{voice}", text] if several else [text]
    return "\n".join(lines) + "\n"
