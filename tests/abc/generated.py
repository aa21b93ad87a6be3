"""Valid tunes for property tests, and what must stay when a tune is only written otherwise."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from chatmusician import abc
from chatmusician.abc.events import tune_events
from chatmusician.abc.tune import Tune

KEYS = (
    "C",
    "G",
    "F#",
    "Bb",
    "Gb",
    "Am",
    "C#m",
    "Ebm",
    "Ddor",
    "Amix",
    "Ephr",
    "Flyd",
    "Bloc",
    "none",
)
# Eighths in a bar.
METERS = {"4/4": 8, "3/4": 6, "6/8": 6, "2/4": 4, "9/8": 9, "3/8": 3, "2/2": 8}

_notes = st.builds(
    "{}{}".format,
    st.sampled_from(("", "", "", "", "^", "_", "=", "^^", "__")),
    st.sampled_from(("G,", "B,", "C", "D", "E", "F", "G", "A", "B", "c", "d", "e", "f", "g", "c'")),
)


def _piece(pattern: str, eighths: int) -> st.SearchStrategy[tuple[str, int]]:
    """A pattern with a note for every ``#``; ``@`` repeats the note before it."""

    def fill(notes: list[str]) -> tuple[str, int]:
        text, rest = "", iter(notes)
        for char in pattern:
            if char == "#":
                note = next(rest)
            text += note if char == "#" else note.lstrip("^_=") if char == "@" else char
        return text, eighths

    return st.lists(_notes, min_size=pattern.count("#"), max_size=pattern.count("#")).map(fill)


_pieces = st.one_of(
    *(_piece("#", 1) for _ in range(4)),
    _piece("#2", 2),
    _piece("#3", 3),
    _piece("#>#", 2),
    _piece("#<<#", 2),
    _piece("(3###", 2),
    _piece("(3:2:2#2#", 2),
    _piece("#/#/", 1),
    _piece("#-@", 2),
    _piece("(##)", 2),
    _piece("{#/}#", 1),
    _piece('"Am7/G"#', 1),
    _piece('"^slow"#', 1),
    _piece("!trill!#2", 2),
    _piece(".#", 1),
    st.sampled_from(
        (("z", 1), ("z2", 2), ("x", 1), ("[CEG]2", 2), ("[C2E2]", 2), ("[FA]>[GB]", 2))
    ),
)


@st.composite
def bars(draw: st.DrawFn, eighths: int) -> str:
    """A bar that adds up: pieces as long as they fit, then rests."""
    text, left = "", eighths
    for piece, length in draw(st.lists(_pieces, min_size=1, max_size=9)):
        if length <= left:
            text += piece + draw(st.sampled_from(("", " ")))
            left -= length
    return text + "z" * left


@st.composite
def sections(draw: st.DrawFn, eighths: int) -> str:
    body = "|".join(draw(st.lists(bars(eighths), min_size=1, max_size=6)))
    form = draw(st.sampled_from(("{}|", "{}||", "|:{}:|", "|:{}|1{}:|2{}|]")))
    rest = [draw(bars(eighths)) for _ in range(form.count("{}") - 1)]
    return form.format(body, *rest)


@st.composite
def tunes(draw: st.DrawFn) -> str:
    """The text of a tune in which nothing is wrong."""
    meter = draw(st.sampled_from(tuple(METERS)))
    key = draw(st.sampled_from(KEYS))
    music: list[str] = []
    for section in draw(st.lists(sections(METERS[meter]), min_size=1, max_size=3)):
        change = draw(st.sampled_from(("", "", "", "K:D", "K:Ebm")))
        music += [change] * bool(change) + [section]
        if draw(st.integers(0, 4)) == 0:
            music.append("w: la-la * lo_ la")
    return f"X:1\nT:t\nM:{meter}\nL:1/8\nK:{key}\n" + "\n".join(music) + "\n"


def music(tune: Tune | str) -> dict[str, Any]:
    """The events shape without what only tells where things stand."""
    shape = tune_events(abc.read(tune).tunes[0] if isinstance(tune, str) else tune)
    for key in ("unit", "diagnostics"):
        del shape[key]
    del shape["text"]["lyrics"]  # by w: line; the voices have them by note
    return shape


def sounding(tune: Tune | str) -> list[Any]:
    """What is heard, in order."""
    found: list[Any] = music(tune)["expanded"]
    return found
