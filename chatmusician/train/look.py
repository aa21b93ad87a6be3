"""Preprocessed rows as text again: what is learned in green, what is only read in grey."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from chatmusician.train.build import load_tokenizer
from chatmusician.train.data import IGNORED, Rows

LEARNED, READ, BORDER, PLAIN = "\033[32m", "\033[90m", "\033[33m", "\033[0m"


def look(folder: str, number: int) -> Iterator[str]:
    """The first rows, packed as they are trained on, with a line between their samples."""
    rows = Rows(folder)
    tokenizer = load_tokenizer(str(rows.folder / "tokenizer"))
    for index in range(min(number, len(rows))):
        row = rows[index]
        text = f"{BORDER}=== row {index}, {len(row['input_ids'])} tokens ==={PLAIN}"
        for learned, group in groupby(
            zip(row["input_ids"], row["labels"], row["position_ids"], strict=True),
            key=lambda token: (token[1] != IGNORED, token[2] == 0),
        ):
            is_learned, is_first = learned
            text += f"\n{BORDER}--- sample ---{PLAIN}\n" if is_first else ""
            words = tokenizer.decode([token for token, _, _ in group])
            text += f"{LEARNED if is_learned else READ}{words}{PLAIN}"
        yield text
