"""Questions about tunes: what is asked, what counts as right, and how words are compared."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Run

pytest.importorskip("numpy")
pytest.importorskip("symusic")

from chatmusician import abc
from chatmusician.errors import MissingDependency
from chatmusician.eval.qa import overlap as measures
from chatmusician.eval.qa.questions import KINDS, asked_tunes
from chatmusician.eval.qa.run import gold_midi
from chatmusician.transcription.facts import describe
from chatmusician.transcription.facts.answers import answer

A = "X:1\nT:One\nM:4/4\nL:1/8\nK:D\n" + '"D"d2fa "G"gfed|"A"cdec "D"d4|' * 5 + "|]\n"
B = "X:2\nT:Two\nM:3/4\nL:1/8\nK:Am\n" + '"Am"A2c2e2|"E"^g2e2B2|' * 5 + "|]\n"
C = "X:3\nT:Three\nM:6/8\nL:1/8\nK:G\n" + "GAB dBG|ABA GED|" * 5 + "|]\n"
BOOK = f"{A}\n{B}\n{C}".encode()


def test_answers_are_those_of_the_notation() -> None:
    found = {tune.id: tune for tune in asked_tunes(BOOK, 100, 20, seed=1)}
    said = {q.kind.name: q.answer for q in found["1: One"].questions}
    assert said["key"] == "It is in D major."
    assert said["meter"] == "It is in 4/4 time."
    assert "A5" in said["highest"]
    assert "chords of a bar" in said
    assert "chords of a bar" not in {q.kind.name for q in found["3: Three"].questions}


# A pickup of an eighth, two parts that come twice, a turn and a grace note.
PICKUP = (
    "X:1\nT:Up\nM:6/8\nL:1/8\nQ:3/8=90\nK:G\n"
    "D|:GAB d2B|{c}ABA ~G2D|GAB d2B|AFD G2:|\n|:d|efg dBG|ABc BGD|efg dBG|AFD G2:|\n"
)


def test_bars_have_the_numbers_of_the_notation(tmp_path: Path) -> None:
    tune = abc.read(PICKUP).tunes[0]
    path = tmp_path / "gold.mid"
    path.write_bytes(gold_midi(tune))
    facts = describe(path).facts
    said = answer("Which notes are in bar 2?", facts)
    assert said is not None
    assert said.text == "The melody in bar 2: A4, B4, A4, G4, D4."
    assert facts["notes_by_bar"]["0"] == ["D4"]
    long = PICKUP.replace("|:G", "|:" + "GAB dBG|ABA GED|" * 3 + "G", 1)
    bars = {
        int(q.text.split()[-1][:-1])
        for seed in range(30)
        for one in asked_tunes(long.encode(), 400, 400, seed)
        for q in one.questions
        if q.kind.name == "notes of a bar"
    }
    assert bars <= set(range(1, 11)), "bars after the first repeat are played under other numbers"
    assert len(bars) > 5


def test_the_seed_decides_what_is_asked() -> None:
    def texts(seed: int) -> list[str]:
        return [q.text for tune in asked_tunes(BOOK, 12, 4, seed) for q in tune.questions]

    assert texts(1) == texts(1) != texts(2)
    assert len(texts(1)) == 12


def test_what_counts_as_right() -> None:
    kinds = {kind.name: kind for kind in KINDS}
    tempo = kinds["tempo"].same
    assert tempo("About 100 beats per minute.", "About 104 beats per minute.")
    assert not tempo("About 100 beats per minute.", "About 105 beats per minute.")
    assert not tempo("About 100 beats per minute.", "")
    chords = kinds["chords of a bar"].same
    assert chords("Bar 2 has A7, D.", "Bar 2 has A, D.")
    assert not chords("Bar 2 has A, D.", "Bar 2 has D, A.")
    assert not chords("Bar 2 has Am.", "Bar 2 has A.")


def test_words_are_compared_as_the_libraries_do(monkeypatch: pytest.MonkeyPatch) -> None:
    sacrebleu = pytest.importorskip("sacrebleu")
    pytest.importorskip("rouge_score")
    pytest.importorskip("nltk")
    true = ["It is in D major.", "the cat sat on the mat"]
    said = ["It is in E minor.", "the cat is on the mat"]
    found = measures.overlap(true, said)
    assert found["bleu"] == pytest.approx(sacrebleu.corpus_bleu(said, [true]).score / 100)
    # ROUGE-L of the second pair: 5 of 6 words in order, by Lin's own example; of the first, 3 of 5.
    assert list(measures.rouge_l(true[1], said[1])) == pytest.approx([5 / 6, 5 / 6])
    assert found["rouge_l"] == pytest.approx((3 / 5 + 5 / 6) / 2)
    # METEOR with exact matches: P = R = 5/6, two chunks: 5/6 (1 - (2/5)^3 / 2).
    assert measures.meteor(true[1], said[1]) == pytest.approx(5 / 6 * (1 - 0.5 * (2 / 5) ** 3))
    assert measures.overlap(true, true)["mu_llama_bleu"] == pytest.approx(1)
    assert measures.overlap(true, ["", ""])["meteor"] == 0

    def missing(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr("importlib.import_module", missing)
    with pytest.raises(MissingDependency, match="sacrebleu"):
        measures.overlap(true, said)


def test_the_command(chatmusician: Run, tmp_path: Path) -> None:
    pytest.importorskip("sacrebleu")
    (tmp_path / "book.abc").write_bytes(BOOK)
    run = ["eval", "qa", "--tunes", "book.abc", "-n", "9", "--per-tune", "3", "--no-sound"]
    chatmusician(*run, "-o", "report", code=0)
    result = json.loads((tmp_path / "report" / "result.json").read_text())
    rows = {
        row["name"]: row["metrics"]["right"]["value"] for row in result["rows"] if not row["group"]
    }
    assert rows["gold MIDI"] > 0.7
    assert rows["gold MIDI"] > rows["wrong track"]
    assert "shuffled answers" in rows
    items = (tmp_path / "report" / "items.jsonl").read_text()
    again = chatmusician(*run, "-o", "report", "--json", code=0)
    assert (tmp_path / "report" / "items.jsonl").read_text() == items
    assert json.loads(again.stdout)["counts"]["items"] == 9
    chatmusician(*run[:-3], "0", "-o", "other", code=2)
