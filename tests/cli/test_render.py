"""`render` by the command line, and `convert` to what only rendering made before."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

pytest.importorskip("verovio")
pytest.importorskip("resvg_py")
symusic: Any = pytest.importorskip("symusic")

TUNE = "X:1\nT:One\nL:1/8\nM:3/4\nQ:1/4=120\nK:D\nD2 F2 A2|d6|]\n"
OTHER = "X:2\nT:Two\nL:1/4\nM:4/4\nK:C\nCDEF|G4|]\n"
EMPTY = "X:3\nT:Nothing in it\nK:C\n"
MEASURED = "abc,mid,musicxml,svg"


@pytest.fixture(autouse=True)
def files(tmp_path: Path) -> Path:
    (tmp_path / "tune.abc").write_text(TUNE)
    (tmp_path / "three.abc").write_text("\n".join([TUNE, OTHER, EMPTY]))
    return tmp_path


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def pitches(midi: bytes) -> list[int]:
    score = symusic.Score.from_midi(midi)
    return sorted(note.pitch for track in score.tracks for note in track.notes)


def test_the_default_is_a_score_midi_and_sound(chatmusician: Run, files: Path) -> None:
    pytest.importorskip("tinysoundfont")
    done = chatmusician("render", "tune.abc", "-o", "new/out", code=0)
    assert names(files / "new" / "out") == ["tune.mid", "tune.svg", "tune.wav"]
    written = [str(Path("new", "out", f"tune.{end}")) for end in ("svg", "mid", "wav")]
    assert done.stdout.split("\n") == [*written, ""]


def test_what_a_tune_lacks_costs_that_tune(chatmusician: Run, files: Path) -> None:
    done = chatmusician("render", "three.abc", "-o", "out", "--format", "svg,mid", code=1)
    assert names(files / "out") == [
        "three-1.mid",
        "three-1.svg",
        "three-2.mid",
        "three-2.svg",
        "three-3.mid",
    ]
    assert "three.abc: X:3: error: svg: X:3 has no notes to draw" in done.stderr
    assert done.stderr.endswith("failed: 1 tune\n")


def test_one_tune_of_a_file_keeps_its_name(chatmusician: Run, files: Path) -> None:
    chatmusician("render", "three.abc", "--tune", "2", "-o", "out", "--format", "mid", code=0)
    assert names(files / "out") == ["three-2.mid"]
    assert pitches((files / "out" / "three-2.mid").read_bytes()) == [60, 62, 64, 65, 67]
    done = chatmusician("render", "three.abc", "--tune", "9", "-o", "out", code=2)
    assert "three.abc has no tune X:9" in done.stderr
    assert "it has: 1, 2, 3" in done.stderr


def test_json(chatmusician: Run, files: Path) -> None:
    arguments = ("render", "three.abc", "gone.abc", "-o", "out", "--format", "svg", "--json")
    done = chatmusician(*arguments, code=1)
    first, _, third = json.loads(done.stdout)
    assert (first["x"], first["title"], first["errors"]) == ("1", "One", [])
    assert [Path(file).name for file in first["files"]] == ["three-1.svg"]
    assert third["files"] == []
    assert third["errors"] == ["svg: X:3 has no notes to draw"]
    assert "gone.abc: no such file" in done.stderr
    assert done.stderr.endswith("failed: 1 file, 1 tune\n")


def test_standard_input(chatmusician: Run, files: Path) -> None:
    chatmusician("render", "-", "--format", "mid", stdin=TUNE, code=0)
    assert pitches((files / "tune.mid").read_bytes()) == [62, 66, 69, 74]
    assert "read once" in chatmusician("render", "-", "-", stdin=TUNE, code=2).stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "svg,jpg"], "unknown format 'jpg'"),
        (["--format", ","], "no format given"),
        (["--page", "b7"], "no page size 'b7'"),
        (["--scale", "99"], "the scale 99 is not between"),
        (["--instrument", "vuvuzela"], "no instrument 'vuvuzela'"),
        (["--engine", "lilypond"], "invalid choice"),
    ],
)
def test_wrong_usage(chatmusician: Run, files: Path, arguments: list[str], said: str) -> None:
    assert said in chatmusician("render", "tune.abc", "-o", "out", *arguments, code=2).stderr
    assert not (files / "out").exists()


def test_a_folder_that_cannot_be_made(chatmusician: Run) -> None:
    done = chatmusician("render", "tune.abc", "-o", "tune.abc/out", code=1)
    assert "error: tune.abc/out: cannot be made: " in done.stderr


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(chatmusician: Run, files: Path) -> None:
    (files / "out").mkdir(mode=0o555)
    done = chatmusician("render", "tune.abc", "-o", "out", "--format", "mid", code=1)
    assert "cannot be written: no permission" in done.stderr


def test_a_name_that_is_a_folder(chatmusician: Run, files: Path) -> None:
    (files / "tune.mid").mkdir()
    done = chatmusician("render", "tune.abc", "--format", "mid,musicxml", code=1)
    assert "X:1: error: mid: tune.mid: is a folder" in done.stderr
    assert names(files) == ["three.abc", "tune.abc", "tune.mid", "tune.musicxml"]


def test_an_input_is_never_written_over(chatmusician: Run, files: Path) -> None:
    chatmusician("convert", "tune.abc", "tune.mid", code=0)
    before = (files / "tune.mid").read_bytes()
    done = chatmusician("render", "tune.abc", "tune.mid", "--format", "abc,mid", code=1)
    assert done.stderr.count("is an input or another tune's file") == 2
    assert (files / "tune.abc").read_text() == TUNE
    assert (files / "tune.mid").read_bytes() == before


def test_files_of_one_name_from_two_folders(chatmusician: Run, files: Path) -> None:
    for folder, tune in (("a", TUNE), ("b", OTHER)):
        (files / folder).mkdir()
        (files / folder / "tune.abc").write_text(tune)
    chatmusician("render", "a/tune.abc", "b/tune.abc", "-o", "out", "--format", "mid", code=0)
    first, second = (files / "out" / name for name in ("tune.mid", "tune-2.mid"))
    assert pitches(first.read_bytes()) == [62, 66, 69, 74]
    assert pitches(second.read_bytes()) == [60, 62, 64, 65, 67]


HOSTILE = [
    "a b.abc",
    'it\'s "quoted".abc',
    "$(touch pwned).abc",
    "; touch pwned;.abc",
    "мелодия 旋律 لحن.abc",
    "𠀀" * 60 + ".abc",
    "100 & <b>.abc",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_of_any_kind(chatmusician: Run, files: Path, name: str) -> None:
    title = Path(name).stem
    (files / name).write_text(TUNE.replace("T:One", f"T:{title}"), encoding="utf-8")
    done = chatmusician("render", name, "-o", "out", "--format", MEASURED, "--json", code=0)
    (made,) = json.loads(done.stdout)
    assert made["title"] == title
    written = [files / file for file in made["files"]]
    assert [file.suffix for file in written] == [".abc", ".mid", ".musicxml", ".svg"]
    assert sorted(file.name for file in written) == names(files / "out")
    assert pitches(written[1].read_bytes()) == [62, 66, 69, 74]
    assert not list(files.rglob("pwned*"))


def test_a_title_without_end(chatmusician: Run, files: Path) -> None:
    title = " ".join(["A long title & <more>"] * 15)
    (files / "tune.abc").write_text(TUNE.replace("T:One", f"T:{title}"))
    done = chatmusician("render", "tune.abc", "--format", "svg,png,mid,roll", "--json", code=0)
    assert json.loads(done.stdout)[0]["title"] == title
    for engine in ("musescore", "abcm2ps"):
        done = chatmusician("render", "tune.abc", "-o", engine, "--engine", engine)
        assert done.returncode in (0, 3), done.stderr


def test_booklet(chatmusician: Run, files: Path) -> None:
    pypdf = pytest.importorskip("pypdf")
    arguments = ("render", "three.abc", "gone.abc", "--booklet", "all.pdf", "--title", "Both")
    done = chatmusician(*arguments, code=1)
    assert "gone.abc: no such file" in done.stderr
    assert "left out: X:3 Nothing in it: X:3 has no notes to draw" in done.stderr
    assert done.stdout == "all.pdf\n"
    pages = pypdf.PdfReader(io.BytesIO((files / "all.pdf").read_bytes())).pages
    assert len(pages) == 3
    assert all(word in pages[0].extract_text() for word in ("Both", "One", "Two"))
    chatmusician("render", "three.abc", "--tune", "2", "--booklet", "one.pdf", code=0)
    assert len(pypdf.PdfReader(files / "one.pdf").pages) == 2
    assert "pages of one size" in (
        chatmusician("render", "tune.abc", "--booklet", "x.pdf", "--page", "fit", code=2).stderr
    )


def test_the_page_fits_pictures_unless_one_is_given(chatmusician: Run, files: Path) -> None:
    chatmusician("render", "tune.abc", "-o", "a", "--format", "svg,pdf", code=0)
    chatmusician("render", "tune.abc", "-o", "b", "--format", "svg", "--page", "a4", code=0)
    cropped, whole = ((files / folder / "tune.svg").read_text() for folder in "ab")
    assert 'width="210.0mm" height="297.0mm"' in whole
    assert 'width="210.0mm"' not in cropped
    pypdf = pytest.importorskip("pypdf")
    box = pypdf.PdfReader(files / "a" / "tune.pdf").pages[0].mediabox
    assert (float(box.width), float(box.height)) == pytest.approx((595.3, 841.9), abs=1)


def test_a_width_is_for_the_png_alone(chatmusician: Run, files: Path) -> None:
    chatmusician("render", "tune.abc", "--format", "svg,png,pdf", "--width", "640", code=0)
    header = (files / "tune.png").read_bytes()[:24]
    assert int.from_bytes(header[16:20], "big") == 640


def test_tempo_instrument_and_chords_are_heard(chatmusician: Run, files: Path) -> None:
    (files / "tune.abc").write_text(TUNE.replace("D2 F2", '"D"D2 F2'))
    options = ("--tempo", "90", "--instrument", "flute", "--no-chords")
    chatmusician("render", "tune.abc", "--format", "mid", *options, code=0)
    score = symusic.Score.from_midi((files / "tune.mid").read_bytes())
    assert score.tempos[0].qpm == pytest.approx(90, abs=0.01)
    assert [(t.program, len(t.notes)) for t in score.tracks if len(t.notes)] == [(73, 4)]


@pytest.mark.parametrize("form", ["musicxml", "mxl", "mid", "json"])
def test_other_notations_are_rendered(chatmusician: Run, files: Path, form: str) -> None:
    chatmusician("convert", "tune.abc", f"from.{form}", code=0)
    chatmusician("render", f"from.{form}", "-o", "out", "--format", "mid,svg", code=0)
    assert pitches((files / "out" / "from.mid").read_bytes()) == [62, 66, 69, 74]
    assert names(files / "out") == ["from.mid", "from.svg"]


def test_kern_is_rendered_but_not_written(chatmusician: Run, files: Path) -> None:
    (files / "tune.krn").write_text("**kern\n*clefG2\n*M2/4\n=1\n4c\n4e\n=2\n2g\n==\n*-\n")
    chatmusician("render", "tune.krn", "--format", "mid", code=0)
    assert pitches((files / "tune.mid").read_bytes()) == [60, 64, 67]
    done = chatmusician("convert", "tune.abc", "--to", "krn", code=2)
    assert "krn can be read but not written" in done.stderr
    assert "these can: abc, json, musicxml, mxl, mid" in done.stderr


def test_midi_on_standard_output(files: Path) -> None:
    command = [sys.executable, "-m", "chatmusician", "convert", "tune.abc", "--to", "mid"]
    done = subprocess.run(command, cwd=files, capture_output=True, check=True, timeout=60)
    # The accompaniment aside, there is none here: the tune has no chord symbols.
    assert pitches(done.stdout) == [62, 66, 69, 74]


@pytest.mark.parametrize("form", ["mid", "musicxml", "mxl"])
def test_a_format_of_one_tune_says_how_to_choose(chatmusician: Run, form: str) -> None:
    done = chatmusician("convert", "three.abc", f"out.{form}", code=2)
    assert f"three.abc has 3 tunes; {form} holds one" in done.stderr
    assert "(--tune 1), or use render" in done.stderr
    chatmusician("convert", "three.abc", f"out.{form}", "--tune", "2", code=0)


def test_a_file_name_where_a_folder_belongs_is_refused(chatmusician: Run, files: Path) -> None:
    done = chatmusician("render", "tune.abc", "-o", "tune.wav", code=2)
    assert "-o names a folder" in done.stderr
    assert "--format wav" in done.stderr
    assert "--format mid" in chatmusician("render", "tune.abc", "-o", "a.midi", code=2).stderr
    chatmusician("render", "tune.abc", "-o", "a.pdf/", "--format", "mid", code=0)
    assert names(files / "a.pdf") == ["tune.mid"]
    composed = chatmusician("compose", "a jig", "-o", "jig.abc", code=2)
    assert "jig.abc looks like a file" in composed.stderr
    assert not (files / "tune.wav").exists()
