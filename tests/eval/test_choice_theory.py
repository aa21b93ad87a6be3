"""Generated theory questions: every key found again by music21, which shares no code with us."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from chatmusician import abc
from chatmusician.eval.choice.questions import LETTERS, Question
from chatmusician.eval.choice.theory import TEST, TRAIN, make_questions, shots
from chatmusician.eval.choice.theory.build import KINDS
from chatmusician.train.tasks import choice

m21: Any = pytest.importorskip("music21")

CODES = {"minor": "m", "major": "M", "perfect": "P", "augmented": "A", "diminished": "d"}
NUMBERS = ("unison", "second", "third", "fourth", "fifth", "sixth", "seventh", "octave")
VALUE = r"(?:(double-)?(dotted) )?([a-z-]+) note"
INSTRUMENTS = {
    "clarinet in Bb": "Clarinet",
    "trumpet in Bb": "Trumpet",
    "clarinet in A": "Clarinet in A",
    "horn in F": "Horn",
    "alto saxophone in Eb": "Alto Saxophone",
    "clarinet in Eb": "Clarinet in Eb",
    "cor anglais in F": "English Horn",
}
DEGREES = ("tonic", "supertonic", "mediant", "subdominant", "dominant", "submediant")
Holds = Callable[[str], bool]


def ours(name: str) -> str:
    return name.replace("-", "b")


def theirs(name: str) -> str:
    return name[0] + name[1:].replace("b", "-")


def pitch(name: str, octave: int = 4) -> Any:
    return m21.pitch.Pitch(f"{theirs(name)}{octave}")


def interval(name: str) -> Any:
    quality, number = name.split()
    return m21.interval.Interval(CODES[quality] + str(NUMBERS.index(number) + 1))


def named(low: Any, high: Any) -> str:
    return str(m21.interval.Interval(low, high).niceName).lower()


def asked(pattern: str, question: Question) -> tuple[str, ...]:
    found = re.fullmatch(pattern, question.stem)
    assert found, question.stem
    return found.groups()


def is_(right: object) -> Holds:
    return lambda option: option == right


def key(tonic: str, mode: str) -> Any:
    return m21.key.Key(theirs(tonic), mode)


def signs(count: int) -> str:
    if not count:
        return "no sharps or flats"
    return f"{abs(count)} {'sharp' if count > 0 else 'flat'}{'s' if abs(count) > 1 else ''}"


def quarters(text: str) -> float:
    found = re.search(VALUE, text)
    assert found, text
    name = {"sixteenth": "16th", "thirty-second": "32nd"}.get(found[3], found[3])
    dots = 2 if found[1] else 1 if found[2] else 0
    return float(m21.duration.Duration(name, dots=dots).quarterLength)


def ascending(names: list[str]) -> Any:
    """The notes as a chord, each above the one before it."""
    made: list[Any] = []
    for name in names:
        one = pitch(name)
        while made and one.diatonicNoteNum <= made[-1].diatonicNoteNum:
            one.octave += 1
        made.append(one)
    return m21.chord.Chord(made)


def quality(chord: Any) -> str:
    tests = {
        "major triad": chord.isMajorTriad,
        "minor triad": chord.isMinorTriad,
        "diminished triad": chord.isDiminishedTriad,
        "augmented triad": chord.isAugmentedTriad,
        "dominant seventh chord": chord.isDominantSeventh,
        "half-diminished seventh chord": chord.isHalfDiminishedSeventh,
        "diminished seventh chord": chord.isDiminishedSeventh,
        "major seventh chord": lambda: chord.isSeventhOfType((0, 4, 7, 11)),
        "minor seventh chord": lambda: chord.isSeventhOfType((0, 3, 7, 10)),
    }
    return next((name for name, test in tests.items() if test()), "")


def roman(numeral: str, tonic: str, mode: str) -> Any:
    return m21.roman.RomanNumeral(numeral.replace("°", "o"), key(tonic, mode))


def cadence(first: str, last: str) -> str:
    if last == "V":
        return "half cadence"
    return {
        ("V", "I"): "authentic cadence",
        ("IV", "I"): "plagal cadence",
        ("V", "vi"): "deceptive cadence",
    }[first, last]


# Without music


def note_at_interval(q: Question) -> Holds:
    name, side, start = asked(r"Which note lies an? (.+) (above|below) (\S+)\?", q)
    moved = interval(name) if side == "above" else interval(name).reverse()
    return is_(ours(moved.transposePitch(pitch(start)).name))


def interval_(q: Question) -> Holds:
    low, high = asked(r"Which interval is it from (\S+) up to the next (\S+)\?", q)
    one, two = ascending([low, high]).pitches
    return is_(named(one, two))


def stacked(q: Question) -> Holds:
    first, second = asked(r"An? (.+) with an? (.+) on top of it: which interval is that\?", q)
    start = pitch("C")
    return is_(named(start, interval(second).transposePitch(interval(first).transposePitch(start))))


def inverted(q: Question) -> Holds:
    low, high = asked(r"The interval from (\S+) up to (\S+) is inverted .*", q)
    one, two = ascending([low, high]).pitches
    return is_(str(m21.interval.Interval(one, two).complement.niceName).lower())


def key_signature(q: Question) -> Holds:
    tonic, mode = asked(r"What does the key signature of (\S+) (\S+) have\?", q)
    return is_(signs(key(tonic, mode).sharps))


def key_of_signature(q: Question) -> Holds:
    mode, said = asked(r"Which (\S+) key has a key signature with (.+)\?", q)
    return lambda o: o.split()[1] == mode and signs(key(*o.split()).sharps) == said


def related_key(q: Question) -> Holds:
    if "relative" in q.stem:
        mode, *of = asked(r"Which key is the relative (\S+) of (\S+) (\S+)\?", q)
        return is_(f"{ours(key(of[0], of[1]).relative.tonic.name)} {mode}")
    mode, what, *of = asked(r"Which (\S+) key has the (\S+) of (\S+) (\S+) as its tonic\?", q)
    degree = {"dominant": 5, "subdominant": 4}[what]
    return is_(f"{ours(key(of[0], of[1]).pitchFromDegree(degree).name)} {mode}")


def scale(q: Question) -> Holds:
    name, tonic = asked(r"Which notes make the (.+) scale on (\S+)\?", q)
    kinds = {
        "natural minor": m21.scale.MinorScale,
        "harmonic minor": m21.scale.HarmonicMinorScale,
        "ascending melodic minor": m21.scale.MelodicMinorScale,
        "major pentatonic": m21.scale.MajorScale,
        "minor pentatonic": m21.scale.MinorScale,
    }
    kind = kinds.get(name) or getattr(m21.scale, f"{name.capitalize()}Scale")
    start = pitch(tonic)
    found = kind(start).getPitches(
        start, start.transpose("P8"), direction=m21.scale.Direction.ASCENDING
    )[:7]
    kept = {"major pentatonic": (0, 1, 2, 4, 5), "minor pentatonic": (0, 2, 3, 4, 6)}
    return is_(" ".join(ours(found[at].name) for at in kept.get(name, range(7))))


def scale_degree(q: Question) -> Holds:
    degree, tonic, mode = asked(r"Which note is the (\S+) of (\S+) (\S+)\?", q)
    return is_(ours(key(tonic, mode).pitchFromDegree(DEGREES.index(degree) + 1).name))


def chord_notes(q: Question) -> Holds:
    name, root = asked(r"Which notes make the (.+) on (\S+)\?", q)

    def holds(option: str) -> bool:
        chord = ascending(option.split())
        return (quality(chord), ours(chord.root().name)) == (name, root)

    return holds


def numeral_notes(q: Question) -> Holds:
    numeral, tonic, mode = asked(r"Which notes make the chord (\S+) in (\S+) (\S+)\?", q)
    return is_(" ".join(ours(name) for name in roman(numeral, tonic, mode).pitchNames))


def numeral(q: Question) -> Holds:
    root, kind, tonic, mode = asked(
        r"Which Roman numeral has the (\S+) (\S+) triad in (\S+) (\S+)\?", q
    )

    def holds(option: str) -> bool:
        found = roman(option, tonic, mode)
        return (ours(found.root().name), found.quality) == (root, kind)

    return holds


def cadence_(q: Question) -> Holds:
    tonic, one, _, two, kind = asked(
        r"A phrase in (\S+) major ends with the chords (\S+) (.+) and (\S+) (\S+), in .*", q
    )
    degrees = [key(tonic, "major").getScaleDegreeFromPitch(theirs(name)) for name in (one, two)]
    names = {1: "I", 2: "ii", 4: "IV", 5: "V", 6: "vi"}
    first, last = (names[degree] for degree in degrees)
    assert kind == ("minor" if last == "vi" else "major")
    return is_(cadence(first, last))


def instrument(q: Question) -> Holds:
    if "sounds" in q.stem:
        name, note = asked(r"An? (.+) plays a written (\S+)\. Which note sounds\?", q)
    else:
        name, note = asked(r"Which note is written for an? (.+) that is to sound (\S+)\?", q)
    # music21 has no transposition for the alto flute; it sounds a fourth lower (Piston, 1955).
    alto_flute = m21.interval.Interval("P-4")
    known = name in INSTRUMENTS
    moved = m21.instrument.fromString(INSTRUMENTS[name]).transposition if known else alto_flute
    moved = moved if "plays" in q.stem else moved.reverse()
    return is_(ours(moved.transposePitch(pitch(note)).name))


def bar_arithmetic(q: Question) -> Holds:
    value, bars, meter = asked(r"How many (.+)s fill (\d+) bars? of (\S+)\?", q)
    bar = m21.meter.TimeSignature(meter).barDuration.quarterLength
    return is_(str(int(int(bars) * bar / quarters(value))))


def meter_type(q: Question) -> Holds:
    if q.stem.startswith("What"):
        (meter,) = asked(r"What kind of meter is (\S+)\?", q)
        return is_(m21.meter.TimeSignature(meter).classification.lower())
    (meter,) = asked(r"At a lively tempo, how is a bar of (\S+) usually felt\?", q)
    found = m21.meter.TimeSignature(meter)
    beat = found.barDuration.quarterLength / found.beatCount

    def holds(option: str) -> bool:
        return (int(option.split()[0]), quarters(option)) == (int(found.beatCount), float(beat))

    return holds


def value_sum(q: Question) -> Holds:
    (told,) = asked(r"(.+) tied together last as long as which single note\?", q)
    parts = re.split(r", | and ", told)
    total = sum(quarters(part) for part in parts)
    return lambda option: quarters(option) == total


# With music


def bars_of(q: Question) -> list[list[Any]]:
    """music21's notes and chords, parted by the bar lines of the text."""
    body = q.abc_score.split("K:")[1].split("\n", 1)[1]
    texts = [t for t in re.split(r"\|[:\]|]*", body.replace("\n", " ")) if t.strip()]
    # Before version 2.0 music21 does not keep accidentals to the end of a bar.
    parsed = m21.converter.parse(f"%abc-2.1\n{q.abc_score}", format="abc")
    notes = list(parsed.flatten().notes)
    made = []
    for text in texts:
        count = len(text.split())
        made.append(notes[:count])
        del notes[:count]
    assert not notes
    return made


def ordinal(word: str) -> int:
    return ("first", "second", "third", "fourth", "fifth", "sixth").index(word)


def melodic_interval(q: Question) -> Holds:
    first, second, bar = asked(
        r"Which interval do the (\S+) and the (\S+) note of bar (\d+) make\?", q
    )
    notes = bars_of(q)[int(bar) - 1]
    one, two = notes[ordinal(first)].pitch, notes[ordinal(second)].pitch
    low, high = sorted((one, two), key=lambda found: found.diatonicNoteNum)
    return is_(named(low, high))


def mode_of_tune(q: Question) -> Holds:
    notes = [note for bar in bars_of(q) for note in bar]
    heard = {note.pitch.name for note in notes}

    def holds(option: str) -> bool:
        name = {"minor": "Minor", "major": "Major"}.get(option, option.capitalize())
        found = getattr(m21.scale, f"{name}Scale")(notes[-1].pitch.name)
        return {p.name for p in found.getPitches("C2", "C4")} == heard

    return holds


def signature_in_tune(q: Question) -> Holds:
    names = {ours(n.pitch.name) for bar in bars_of(q) for n in bar if n.pitch.accidental}
    names = {name for name in names if len(name) > 1}
    return lambda option: set(option.split()) == names


def sounding_pitch(q: Question) -> Holds:
    at, bar = asked(r"Which note is the (\S+) note of bar (\d+), key signature and .*", q)
    found = bars_of(q)[int(bar) - 1][ordinal(at)].pitch
    return lambda option: pitch(option).pitchClass == found.pitchClass


def chord_in_music(q: Question) -> Holds:
    ((chord,),) = bars_of(q)

    def holds(option: str) -> bool:
        root, kind, place = re.fullmatch(r"(\S+) (.+), (.+)", option).groups()  # type: ignore[union-attr]
        places = ("root position", "first inversion", "second inversion", "third inversion")
        at = places.index(place)
        right = ours(chord.root().name) == root and quality(chord) == kind
        return right and chord.inversion() == at

    return holds


def numeral_in_music(q: Question) -> Holds:
    tonic, mode, at = asked(
        r"The music is in (\S+) (\S+)\. Which Roman numeral, .* has the (\S+) chord\?", q
    )
    chord = [found for bar in bars_of(q) for found in bar][ordinal(at)]

    def holds(option: str) -> bool:
        found = roman(option, tonic, mode)
        same = set(found.pitchNames) == {p.name for p in chord.pitches}
        return same and found.bass().name == chord.bass().name

    return holds


def cadence_in_music(q: Question) -> Holds:
    chords = [found for bar in bars_of(q) for found in bar]
    tonic = key(re.search(r"^K:(\S+)$", q.abc_score, re.M)[1], "major")  # type: ignore[index]
    found = [m21.roman.romanNumeralFromChord(c, tonic).romanNumeralAlone for c in chords[-2:]]
    return is_(cadence(found[0], found[1]))


def transposed_tune(q: Question) -> Holds:
    way, name = asked(r"Which is this melody transposed (up|down) by an? (.+)\?", q)
    moved = interval(name) if way == "up" else interval(name).reverse()
    head = q.abc_score.split("K:")[0]

    def heard(text: str) -> list[tuple[str, float]]:
        notes = m21.converter.parse(text, format="abc").flatten().notes
        return [(n.pitch.nameWithOctave, float(n.quarterLength)) for n in notes]

    wanted = [
        (moved.transposePitch(m21.pitch.Pitch(name)).nameWithOctave, length)
        for name, length in heard(q.abc_score)
    ]

    def holds(option: str) -> bool:
        found = re.fullmatch(r"\[K:(\S+)\] (.*)", option)
        assert found
        return heard(f"{head}K:{found[1]}\n{found[2]}\n") == wanted

    return holds


def lengths(q: Question) -> list[float]:
    """Without M:, for music21 breaks notes at the bars it expects."""
    score = re.sub(r"^M:.*\n", "", q.abc_score, flags=re.M)
    bars = bars_of(Question(q.id, q.stem, q.options, q.answer, abc_score=score))
    return [sum(float(note.quarterLength) for note in bar) for bar in bars]


def meter_of_tune(q: Question) -> Holds:
    (length,) = set(lengths(q))
    return lambda option: m21.meter.TimeSignature(option).barDuration.quarterLength == length


def note_value(q: Question) -> Holds:
    at, bar = asked(r"How long is the (\S+) note of bar (\d+)\?", q)
    length = float(bars_of(q)[int(bar) - 1][ordinal(at)].quarterLength)
    return lambda option: quarters(option) == length


def full_bar(q: Question) -> float:
    meter = re.search(r"^M:(\S+)$", q.abc_score, re.M)[1]  # type: ignore[index]
    return float(m21.meter.TimeSignature(meter).barDuration.quarterLength)


def filling_value(q: Question) -> Holds:
    (bar,) = asked(r"Bar (\d+) is too short\. .*", q)
    found = lengths(q)
    assert [n for n, length in enumerate(found, 1) if length != full_bar(q)] == [int(bar)]
    return lambda option: quarters(option) == full_bar(q) - found[int(bar) - 1]


def wrong_bar(q: Question) -> Holds:
    (wrong,) = (n for n, length in enumerate(lengths(q), 1) if length != full_bar(q))
    return is_(f"bar {wrong}")


def foreign_note(q: Question) -> Holds:
    (tonic,) = asked(r"The tune is in (\S+) major, all its .*", q)
    names = {p.name for p in key(tonic, "major").pitches}
    bars = bars_of(q)
    (wrong,) = (n for n, bar in enumerate(bars, 1) if any(x.pitch.name not in names for x in bar))
    return is_(f"bar {wrong}")


def range_(q: Question) -> Holds:
    pitches = sorted((note.pitch for bar in bars_of(q) for note in bar), key=lambda p: p.ps)
    low, high = (ours(found.nameWithOctave) for found in (pitches[0], pitches[-1]))
    return is_(f"{low} to {high}")


def form(q: Question) -> Holds:
    bars = bars_of(q)
    letters: dict[Any, str] = {}
    made = ""
    for at in range(0, 8, 2):
        phrase = tuple(
            (n.pitch.nameWithOctave, n.quarterLength) for bar in bars[at : at + 2] for n in bar
        )
        made += letters.setdefault(phrase, LETTERS[len(letters)])
    return is_(made)


def bars_played(q: Question) -> Holds:
    """Repeats written out by hand: music21's own expansion of ABC endings is not to be had."""
    body = q.abc_score.split("K:")[1].split("\n", 1)[1]
    count = 0
    ending = re.search(r"\|1 (.*?) :\|2 (.*?) \|\|", body)
    if ending:
        before, after = body[: ending.start()], body[ending.end() :]
        return is_(str(2 * (_count(before) + 1) + _count(after)))
    for part in re.split(r"(?<=:\|)|(?=\|:)", body):
        count += _count(part) * (2 if ":|" in part else 1)
    return is_(str(count))


def _count(text: str) -> int:
    return len([bar for bar in re.split(r"[|:\]]+", text) if bar.strip()])


CHECKS: dict[str, Callable[[Question], Holds]] = {
    "note-at-interval": note_at_interval,
    "interval": interval_,
    "stacked-intervals": stacked,
    "inverted-interval": inverted,
    "key-signature": key_signature,
    "key-of-signature": key_of_signature,
    "related-key": related_key,
    "scale": scale,
    "scale-degree": scale_degree,
    "chord-notes": chord_notes,
    "numeral-notes": numeral_notes,
    "numeral": numeral,
    "cadence": cadence_,
    "transposing-instrument": instrument,
    "bar-arithmetic": bar_arithmetic,
    "meter-type": meter_type,
    "value-sum": value_sum,
    "melodic-interval": melodic_interval,
    "mode-of-tune": mode_of_tune,
    "signature-in-tune": signature_in_tune,
    "sounding-pitch": sounding_pitch,
    "chord-in-music": chord_in_music,
    "numeral-in-music": numeral_in_music,
    "cadence-in-music": cadence_in_music,
    "transposed-tune": transposed_tune,
    "meter-of-tune": meter_of_tune,
    "note-value": note_value,
    "filling-value": filling_value,
    "range": range_,
    "form": form,
    "bars-played": bars_played,
    "wrong-bar": wrong_bar,
    "foreign-note": foreign_note,
}


def kind_of(question: Question) -> str:
    return question.id.split("/")[3]


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_music21_finds_the_same_key_and_no_other_right_option(kind: Any) -> None:
    for question in make_questions(7, per_kind=8, kinds=(kind,)):
        holds = CHECKS[kind.name](question)
        assert [o for o in question.options if holds(o)] == [question.right], question


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_music21_finds_every_key(seed: int) -> None:
    for question in make_questions(seed, per_kind=40):
        holds = CHECKS[kind_of(question)](question)
        assert [o for o in question.options if holds(o)] == [question.right], question


def test_questions_have_the_benchmark_s_shape() -> None:
    made = make_questions(3)
    assert len(made) >= 360
    assert len({question.id for question in made}) == len(made)
    for question in made:
        assert len(set(question.options)) == 4
        assert (question.subject == "reasoning") == bool(question.abc_score)
    share = Counter(question.answer for question in made)
    assert all(0.18 * len(made) < share[letter] < 0.32 * len(made) for letter in LETTERS)
    topics = {question.topic for question in made}
    assert len(topics) >= 10


def test_music_can_be_read() -> None:
    for question in make_questions(3, per_kind=3):
        if question.abc_score and "faults" not in question.topic and "short" not in question.stem:
            (tune,) = abc.read(question.abc_score).tunes
            found = [d for d in abc.check_tune(tune) if d.severity == "error"]
            assert "M: field" in question.stem or not found, (question, found)


def test_a_seed_is_its_own_test() -> None:
    assert make_questions(1) == make_questions(1)
    one, two = ({content(q) for q in make_questions(seed) if q.abc_score} for seed in (1, 2))
    assert len(one & two) < 0.05 * len(one)


def content(question: Question) -> tuple[str, str, str]:
    return question.stem, question.abc_score, question.right


def test_train_and_test_share_no_question_whatever_the_seeds() -> None:
    test = {content(q) for seed in range(6) for q in make_questions(seed, side=TEST, per_kind=20)}
    train = {content(q) for seed in range(6) for q in make_questions(seed, side=TRAIN, per_kind=20)}
    train |= {content(q) for q in shots()}
    assert len(test) > 2000
    assert len(train) > 2000
    assert not test & train


def test_the_training_tasks_ask_other_questions() -> None:
    """Rows made from collections (train/tasks) have stems of their own."""
    with open(choice.__file__, encoding="utf-8") as file:
        source = file.read()
    stems = {re.sub(r"\d+", "", question.stem) for question in make_questions(1)}
    theirs = re.findall(r'"([A-Z][^"]*\?)"', source)
    assert len(theirs) >= 5
    assert not stems & {re.sub(r"\{[^}]*\}|\d+", "", stem) for stem in theirs}


def test_bars_are_full_in_exact_time() -> None:
    for question in make_questions(4, kinds=tuple(k for k in KINDS if k.name == "range")):
        (tune,) = abc.read(question.abc_score).tunes
        line = abc.timeline(tune)
        lengths = {line.quarters(int(m.length)) for m in line.voices[0].measures if m.length}
        assert lengths == {Fraction(line.meter.length) * 4}
