"""Instruction rows: their markers, their answers, the split."""

from __future__ import annotations

import json
import re
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from chatmusician import abc
from chatmusician.errors import ChatMusicianError, InputError, UsageError
from chatmusician.train.corpus.families import families
from chatmusician.train.tasks import TASKS, Built, Piece, Refused, Row, build_rows, prepare, row
from chatmusician.train.tasks.build import Found
from chatmusician.train.tasks.choice import multiple_choice
from chatmusician.train.tasks.command import configure_tasks, run_tasks
from chatmusician.train.tasks.questions import KINDS

JIG = """X:7
T:A Jig
C:Trad. after Bach
R:jig
M:6/8
L:1/8
K:D
|:A|"D"dfa afd|"G"gbg "A"fed|"D"dfa afd|"A"ecA "D"d2:|
|:B|"G"gag gfe|"D"fgf fed|"A"efe edc|"A"ABc "D"d2:|
"""
REEL = """X:8
T:A Reel
M:4/4
L:1/8
K:Em
EFGA B2e2|dBAF D2EF|GFGA Bcde|f2e2 e4|EFGA B2e2|dBAF D2EF|GABc dBAF|E4 E4|
[EGB]2 b2 g2 e2|f2d2 A2d2|e2 g2 b2 a2|g2f2 e4|g2b2 a2f2|d2e2 f2d2|BAGF EDEF|E8|]
"""
WALTZ = """X:9
T:A Waltz
M:3/4
L:1/4
K:F
C|FGA|c2d|c3|A2G|FAc|f2e|d3|c2C|FGA|B2d|gfe|d2c|A2F|G2E|F3|F2||
"""


def tune(text: str) -> abc.Tune:
    return abc.read(text).tunes[0]


def piece(text: str) -> Piece:
    made = prepare(tune(text), id="t", src="s")
    assert isinstance(made, Piece)
    return made


def collection() -> Iterator[Found]:
    for at, text in enumerate((JIG, REEL, WALTZ)):
        yield Found(str(at), "own", tune(text))


def all_rows(seed: int = 0, rounds: int = 1, **options: float) -> list[tuple[str, Row]]:
    share = options.get("test_share", 0.3)
    return list(build_rows(collection(), Built(), seed=seed, rounds=rounds, test_share=share))


def test_a_row_is_the_published_chat_byte_for_byte() -> None:
    made = row("Say it.", "A B\n", "C\n", src="s", id="i")
    assert made.instruction + made.input == "Human: Say it.\nA B </s> "
    assert made.output == "Assistant: C </s> "
    bare = row("Say it.", "", "C", src="s", id="i")
    assert (bare.instruction, bare.input) == ("Human: Say it. </s> ", "")
    assert list(bare.as_dict()) == ["instruction", "input", "output", "src", "id"]


def test_every_row_has_each_marker_once() -> None:
    for _, made in all_rows(rounds=3):
        text = made.instruction + made.input + made.output
        assert text.startswith("Human: ")
        assert (text.count("Human: "), text.count("Assistant: "), text.count("</s> ")) == (1, 1, 2)
        assert made.output.startswith("Assistant: ")
        assert made.output.endswith(" </s> ")


def test_ids_are_unique_and_all_single_tune_tasks_are_there() -> None:
    rows = [made for _, made in all_rows(rounds=2)]
    assert len({made.id for made in rows}) == len(rows)
    names = {made.id.split("/")[2] for made in rows}
    assert names == {task.name for task in TASKS} - {"variation"}


def test_every_tune_in_an_answer_passes_the_check() -> None:
    seen = 0
    for seed in range(20):
        for _, made in all_rows(seed):
            answer = made.output.removeprefix("Assistant: ").removesuffix(" </s> ")
            if not answer.startswith("X:"):
                continue
            seen += 1
            found = abc.check(abc.read(answer))
            assert not [d for d in found if d.severity == "error"], made.id
    assert seen > 500


def test_the_same_seed_gives_the_same_rows_and_another_others() -> None:
    assert all_rows(3) == all_rows(3)
    assert all_rows(3) != all_rows(4)


def test_rows_do_not_depend_on_the_other_tasks() -> None:
    alone = list(build_rows(collection(), Built(), tasks=["fix"], test_share=0.3))
    assert alone == [r for r in all_rows(0) if "/fix" in r[1].id]


def rows_of(task: str, seeds: int = 15) -> Iterator[tuple[str, str]]:
    for seed in range(seeds):
        for _, made in build_rows(collection(), Built(), seed=seed, tasks=[task]):
            given = made.input.removesuffix(" </s> ") + "\n"
            yield given, made.output.removeprefix("Assistant: ").removesuffix(" </s> ") + "\n"


def events(text: str) -> list[object]:
    (found,) = abc.to_events(abc.read(text))["tunes"]
    return [(voice["notes"], voice["bars"]) for voice in found["voices"]]


def bar_lengths(text: str) -> list[object]:
    (found,) = abc.to_events(abc.read(text))["tunes"]
    return [voice["bars"] for voice in found["voices"]]


def test_harmonise_adds_chords_and_nothing_else() -> None:
    made = list(rows_of("harmonise"))
    assert made
    for given, answer in made:
        assert '"' not in given
        assert '"G"' in answer
        assert events(given) == events(answer)


def test_continuation_begins_as_given() -> None:
    for given, answer in rows_of("continue"):
        assert answer.startswith(given.rstrip())
        assert len(answer) > len(given) + 8


def test_infill_blanks_some_bars_and_keeps_their_length() -> None:
    for given, answer in rows_of("infill"):
        assert "x" in given
        assert "x" not in answer
        assert bar_lengths(given) == bar_lengths(answer)
        assert not [d for d in abc.check(abc.read(given)) if d.severity == "error"]


def test_transposition_moves_every_pitch_alike() -> None:
    for given, answer in rows_of("transpose"):
        old, new = abc.timeline(tune(given)), abc.timeline(tune(answer))
        pairs = zip(old.voices[0].tones, new.voices[0].tones, strict=True)
        assert len({b.pitch - a.pitch for a, b in pairs}) == 1


def test_fix_gives_a_damaged_tune_and_a_sound_one() -> None:
    for given, answer in rows_of("fix"):
        assert [d for d in abc.check(abc.read(given)) if d.severity != "info"]
        assert not [d for d in abc.check(abc.read(answer)) if d.severity != "info"]


def test_motifs_stand_in_the_tune() -> None:
    for given, answer in rows_of("motif", 2):
        music = re.sub(r'"[^"]*"|[\s|:-]', "", given)
        first = answer.strip().split(", ")[0].strip("'").replace(" ", "")
        assert len(first) >= 3
        assert first in music


# Worked out by hand from the tunes above.
ANSWERS = {
    ("key", JIG): "It is in D major.",
    ("key", REEL): "It is in E minor.",
    ("meter", WALTZ): "The meter is 3/4.",
    ("unit", JIG): "The unit note length is 1/8.",
    ("bars", JIG): "It has 8 bars.",
    ("bars", REEL): "It has 16 bars.",
    ("bars", WALTZ): "It has 16 bars.",
    ("range", REEL): "It goes from D4 to B5, a major thirteenth.",
    ("range", WALTZ): "It goes from C4 to G5, a perfect twelfth.",
    ("form", JIG): "Its form is AB.",
    ("sections", JIG): "It has 2 sections.",
}


@pytest.mark.parametrize(("kind", "text"), list(ANSWERS), ids=lambda v: str(v)[:4])
def test_answers_worked_out_by_hand(kind: str, text: str) -> None:
    found = KINDS[kind](piece(text), Random(0))
    assert found is not None
    assert found[1] == ANSWERS[kind, text]


def test_chord_interval_and_cadence_answers() -> None:
    jig = piece(JIG)
    cadences = {found[1] for n in range(9) if (found := KINDS["cadence"](jig, Random(n)))}
    assert cadences == {"It ends with an authentic cadence, A to D."}
    chords = {found[1] for n in range(60) if (found := KINDS["chords"](jig, Random(n)))}
    assert "Bar 2 has G, A." in chords
    assert "Bar 6 has A." in chords
    steps = {found[1] for n in range(60) if (found := KINDS["interval"](jig, Random(n)))}
    assert "From D to F# it is a major third up." in steps


def test_choices_have_four_different_options_and_one_right_answer() -> None:
    right = {
        "relative minor": "B minor",
        "sharps or flats": "2 sharps",
        "time signature": "6/8",
        "highest note": "B5",
        "How many bars": "8",
        "form": "AB",
    }
    seen = set()
    letters = set()
    for seed in range(80):
        made = multiple_choice(piece(JIG), Random(seed))
        assert made is not None
        options = dict(line.split(". ", 1) for line in made.given.split("\n")[-4:])
        assert list(options) == ["A", "B", "C", "D"]
        assert len(set(options.values())) == 4
        letters.add(made.answer)
        stem = made.given.split("\n")[0]
        for words, answer in right.items():
            if words in stem:
                seen.add(words)
                assert options[made.answer.removeprefix("Answer: ")] == answer
        assert "M:" not in made.given or "time signature" not in stem
    assert seen == set(right)
    assert letters == {"Answer: A", "Answer: B", "Answer: C", "Answer: D"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("X:1\nM:4/4\nL:1/4\nK:C\nz4|z4|z4|z4|]\n", "no-notes"),
        ("X:1\nM:4/4\nL:1/4\nK:C\nCDEF|GAB|cBAG|FEDC|C4|]\n", "bar-too-short"),
        ("X:1\nM:4/4\nL:1/4\nK:C\nCDEF|]\n", "too-few-bars"),
        ("X:1\nM:4/4\nL:1/4\nK:C\n" + '"^</s> "CDEF|' * 4 + "\n", "end-mark"),
        ("X:1\nM:4/4\nL:1/4\nK:C\n" + "CDEF|" * 1000 + "\n", "too-long"),
    ],
)
def test_refusals_name_their_reason(text: str, reason: str) -> None:
    found = prepare(tune(text), id="t", src="s")
    assert isinstance(found, Refused)
    assert found.reason == reason


def melody_text(number: int) -> str:
    """A tune of sixteen bars of a random walk of its own."""
    random, step, bars = Random(number), 7, []
    for _ in range(16):
        notes = []
        for _ in range(8):
            step = min(13, max(0, step + random.choice((-4, -3, -2, -1, 1, 2, 3, 4))))
            notes.append("CDEFGABcdefgab"[step])
        bars.append("".join(notes))
    return f"X:{number}\nT:{number}\nM:4/4\nL:1/8\nK:C\n" + "|".join(bars) + "|]\n"


def test_no_planted_copy_is_on_the_other_side() -> None:
    """Of 60 tunes: a transposed copy, one in another unit, and a half in another key."""
    found = []
    for number in range(60):
        own = tune(melody_text(number))
        copies = [
            own,
            abc.transpose(own, number % 11 - 5 or 6),
            abc.change_unit(own, "1/16"),
            abc.transpose(abc.take_bars(own, 1, 8), 3),
        ]
        for at, copy in enumerate(copies):
            named = tune(copy.text.replace(f"T:{number}\n", f"T:{number}-{at}\n"))
            found.append(Found(f"{number}-{at}", "own", named))
    counts = Built()
    sides: dict[str, set[str]] = {}
    for side, made in build_rows(found, counts, test_share=0.3, tasks=["form", "question"]):
        sides.setdefault(made.id.split("/")[1].split("-")[0], set()).add(side)
    assert counts.families == 60
    assert len(sides) == 60
    assert all(len(where) == 1 for where in sides.values())
    assert {"train"} in sides.values()
    assert {"test"} in sides.values()


def test_families_are_joined_by_title_too_but_not_by_a_kind_of_piece() -> None:
    runs = [frozenset({n}) for n in range(20)]
    titles = [["Kesh, The"], ["the kesh"], ["X", "Kesh"]] + [["Reel"]] * 17
    assert families(runs, titles) == [0, 0, 0, *range(3, 20)]


def run(*words: str) -> int:
    parser = ArgumentParser()
    configure_tasks(parser)
    return run_tasks(parser.parse_args(words))


def test_the_command_writes_rows_and_a_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.abc").write_text("\n".join((JIG, REEL)))
    (tmp_path / "in" / "b.jsonl").write_text(json.dumps({"text": WALTZ}) + "\n")
    out = tmp_path / "out"
    assert run(str(tmp_path / "in"), "-o", str(out), "--test-share", "0.5", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    lines = [json.loads(s) for n in ("train", "test") for s in (out / f"{n}.jsonl").open()]
    assert report["pieces"] == 3
    assert report["rows"] == len(lines)
    assert {line["src"] for line in lines} == {"in"}
    assert sorted(p.name for p in out.iterdir()) == ["report.json", "test.jsonl", "train.jsonl"]


def test_a_bad_file_costs_that_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.abc").write_text(JIG)
    (tmp_path / "b.abc").write_bytes(b"\0\1\2")
    (tmp_path / "c.jsonl").write_text('{"lyrics": "x"}\n')
    assert run(str(tmp_path), "-o", str(tmp_path / "out")) == 1
    said = capsys.readouterr().err
    assert "b.abc" in said
    assert "no column of ABC text" in said
    assert (tmp_path / "out" / "train.jsonl").stat().st_size


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["no.abc"], InputError),
        (["t.abc", "--tasks", "sing"], UsageError),
        (["t.abc", "--test-share", "1"], UsageError),
        (["empty.abc"], InputError),
    ],
)
def test_refused_as_a_whole(
    words: list[str],
    error: type[ChatMusicianError],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.abc").write_text(JIG)
    Path("empty.abc").write_text("X:1\nT:nothing\nK:C\n")
    with pytest.raises(error):
        run(*words, "-o", "out")
    assert not list(tmp_path.glob("out/*"))
