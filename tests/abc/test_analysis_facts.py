"""Facts of a tune against cases worked out by hand."""

from __future__ import annotations

import pytest

from chatmusician import abc
from chatmusician.abc import analysis
from chatmusician.abc.analysis import Bar, Section

SCALE = "CDEF | GABc | cBAG | FEDC |]"
ARCH = "c2 e2 | g2 e2 | d2 B2 | c4 |]"


def line_of(music: str, head: str = "M:4/4\nL:1/4\nK:C") -> abc.Timeline:
    return abc.timeline(abc.read(f"X:1\n{head}\n{music}\n").tunes[0], trace=True)


def bars_of(music: str, head: str = "M:4/4\nL:1/4\nK:C") -> list[Bar]:
    return analysis.melody(line_of(music, head))


def form_of(music: str, head: str = "M:4/4\nL:1/4\nK:C") -> analysis.Form:
    return analysis.form(analysis.sections(line_of(music, head)))


def test_melody_takes_the_top_and_joins_ties() -> None:
    bars = bars_of("[CE]2 z G- | G2 {a}c2 |]")
    assert [[(int(n.onset), int(n.duration), n.pitch) for n in bar.notes] for bar in bars] == [
        [(0, 2, 64), (3, 3, 67)],
        [(2, 2, 72)],
    ]


@pytest.mark.parametrize(
    ("music", "count"),
    [
        ("CDEF | GABc |]", 2),
        ("C | DEFG | ABc :|", 2),  # a pickup, and the short bar that it completes
        ("C |: DEFG | ABc :: d | cBAG | FED :|", 4),
        ("CDEF | GA :: Bc | cBAG :|", 3),  # halves on both sides of a repeat sign
    ],
)
def test_bars_are_counted_without_pickups(music: str, count: int) -> None:
    assert analysis.bar_count(bars_of(music)) == count


@pytest.mark.parametrize(
    ("first", "second", "name"),
    [
        ("C", "E", "major third"),
        ("C", "_E", "minor third"),
        ("C", "^D", "augmented second"),
        ("F", "B", "augmented fourth"),
        ("B", "f", "diminished fifth"),
        ("c", "C", "perfect octave"),
        ("D", "D", "perfect unison"),
        ("C", "_d", "minor ninth"),
        ("C", "b'", "35 semitones"),
    ],
)
def test_interval_names(first: str, second: str, name: str) -> None:
    (bar,) = bars_of(f"{first}2 {second}2 |]")
    assert analysis.interval_name(*bar.notes) == name
    assert analysis.interval_name(*reversed(bar.notes)) == name


def test_range_names_letters_and_octaves() -> None:
    found = analysis.melody_range(bars_of("G,2 B2 | ^c'2 D2 |]", "M:4/4\nL:1/4\nK:F"))
    assert found is not None
    assert [note.full_name for note in found] == ["G3", "C#6"]


@pytest.mark.parametrize(
    ("labels", "terms"),
    [
        (["A"], ("Only One Section",)),
        (["A", "A'"], ("Variational",)),
        (["A", "B"], ("Binary",)),
        (["A", "A", "B", "B'"], ("Binary",)),
        (["A", "B", "A"], ("Ternary",)),
        (["A", "A", "B", "A"], ("Ternary", "Sectional: American Popular")),
        (["A", "B", "A", "B"], ("Sectional: Verse/Chorus",)),
        (["A", "B", "A", "B", "C", "B"], ("Sectional: Verse/Chorus/Bridge",)),
        (["A", "B", "A", "C"], ("Sectional: Verse/Chorus/Verse/Bridge",)),
        (["A", "B", "C"], ("Through Composed",)),
        (["A", "B", "A", "C", "D", "C"], ("Compound Binary",)),
        (["A", "B", "C", "D", "A", "B"], ("Compound Ternary",)),
        (["A", "B", "C", "B", "D"], ()),
        ([], ()),
    ],
)
def test_terms_of_letters(labels: list[str], terms: tuple[str, ...]) -> None:
    assert analysis.form_terms(labels) == terms


def test_similarity_is_the_share_of_time_on_one_pitch() -> None:
    first = bars_of("C2 D2 | E2 F2 |]")
    assert analysis.similarity(first, first) == 10
    assert analysis.similarity(first, bars_of("C2 D2 | E2 G2 |]")) == 7.5
    assert analysis.similarity(first, bars_of("c2 d2 | e2 f2 |]")) == 0
    assert analysis.similarity(first, bars_of("C2 D2 |]")) == pytest.approx(20 / 3)


@pytest.mark.parametrize(
    ("music", "letters", "played"),
    [
        (f"|: {SCALE[:-2]}:: {ARCH[:-2]}:|", "AB", "AABB"),
        ("CDEF|GABc|| cBAG|c2e2|| CDEF|GABc|]", "ABA", "ABA"),
        ("|:C2D2|E2F2:| |:C2D2|E2G2:|", "AA'", "AAA'A'"),
        ("CDEF|GABc|[1 c4:|[2 C4|| e2g2|f2d2|]", "AB", "AAB"),
    ],
)
def test_form_by_signs(music: str, letters: str, played: str) -> None:
    form = form_of(music)
    assert (form.letters, form.played) == (letters, played)


def test_form_without_signs_is_by_likeness_of_phrases() -> None:
    a, b = "CDEF | GABc | cBAG | FEDC | ", "c2e2 | g2e2 | d2B2 | c4 | "
    assert form_of(a + a + b + a).letters == "AABA"
    assert form_of("G | " + a + b + a).letters == "ABA"
    assert form_of("CDEF | GABc |]").letters == "A"


def test_empty_music_has_no_sections() -> None:
    assert analysis.sections(line_of("z4 |]")) in ([], [Section((), 0, 0, 1)])
    assert analysis.estimate_key([]) is None
    assert analysis.melody_range([]) is None


@pytest.mark.parametrize(
    ("tokens", "shortest", "motif"),
    [
        ("A B A", 1, "A"),
        ("A B C A B", 1, "A B"),
        ("A B C A B C D", 2, "A B C"),
        ("A B C", 1, "A B C"),
        ("A B C D E F G A' B'", 1, "A B C D E F G A'"),
        ("A", 3, ""),
    ],
)
def test_motif_is_most_frequent_then_longest_then_first(
    tokens: str, shortest: int, motif: str
) -> None:
    assert " ".join(analysis.motif(tokens.split(), shortest=shortest)) == motif


def test_note_tokens_drop_all_but_notes() -> None:
    line = line_of('"C"C2 "^text"{e}!trill!^F/- F/z | (3ABc .[EG]2 |]')
    (section,) = analysis.sections(line)
    assert analysis.note_tokens(line, section) == ["C2", "^F/", "A", "B", "c", "[EG]2"]


@pytest.mark.parametrize("semitones", [-5, 0, 1, 6])
def test_key_follows_a_transposition(semitones: int) -> None:
    tune = abc.read("X:1\nM:4/4\nL:1/4\nK:C\nCEGc | BAGF | EGFD | C4 |]\n").tunes[0]
    moved = abc.timeline(abc.transpose(tune, semitones), trace=True)
    guess = analysis.estimate_key(analysis.melody(moved))
    assert guess is not None
    names = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]
    assert guess.name == f"{names[semitones % 12]} major"


def test_key_of_a_minor_melody() -> None:
    guess = analysis.estimate_key(bars_of("Acea | g2e2 | cBA^G | A4 |]"))
    assert guess is not None
    assert guess.name == "A minor"


def test_chords_and_cadences() -> None:
    music = '"C"C2 "^slow""F"D2 | "G7"G4 || "F"A2 "C"G2 | "G"B4 "C"| c4 |] "Fine"'
    line = line_of(music.replace('B4 "C"| c4', 'B4 | "C"c4'))
    assert analysis.chords_per_bar(line) == [("C", "F"), ("G7",), ("F", "C"), ("G",), ("C",)]
    assert analysis.progression(line) == ["C", "F", "G7", "F", "C", "G", "C"]
    found = analysis.cadences(line, analysis.sections(line))
    assert [(c.section, c.name) for c in found] == [(0, "half"), (1, "authentic")]


@pytest.mark.parametrize(
    ("chords", "name"),
    [("GC", "authentic"), ("FC", "plagal"), ("CG", "half"), ("CF", None)],
)
def test_cadence_names(chords: str, name: str | None) -> None:
    line = line_of(f'"{chords[0]}"CDEF | "{chords[1]}"GABc |]')
    found = analysis.cadences(line, analysis.sections(line))
    assert [c.name for c in found] == ([name] if name else [])


@pytest.mark.parametrize("semitones", [-12, -3, 1, 7])
def test_signature_knows_no_key_and_no_unit(semitones: int) -> None:
    tune = abc.read("X:1\nM:4/4\nL:1/8\nK:G\nG2B>d g4 | (3fed cB A2z2 |]\n").tunes[0]
    double = abc.read(tune.text.replace("L:1/8", "L:1/4").replace("4/4", "8/4")).tunes[0]
    one, other, slow = (
        analysis.melody(abc.timeline(t, trace=True))
        for t in (tune, abc.transpose(tune, semitones), double)
    )
    assert analysis.melody_signature(one) == analysis.melody_signature(other)
    assert analysis.melody_signature(one) == analysis.melody_signature(slow)
    assert analysis.shingles(one) == analysis.shingles(other)


def test_signature_hears_another_note_or_rhythm() -> None:
    music = "CDEF | GABc |]"
    others = ["CDEF | GABd |]", "CDE>F | GABc |]", "CDEF | GAB2 |]"]
    own = analysis.melody_signature(bars_of(music))
    assert all(analysis.melody_signature(bars_of(other)) != own for other in others)


def test_phrase_lengths_and_intervals() -> None:
    line = line_of("C |: DEFG | ABc2 | GFE :| C | c4 | B3 |]")
    assert analysis.phrase_lengths(line)[0] == 2
    assert analysis.intervals(bars_of("CEG2 | c4 |]")) == [4, 3, 5]
