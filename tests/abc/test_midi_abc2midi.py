"""abc2midi as an engine: the real one, and programs that only have its name."""

from __future__ import annotations

import os
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chatmusician import abc
from chatmusician.abc.midi import PLAIN, Options, abc2midi, broken_midi, render_midi, to_midi
from chatmusician.errors import EngineError, MissingDependency
from chatmusician.programs import PROGRAMS, find_program

pytest.importorskip("symusic")

HERE = find_program(next(p for p in PROGRAMS if p.name == "abc2midi"))
needs_it = pytest.mark.skipif(HERE is None, reason="abc2midi is not installed")
TUNE = 'X:7\nT:Air\nM:4/4\nL:1/4\nR:hornpipe\nK:C\n|:"C".CDEF|G{a}ABc:|\n'
HOSTILE = [
    "quotes \" and ' and `",
    "$(touch pwned); rm -rf . | cat & %n",
    "-o ../../pwned.mid",
    "t" * 300,
    "Größe, 題名, Ύμνος, 🎻",
    "../../../etc/passwd",
]


def tune(text: str = TUNE) -> abc.Tune:
    return abc.read(text).tunes[0]


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder first on the path; ``install`` puts an abc2midi into it."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def install(folder: Path, code: str) -> None:
    program = folder / "abc2midi"
    program.write_text(f"#!{sys.executable}\nimport sys, os, time\n{code}\n", encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


@needs_it
def test_it_plays_what_the_tune_says() -> None:
    result = render_midi(tune())
    assert (result.engine, result.differences, result.note) == ("abc2midi", (), "")
    assert broken_midi(result.data) is None
    assert render_midi(tune(), options=PLAIN).differences == ()


@needs_it
@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_titles(title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = render_midi(tune(TUNE.replace("Air", title)))
    assert result.differences == ()
    assert not list(tmp_path.iterdir())


@needs_it
def test_auto_leaves_it_where_it_is_wrong() -> None:
    # A tie to another pitch: abc2midi loses the note.
    wrong = tune("X:1\nM:4/4\nL:1/4\nK:C\n(5:4:5CDEFG|[C2E]2 z2|\n")
    theirs = render_midi(wrong, engine="abc2midi")
    ours = render_midi(wrong)
    if not theirs.differences:
        pytest.skip("this abc2midi reads the tune as we do")
    assert (ours.engine, ours.differences) == ("builtin", ())
    assert ours.note.startswith("abc2midi differs ")


@needs_it
def test_sixteen_at_once() -> None:
    tunes = [tune(f"X:1\nM:4/4\nL:1/4\nK:C\n{'CDEFGAB'[n % 7]}{n + 1}|\n") for n in range(16)]
    with ThreadPoolExecutor(16) as pool:
        together = list(pool.map(render_midi, tunes))
    assert [result.data for result in together] == [render_midi(t).data for t in tunes]


def test_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatmusician.programs.find_program", lambda program: None)
    with pytest.raises(MissingDependency, match="abc2midi is not installed"):
        render_midi(tune(), engine="abc2midi")
    result = render_midi(tune())
    assert (result.engine, result.note) == ("builtin", "abc2midi is not installed")
    assert result.data == to_midi(tune())


def test_what_cannot_be_checked_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "symusic", None)
    result = render_midi(tune())
    assert (result.engine, result.differences) == ("builtin", None)
    assert result.data == to_midi(tune())


@pytest.mark.skipif(sys.platform == "win32", reason="the programs are scripts")
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("", "wrote no tune.mid"),
        ("print('fine'); open('tune.mid', 'wb')", "wrote no tune.mid: fine"),
        ("open('tune.mid','wb').write(b'MThd')", "wrote a broken MIDI file: no MIDI header"),
        ("open('tune.mid','wb').write(b'x' * 999)", "wrote a broken MIDI file: no MIDI header"),
        ("os.kill(os.getpid(), 9)", "was killed (SIGKILL)"),
        ("os.abort()", "was killed (SIGABRT)"),
        ("sys.exit(3)", "ended with exit code 3"),
        ("time.sleep(60)", "was stopped after 0.5 seconds"),
    ],
)
def test_programs_that_fail(
    fake: Path, monkeypatch: pytest.MonkeyPatch, code: str, expected: str
) -> None:
    monkeypatch.setattr(abc2midi, "SECONDS", 0.5 if "sleep" in code else 20)
    install(fake, code)
    with pytest.raises(EngineError) as caught:
        render_midi(tune(), engine="abc2midi")
    assert caught.value.message == f"abc2midi {expected}"
    result = render_midi(tune())
    assert (result.engine, result.differences) == ("builtin", ())
    assert result.note == f"abc2midi {expected}"


@pytest.mark.skipif(sys.platform == "win32", reason="the programs are scripts")
def test_a_program_that_plays_another_tune(fake: Path) -> None:
    other = to_midi(tune("X:1\nM:4/4\nL:1/4\nK:C\nGGGG|\n"))
    install(fake, f"open('tune.mid','wb').write({other!r})")
    result = render_midi(tune())
    assert result.engine == "builtin"
    assert result.note.startswith("abc2midi differs ")


def test_the_text_it_is_given() -> None:
    book = abc.read(
        "%%MIDI program 3\nR:reel\nM:3/4\n\nX:12\nT:Air\nR:jig\nK:C\n"
        "%%MIDI program 1\n!trill!C.D!f!E|[I:MIDI program 4]T[.CE]3|\n"
    )
    full = abc2midi.source(book.tunes[0], plain=False, rhythm=True)
    assert full == (
        "X:1\n%%MIDI program 3\nR:reel\nM:3/4\nT:Air\nR:jig\nK:C\n"
        "%%MIDI program 1\n!trill!C.D!f!E|[I:MIDI program 4]T[.CE]3|\n"
    )
    plain = abc2midi.source(book.tunes[0], plain=True, rhythm=False)
    assert plain == "X:1\n%%MIDI chordattack 0\nM:3/4\nT:Air\nK:C\nCD!f!E|[CE]3|\n"


def test_a_tune_without_a_number_gets_one() -> None:
    text = abc2midi.source(tune("T:Air\nK:C\nC4|\n"), plain=False, rhythm=True)
    assert text == "X:1\nT:Air\nK:C\nC4|\n"


def test_macros_are_written_out_for_it() -> None:
    macro = tune("X:1\nm:~C=C/.C/\nM:4/4\nL:1/4\nK:C\n~CDEF|\n")
    text = abc2midi.source(macro, plain=True, rhythm=False)
    assert "m:" not in text
    assert text.endswith("K:C\nC/C/DEF|\n")


def test_what_it_cannot_do_is_said() -> None:
    assert abc2midi.beyond(Options()) == ""
    assert abc2midi.beyond(PLAIN) == ""
    asked = Options(transpose=2, swing=True)
    assert abc2midi.beyond(asked) == "transposition, swing on demand"


@needs_it
def test_what_it_reads_otherwise_it_gets_written_out() -> None:
    # abc2midi goes back to the beginning here, 2.1 to the double bar.
    text = "X:1\nT:t\nM:2/4\nL:1/4\n%%MIDI program 40\nK:C\nCD|EF||GA|Bc:|\n"
    made = render_midi(tune(text), engine="abc2midi", options=PLAIN)
    assert made.engine == "abc2midi"
    assert made.differences == ()
    assert "written out" in made.note
    performed = render_midi(tune(text), engine="abc2midi")
    assert b"\xc0\x28" in performed.data


@needs_it
def test_what_it_never_plays_right_is_told() -> None:
    made = render_midi(tune("X:1\nT:t\nL:1/4\nK:C\n[C2E]D|\n"), engine="abc2midi")
    assert made.differences
    assert made.note == ""


@needs_it
def test_a_tempo_it_reads_otherwise_is_written_out() -> None:
    """A bare number counts notes of L: (docs/abc.md); abc2midi counts quarters."""
    bare = tune("X:1\nM:2/4\nL:1/8\nQ:80\nK:C\nCDEF|G4|]\n")
    made = render_midi(bare)
    assert made.differences == ()
    assert "written out" in made.note
    written = tune("X:1\nM:2/4\nL:1/8\nQ:1/8=80\nK:C\nCDEF|[Q:1/4=60]G4|]\n")
    assert render_midi(written).engine == "abc2midi"


def test_an_accompaniment_may_fill_the_last_rest() -> None:
    ending = tune('X:1\nM:4/4\nL:1/4\nK:C\n"C"c2 d2|c2 z2|]\n')
    assert render_midi(ending, engine="builtin").differences == ()
