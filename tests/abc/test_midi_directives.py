"""%%MIDI directives of any shape: the built-in engine always writes a file that can be played."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatmusician import abc
from chatmusician.abc.midi import PLAIN, broken_midi
from chatmusician.abc.midi.builtin import to_midi

HEAD = "X:1\nT:t\nM:4/4\nL:1/4\n"
FUZZ = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)

# Without a note no voice exists that a directive could speak of.
DIRECTIVES = [
    "gchord f2zbihij",
    "gchord",
    "gchordon",
    "gchordoff",
    "program 5",
    "program 1 5",
    "channel 3",
    "transpose 2",
    "rtranspose 2",
    "beat 1 2 3",
    "chordprog 3",
    "bassvol 200",
]


def plays(text: str) -> None:
    for tune in abc.read(text).tunes:
        assert broken_midi(to_midi(tune)) is None
        assert broken_midi(to_midi(tune, PLAIN)) is None


@pytest.mark.parametrize("directive", DIRECTIVES)
@pytest.mark.parametrize("key", ["K: Dm ^c", "K:C"])
@pytest.mark.parametrize("music", ["", "|", "%\n", 'w: a\n"Am"', "CDEF|", '"Am"CDEF|'])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_directives_before_any_music_or_none(
    directive: str, key: str, music: str, end: str
) -> None:
    plays(f"{HEAD}{key}\n%%MIDI {directive}\n{music}\n".replace("\n", end))
    plays(f"{HEAD}%%MIDI {directive}\n{key}\n{music}\n".replace("\n", end))
    plays(f"{HEAD}V:1\nV:2\n{key}\n[V:2]\nI:MIDI {directive}\n{music}\n".replace("\n", end))


PATTERNS = st.text("fcbzGHIJghij0123456789", max_size=12)
CHORDS = st.sampled_from(["Am", "C", "C5", "G7/B", "/F#", "n.c.", "Fine", "Bb9sus4", ""])
KEYS = st.builds(
    "{}{}".format,
    st.sampled_from(["Dm", "D", "HP", "exp", "none", "F#mix", "", "clef=bass"]),
    st.text(" ^_=abcdefgABCDEFG',", max_size=12),
)
METERS = st.sampled_from(["4/4", "3/4", "6/8", "7/8", "none", "C|", "1/1", "1/128", "(2+3)/8"])


@FUZZ
@given(PATTERNS, CHORDS, KEYS, METERS, st.sampled_from(["", "C", "CDEF|GABc|", "z|Z2|[CE]>G|"]))
def test_any_pattern_in_any_key(pattern: str, chord: str, key: str, meter: str, music: str) -> None:
    music = "".join(f'"{chord}"{part}|' for part in music.split("|") if part)
    plays(f"X:1\nM:{meter}\nL:1/4\nK: {key}\n%%MIDI gchord {pattern}\n{music}\n")


NAMES = st.sampled_from(
    [
        "program",
        "channel",
        "transpose",
        "rtranspose",
        "gchordon",
        "gchordoff",
        "gchord",
        "beat",
        "beataccents",
        "nobeataccents",
        "chordprog",
        "bassprog",
        "chordvol",
        "bassvol",
        "drum",
        "drumon",
        "drone",
        "droneon",
        "grace",
        "gracedivider",
        "ratio",
        "trim",
        "chordattack",
        "barlines",
        "control",
        "pitchbend",
        "drummap",
        "beatmod",
        "beatstring",
        "deltaloudness",
        "temperament",
        "ptstress",
        "expand",
        "makechordchannels",
        "c",
    ]
)
NUMBERS = st.lists(st.integers() | st.integers(-2, 130), max_size=5).map(
    lambda found: " ".join(map(str, found))
)
VALUES = NUMBERS | PATTERNS | st.text(max_size=8) | st.sampled_from(["octave=-2", "²", "١", "1e9"])
LINES = st.lists(
    st.one_of(
        st.builds("%%MIDI {} {}".format, NAMES, VALUES),
        st.builds("I:MIDI {} {}".format, NAMES, VALUES),
        st.sampled_from(
            ['"Am"CDEF|', "[V:2]", "V:1", "~c!trill!d{ag}e.f|", "[M:3/4]", "[K:Dm ^c]"]
        ),
    ),
    max_size=6,
).map("\n".join)


@FUZZ
@given(LINES, LINES)
def test_any_directives(header: str, body: str) -> None:
    header = "\n".join(line for line in header.splitlines() if "MIDI" in line)
    plays(f"{HEAD}{header}\nV:1\nV:2 clef=perc\nK: Dm ^c\n{body}\n")
