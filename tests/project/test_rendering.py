"""What `render` writes is what its name says, read back by programs that are not ours."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import chatmusician
from chatmusician import abc
from chatmusician.abc.midi import MidiResult
from chatmusician.errors import EngineError, MissingDependency, UsageError
from chatmusician.rendering import FORMATS, Rendered, RenderOptions, file_names

np: Any = pytest.importorskip("numpy")
soundfile: Any = pytest.importorskip("soundfile")
symusic: Any = pytest.importorskip("symusic")
for needed in ("verovio", "resvg_py", "cairosvg", "pypdf", "tinysoundfont", "matplotlib"):
    pytest.importorskip(needed)

# Two bars of 3/4 at 120: three seconds.
TUNE = "X:1\nT:One & only\nL:1/8\nM:3/4\nQ:1/4=120\nK:D\nD2 F2 A2|d6|]\n"
NOTES = [("0", "1", [62]), ("1", "1", [66]), ("2", "1", [69]), ("3", "3", [74])]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Every format of one tune, by what follows the tune's name."""
    folder = tmp_path_factory.mktemp("rendered")
    (folder / "tune.abc").write_text(TUNE)
    (result,) = chatmusician.render(folder / "tune.abc", folder / "out", FORMATS)
    assert result.errors == ()
    assert (result.x, result.title) == ("1", "One & only")
    assert sorted(result.files) == sorted(str(f) for f in (folder / "out").iterdir())
    return {Path(f).name.partition(".")[2]: Path(f).read_bytes() for f in result.files}


def test_every_format_is_written(made: dict[str, bytes]) -> None:
    assert {name.partition(".")[0] for name in made} == set(FORMATS)


@pytest.mark.parametrize("name", ["png", "roll.png", "overview.png"])
def test_png_is_a_picture_with_something_on_it(made: dict[str, bytes], name: str) -> None:
    image: Any = pytest.importorskip("PIL.Image")
    opened = image.open(io.BytesIO(made[name]))
    assert opened.format == "PNG"
    dark, light = opened.convert("L").getextrema()
    assert dark < 100 < light


def test_svg_has_every_note_of_the_tune(made: dict[str, bytes]) -> None:
    groups = [e for e in ET.fromstring(made["svg"]).iter() if e.get("data-abc-start")]
    notes = [e for e in groups if e.get("class") == "note"]
    text = abc.read(TUNE).tunes[0].text
    spans = [(int(e.get("data-abc-start", "")), int(e.get("data-abc-end", ""))) for e in notes]
    assert [text[start:end].strip() for start, end in spans] == ["D2", "F2", "A2", "d6"]


def test_pdf_has_one_page_with_the_title(made: dict[str, bytes]) -> None:
    import pypdf

    assert made["pdf"].startswith(b"%PDF-")
    pages = pypdf.PdfReader(io.BytesIO(made["pdf"])).pages
    assert len(pages) == 1
    assert "One & only" in pages[0].extract_text()


def test_midi_has_the_notes(made: dict[str, bytes]) -> None:
    score = symusic.Score.from_midi(made["mid"], ttype="quarter")
    heard = [(n.pitch, n.time) for track in score.tracks for n in track.notes]
    assert [pitch for pitch, _ in sorted(heard, key=lambda n: n[1])] == [62, 66, 69, 74]
    assert [time for _, time in heard] == pytest.approx([0, 1, 2, 3], abs=0.01)
    assert score.tempos[0].qpm == pytest.approx(120)


@pytest.mark.parametrize("name", ["musicxml", "mxl", "abc", "mid"])
def test_notation_is_read_back(made: dict[str, bytes], name: str, tmp_path: Path) -> None:
    import json

    (tmp_path / f"back.{name}").write_bytes(made[name])
    events = json.loads(chatmusician.convert(tmp_path / f"back.{name}", to="json"))
    notes = events["tunes"][0]["voices"][0]["notes"]
    assert [tuple(note) for note in notes] == NOTES


@pytest.mark.parametrize(
    ("name", "form"), [("wav", "WAV"), ("flac", "FLAC"), ("ogg", "OGG"), ("mp3", "MP3")]
)
def test_sound_is_as_long_as_the_tune_and_loud(
    made: dict[str, bytes], name: str, form: str
) -> None:
    with soundfile.SoundFile(io.BytesIO(made[name])) as file:
        assert (file.format, file.samplerate, file.channels) == (form, 44100, 2)
        samples = file.read()
    # The tail: until it has died away, four seconds at most.
    assert 3 <= len(samples) / 44100 < 7.2
    assert np.abs(samples).max() == pytest.approx(
        0.891, abs=0.005 if name in ("wav", "flac") else 0.2
    )
    first_note = samples[: 44100 // 2, 0]
    strongest = np.argmax(np.abs(np.fft.rfft(first_note, 44100)))
    assert min(abs(strongest - harmonic * 293.66) for harmonic in (1, 2, 3, 4)) < 8


def test_threads_get_equal_files(tmp_path: Path) -> None:
    (tmp_path / "tune.abc").write_text(TUNE)
    formats = ("svg", "mid", "wav", "png", "musicxml")

    def render(number: int) -> list[bytes]:
        options = RenderOptions(midi_engine="builtin" if number % 2 else "auto")
        folder = tmp_path / str(number)
        (result,) = chatmusician.render(tmp_path / "tune.abc", folder, formats, options=options)
        assert result.errors == ()
        return [Path(file).read_bytes() for file in result.files]

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(render, range(16)))
    for half in (results[::2], results[1::2]):
        assert all(files == half[0] for files in half)
    left = [file.name for file in tmp_path.rglob("*") if file.name.startswith(".")]
    assert left == []


def failing(error: Exception) -> Any:
    def fail(*arguments: object, **options: object) -> MidiResult:
        raise error

    return fail


def test_what_fails_costs_that_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tune.abc").write_text(TUNE)
    error = EngineError("abc2midi", "was killed (SIGSEGV)")
    monkeypatch.setattr("chatmusician.rendering.render_midi", failing(error))
    (result,) = chatmusician.render(tmp_path / "tune.abc", tmp_path / "out", ("mid", "svg", "wav"))
    assert [Path(file).name for file in result.files] == ["tune.svg"]
    said = "abc2midi was killed (SIGSEGV)"
    assert result.errors == (f"mid: {said}", f"wav: {said}")
    assert not result.missing


def test_what_is_missing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tune.abc").write_text(TUNE)
    error = MissingDependency("verovio", how="pip install verovio")
    monkeypatch.setattr("chatmusician.rendering.draw", failing(error))
    (result,) = chatmusician.render(tmp_path / "tune.abc", tmp_path / "out", ("svg", "mid"))
    assert result.missing
    assert result.errors == ("svg: verovio is not installed (pip install verovio)",)


def test_a_full_disk_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tune.abc").write_text(TUNE)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("chatmusician.files.Path.replace", full)
    (result,) = chatmusician.render(tmp_path / "tune.abc", tmp_path / "out", ("mid", "svg"))
    assert result.files == ()
    assert all("No space left on device" in error for error in result.errors)
    assert list((tmp_path / "out").iterdir()) == []


def test_one_format_twice_is_one_file(tmp_path: Path) -> None:
    (tmp_path / "tune.abc").write_text(TUNE)
    result: Rendered
    (result,) = chatmusician.render(tmp_path / "tune.abc", tmp_path, ("mid", "mid"))
    assert result.files == (str(tmp_path / "tune.mid"),)
    with pytest.raises(UsageError, match="unknown format 'gif'"):
        chatmusician.render(tmp_path / "tune.abc", tmp_path, ("gif",))


@pytest.mark.parametrize(
    ("path", "numbers", "names"),
    [
        ("a/b.c.abc", ["1"], ["b.c"]),
        ("-", ["1"], ["tune"]),
        ("x.abc", ["1", "2"], ["x-1", "x-2"]),
        ("x.abc", ["1", "1", ""], ["x-1", "x-1-2", "x-3"]),
        ("x.abc", ["1-2", "12"], ["x-12", "x-12-2"]),
        ("a$b;c`d.abc", ["1"], ["a_b_c_d"]),
        ("....abc", ["1"], ["tune"]),
        ("é" * 200 + ".abc", ["1"], ["é" * 80]),
    ],
)
def test_file_names(path: str, numbers: list[str], names: list[str]) -> None:
    tunes = [abc.read(f"X:{number}\nT:t\nK:C\nC|\n").tunes[0] for number in numbers]
    assert file_names(path, tunes) == names


def test_names_of_several_files_differ() -> None:
    tunes = abc.read("X:1\nK:C\nC|\n").tunes
    taken: set[str] = set()
    paths = ("a/tune.abc", "b/tune.abc", "c/TUNE.abc")
    assert [file_names(path, tunes, taken)[0] for path in paths] == ["tune", "tune-2", "TUNE-3"]
