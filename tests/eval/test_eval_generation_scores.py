from __future__ import annotations

import time
from math import log2, sqrt

import pytest

from chatmusician import abc
from chatmusician.abc.analysis import melody
from chatmusician.abc.timing import Timeline
from chatmusician.errors import MissingDependency
from chatmusician.eval.generation.asked import Asked
from chatmusician.eval.generation.copies import Index, bar_shapes
from chatmusician.eval.generation.distances import distance, js_distance, shares
from chatmusician.eval.generation.features import (
    FORMS,
    LENGTHS,
    WIDEST,
    form_counts,
    interval_counts,
    length_counts,
    measure,
    repeated_bars,
    repetition_counts,
    returns,
    tone_times,
)
from chatmusician.eval.generation.outside import Abc2midi
from chatmusician.eval.generation.report import distances, errors, metrics

GOOD = "X:1\nM:3/4\nL:1/4\nK:G\nGAB|cBA|GAB|G3|]\n"
ANYTHING = Asked("a", "bach", "Write.", GOOD)


def scores(text: str) -> dict[str, object]:
    return measure(text, ANYTHING)


@pytest.fixture(scope="module")
def program() -> Abc2midi:
    try:
        return Abc2midi()
    except MissingDependency:
        pytest.skip("no abc2midi here")


@pytest.mark.parametrize(
    ("text", "reads", "bars", "wrong"),
    [
        (GOOD, True, 4, 0),
        (GOOD.replace("cBA", "cB"), True, 4, 1),
        (GOOD.replace("cBA", "cBAG").replace("GAB|G3", "GA|G3"), True, 4, 2),
        (GOOD.replace("cBA", "[cBA"), False, 4, 1),
        (f"Here is a tune:\n```abc\n{GOOD}```\nEnjoy!", True, 4, 0),
    ],
)
def test_bars_and_errors_are_counted(text: str, reads: bool, bars: int, wrong: int) -> None:
    found = scores(text)
    assert (found["reads"], found["bars"], found["bars_wrong"]) == (reads, bars, wrong)
    assert found["clean"] is (reads and not wrong)


@pytest.mark.parametrize("text", ["", "No.", "X:1\nT:Empty\nK:C\n", "|||||", "\0\ud800" * 20])
def test_no_tune_is_no_crash(text: str) -> None:
    assert scores(text)["reads"] is False


def test_a_text_without_end_takes_no_time() -> None:
    started = time.process_time()
    found = scores(GOOD.replace("GAB|", "|:GAB:|" * 5000))
    assert time.process_time() - started < 10
    assert found["form"] == ""
    assert found["reads"]


def test_abc2midi_agrees_on_damaged_bars(program: Abc2midi) -> None:
    whole, damaged = program.listen(GOOD), program.listen(GOOD.replace("cBA", "cB"))
    assert (whole.reads, whole.bar_warnings, whole.errors) == (True, 0, ())
    assert (damaged.reads, damaged.bar_warnings) == (True, 1)


def test_abc2midi_errors_are_kinds(program: Abc2midi) -> None:
    said = program.listen(GOOD.replace("K:G\n", ""))
    assert not said.reads
    assert said.errors == ("No valid K: field found at start of tune",)
    assert not any(digit in kind for kind in said.errors for digit in "0123456789")


def line(body: str, head: str = "M:3/4\nL:1/4\nK:G\n") -> Timeline:
    return abc.timeline(abc.read(f"X:1\n{head}{body}\n").tunes[0], trace=True)


def test_histograms_by_hand() -> None:
    """G A B | d z g | F3 |]: from the tonic G 0 2 4 7 0 11; 2 2 3 5 and a tritone's octave."""
    music = line("GAB|dzg|F3|]")
    bars = melody(music)
    assert tone_times(music, bars) == [2, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 3]
    counts = dict(enumerate(interval_counts(bars), -WIDEST))
    # From g down to F sharp is thirteen semitones: beyond the octave.
    assert {step: n for step, n in counts.items() if n} == {2: 2, 3: 1, 5: 1, -13: 1}
    lengths = length_counts(bars)
    found = [(str(LENGTHS[at]), n) for at, n in enumerate(lengths[:-1]) if n]
    assert found == [("1", 5), ("3", 1)]
    assert lengths[-1] == 0
    assert length_counts(melody(line("G5/4A/4z3/2|]")))[-1] == 1


@pytest.mark.parametrize("body", ["GABc dBGB|cedc BAGA|g4 G4|]", "EFGA BcBA|^GABc d2e2|A8|]"])
def test_key_clarity_is_music21s(body: str) -> None:
    music21 = pytest.importorskip("music21")
    music = line(body, "M:4/4\nL:1/8\nK:C\n")
    stream = music21.stream.Stream()
    for bar in melody(music):
        for note in bar.notes:
            stream.append(music21.note.Note(note.pitch, quarterLength=float(note.duration)))
    theirs = stream.analyze("key.krumhanslkessler")
    found = scores(f"X:1\nM:4/4\nL:1/8\nK:C\n{body}\n")
    assert found["key_clarity"] == pytest.approx(theirs.correlationCoefficient, abs=0.002)


def test_repetition_by_hand() -> None:
    # The second bar is the first again; the last is short and counts neither way.
    assert repeated_bars(melody(line("GAB|GAB|cde|GAB|GA|]"))) == (2, 4)
    assert returns(("A", "B"), (2, 1))
    assert returns(("A", "B", "A'"), (1, 1, 1))
    assert not returns(("A", "B"), (1, 1))


def test_bins_of_repetition_and_form() -> None:
    assert repetition_counts(0, 8) == [1, 0, 0, 0, 0]
    assert repetition_counts(2, 8) == [0, 1, 0, 0, 0]
    assert repetition_counts(5, 8) == [0, 0, 0, 1, 0]
    assert repetition_counts(0, 0) == [0] * 5
    for labels, name in ((("A", "A'", "B"), "AAB"), (("A", "B", "B''", "A"), "other"), ((), "")):
        counts = dict(zip([*FORMS, "other"], form_counts(labels), strict=True))
        assert [form for form, n in counts.items() if n] == ([name] if name else [])


def test_distance_by_hand() -> None:
    """Of (1, 0) and (1/2, 1/2): the middle is (3/4, 1/4)."""
    divergence = (log2(4 / 3) + 0.5 * log2((1 / 2) / (3 / 4)) + 0.5 * log2(2)) / 2
    found = js_distance([[1.0, 0.0]], [[0.5, 0.5]])
    assert found[0] == pytest.approx(sqrt(divergence))
    assert js_distance([[3.0, 0.0]], [[0.0, 8.0]])[0] == pytest.approx(1)


def test_distance_of_sets() -> None:
    ours, theirs = [[4, 0], [0, 4]] * 20, [[2, 2]] * 40
    same = distance(ours, theirs)
    assert same.value == 0
    assert (same.low, same.n) == (0, 40)
    apart = distance([[1, 0]] * 40, [[0, 1]] * 40)
    assert (apart.value, apart.low, apart.high) == pytest.approx((1, 1, 1))
    assert distance([], theirs).value is None
    assert shares([[1, 1], [2, 0]]) == [0.75, 0.25]


# Twelve different bars, so that no window of one stands in it twice.
LONG = "GABc dBGB|cedc BAGA|BdgB cedc|d2BG A2FD|GBdg fdBG|ceac BGDG|FADF GBdB|c2A2 G4|"
LONG += "gfed BdgB|aged cAFD|EGBe dBGE|D2FA G4|]"
HEAD = "M:4/4\nL:1/8\nK:G\n"
OTHER = "|".join(f"{a}3{b} {b}2{a}2" for a, b in zip("CDEFGABcdefg", "gAfBecdDGEFC", strict=True))


def moved(body: str, semitones: int) -> Timeline:
    tune = abc.transpose(abc.read(f"X:1\n{HEAD}{body}\n").tunes[0], semitones)
    return abc.timeline(tune)


def test_a_copy_is_found_in_any_key() -> None:
    index = Index([line(OTHER, HEAD), line(LONG, HEAD)])
    for semitones in (-7, -1, 0, 4, 12):
        found = index.copied(moved(LONG, semitones))
        assert (found.spans, found.copied, found.longest) == (5, 5, 12)


def test_a_copy_is_found_in_other_note_values() -> None:
    index = Index([line(LONG, HEAD)])
    halved = line(LONG, "M:2/4\nL:1/16\nK:G\n")
    assert index.copied(halved).longest == 12


def test_a_planted_copy_is_followed_bar_by_bar() -> None:
    bars, strange = LONG.split("|"), OTHER.split("|")
    index = Index([line(LONG, HEAD)])
    # Nine bars of the tune among bars of another.
    planted = "|".join([*strange[:4], *bars[1:10], *strange[6:10]]) + "|]"
    found = index.copied(moved(planted, 3))
    assert (found.spans, found.copied, found.longest) == (10, 2, 9)
    seven = "|".join([*strange[:4], *bars[1:8], *strange[6:10]]) + "|]"
    assert index.copied(moved(seven, 3)).copied == 0
    assert index.copied(moved(seven, 3)).longest == 7


def test_one_note_changed_breaks_a_copy() -> None:
    index = Index([line(LONG, HEAD)])
    found = index.copied(line(LONG.replace("FADF", "FADE"), HEAD))
    assert (found.copied, found.longest) == (0, 6)


def test_a_copy_does_not_run_from_tune_to_tune() -> None:
    bars = LONG.split("|")
    halves = [line("|".join(bars[:6]) + "|]", HEAD), line("|".join(bars[6:]), HEAD)]
    assert Index(halves).copied(line(LONG, HEAD)).copied == 0


def test_a_section_moved_within_is_no_copy() -> None:
    """Four bars up a fifth, four as they were: each is known, both together are new."""
    bars = LONG.split("|")
    index = Index([line(LONG, HEAD)])
    up = "GABc dBGB|cedc BAGA|BdgB cedc|d2BG A2FD|"
    text = abc.transpose(abc.read(f"X:1\n{HEAD}{up}\n").tunes[0], 7).text.split("K:D\n")[1]
    mixed = text.replace("c", "=c").strip() + "|".join(bars[4:8]) + "|]"
    found = index.copied(line(mixed, HEAD))
    assert found.spans == 1
    assert found.copied == 0


def test_held_notes_are_nothing_to_copy() -> None:
    held = line("G8|" * 12, HEAD)
    assert Index([held]).copied(held).spans == 0


def test_a_pickup_is_no_bar() -> None:
    assert len(bar_shapes(line(f"D|{LONG}", HEAD))) == 12


def test_distances_compare_halves_without_a_tune_in_common() -> None:
    """Even melodies are compared with; odd ones are looked at, those of one tune together."""
    flat, steep = [1.0] * 12, [12.0] + [0.0] * 11
    rest = {"intervals": [1] * 27, "lengths": [1] * 14}
    answers = [{"melody": m, "tones": flat, **rest} for m in ("2", "4", "3", "3", "5")]
    texts = [{"tones": steep, **rest} for _ in answers]
    people = distances(answers, answers)
    assert people["distance_tones"].value == 0
    assert people["distance_tones"].n == 2
    ours = distances(texts, answers)["distance_tones"]
    assert ours.value == pytest.approx(float(js_distance([steep], [flat])[0]))
    assert distances([{} for _ in answers], answers)["distance_tones"].value is None


def test_metrics_count_texts_without_a_tune() -> None:
    found = metrics([scores(GOOD), scores(GOOD.replace("cBA", "cB")), scores("No.")])
    assert found["reads"].value == pytest.approx(2 / 3)
    assert found["clean"].value == pytest.approx(1 / 3)
    assert found["bars_right"].value == pytest.approx(7 / 8)
    assert found["distinct"].value == 1.0
    assert errors([scores("No."), scores(GOOD)])["no tune"] == {"texts without a tune": 1}
