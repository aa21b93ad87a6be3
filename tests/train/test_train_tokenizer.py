"""The tokenizer of one's own: no piece across bars or lines, any text back as it was."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("tokenizers")
pytest.importorskip("transformers")

from chatmusician.cli import main
from chatmusician.errors import UsageError
from chatmusician.train.tokenizer import SMALLEST, train_tokenizer

TUNE = (
    "X:1\nT:Bold as a Badger 123\nM:6/8\nL:1/8\nK:Bb\n"
    '|:"Am7"^A2B/ (3cde fed|1 [A,C]4- z2 f2:|2 {g}a\'3 _b=c :|\n[|G>A B<c | !trill!d6 |]\n'
)


def pieces(tokenizer: Any) -> list[str]:
    special = set(tokenizer.all_special_ids)
    return [tokenizer.decode([number]) for number in range(len(tokenizer)) if number not in special]


@pytest.fixture(scope="module")
def greedy() -> Any:
    """Trained on one tune until nothing is left to merge: whatever may join has joined."""
    return train_tokenizer([TUNE] * 5, 2000)


def test_no_piece_joins_across_a_bar_line_or_a_line_end(greedy: Any) -> None:
    found = pieces(greedy)
    assert any(re.search("[A-Ga-g]{3}", piece) for piece in found)
    for piece in found:
        assert piece == "\n" or "\n" not in piece
        if "|" in piece and not piece.startswith('"'):
            assert re.fullmatch(r" ?[|:\[\]]+\d?", piece), piece


def test_pieces_are_musical(greedy: Any) -> None:
    tokens = [greedy.decode([number]) for number in greedy(TUNE)["input_ids"]]
    for expected in ("K:", '"Am7"', "^A2B/", ":|2", "|1", " |", " _b=c", "[|", " B<c"):
        assert expected in tokens


def test_numbers_in_text_are_digits_and_words_are_words(greedy: Any) -> None:
    tokens = [greedy.decode([number]) for number in greedy(" Badger 123")["input_ids"]]
    assert tokens == [" Badger", " ", "1", "2", "3"]


@pytest.mark.parametrize("text", [TUNE, "naïve ♯ 日本\r\n\t  x  ", "Human: a </s> Assistant: b"])
def test_any_text_comes_back(greedy: Any, text: str) -> None:
    assert greedy.decode(greedy(text, add_special_tokens=False)["input_ids"]) == text


def test_a_prompt_is_the_beginning_of_its_row(greedy: Any) -> None:
    """The tokens of the prompt, which ends in a space, are the first of the trained row's."""
    prompt = "Human: Write. </s> Assistant: "
    asked = greedy(prompt, add_special_tokens=False)["input_ids"]
    row = greedy(f"{prompt}X:1\nK:D\nA </s> ", add_special_tokens=False)["input_ids"]
    assert row[: len(asked)] == asked
    assert greedy.eos_token_id in asked
    assert greedy.decode([asked[-1]]) == "Assistant: "


def test_the_verb_writes_what_auto_tokenizer_reads(
    texts: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from transformers import AutoTokenizer

    line = ["train", "tokenizer", texts, "--size", "285", "-o", str(tmp_path / "t"), "--json"]
    assert main(line) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["pieces"] == 285
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "t")
    assert (len(tokenizer), tokenizer.eos_token) == (285, "</s>")
    assert tokenizer.decode(tokenizer(TUNE)["input_ids"]) == TUNE
    assert main([*line[:-2], str(tmp_path / "u")]) == 0
    same = [(tmp_path / name / "tokenizer.json").read_bytes() for name in ("t", "u")]
    assert same[0] == same[1]


def test_too_small_is_refused() -> None:
    with pytest.raises(UsageError, match=str(SMALLEST)):
        train_tokenizer(["A"], SMALLEST - 1)


def test_wrong_columns_are_named(texts: str, tmp_path: Path) -> None:
    line = ["train", "tokenizer", texts, "--columns", "abc", "-o", str(tmp_path / "t")]
    assert main(line) == 2
