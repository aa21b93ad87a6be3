"""What of a section comes back: cases worked out by hand."""

from __future__ import annotations

import pytest

from chatmusician.model.decoding.copying import opening, unframed, without_chords

TEXT = "A4 | B2 c2 | d2 e2 | f4"


@pytest.mark.parametrize(
    ("text", "begun", "pickup", "varied", "found"),
    [
        (TEXT, 1, False, False, "B2 c2 | d2 e2 | f4 "),
        (TEXT, 4, False, False, ""),
        # 64 % of four bars are two and a half.
        (TEXT, 0, False, True, "A4 | B2 c2 | d2 "),
        (TEXT, 1, False, True, "B2 c2 | d2 e2 | f4 "),
        # The pickup is none of three bars: they are 1.92.
        (TEXT, 0, True, True, "A4 | B2 c2 | d2 e2 "),
        ("A(B | c)d (3efg | (a b)c", 1, False, False, "cd (3efg | (a b)c "),
        ('A(B | "(D7)"c)d', 1, False, False, '"(D7)"cd '),
    ],
)
def test_what_follows(text: str, begun: int, pickup: bool, varied: bool, found: str) -> None:
    assert opening(text, begun, pickup, varied=varied) == found


def test_bar_lines_around_a_section_and_its_chord_symbols() -> None:
    assert unframed(" |: A4 | B4 :|\n") == "A4 | B4"
    assert unframed("A4 | B4 |]") == "A4 | B4"
    assert without_chords('"Am"A4 | "(D7)"B"^so"c') == 'A4 | B"^so"c'
