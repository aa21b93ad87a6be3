"""A byte-level BPE tokenizer of one's own for ABC and plain text, for models from scratch.

Text is cut before pieces are learned, so that no piece joins across a bar line, a line end or
a space: field names (`K:`), bar lines with their ending's number (` |`, `:|2`), runs of notes
with accidentals and lengths (` ^c2d/`), chord symbols (`"Am7"`), words, single digits.
Spaces go with what follows them. `Human: ` and `Assistant: ` are whole pieces, space and all, so
that a prompt ends where an answer begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from chatmusician.errors import InputError, MissingDependency, UsageError
from chatmusician.model.chat_format import ASSISTANT, HUMAN
from chatmusician.train import rows

SPECIAL = ("<s>", "</s>", "<pad>")
SMALLEST = 256 + len(SPECIAL) + 2
# One note: accidentals, letter, octave, length, broken rhythm; not the beginning of a word.
_NOTE = r"[\^_=]*[A-Ga-gxzZ][,']*[\d/]*[<>\-]*"
PATTERN = "|".join(
    (
        r"\n",
        r"^[A-Za-z]:(?![|:])",
        r" ?:*\|[|:\]]*\d?| ?::+| ?\[\|",
        r' ?"[A-G][#b]?[^"\n|]{0,8}"',
        rf" ?(?:{_NOTE})+(?!\p{{L}})",
        r" ?\p{L}+",
        r"\p{N}",
        r"[^\S\n]+",
        r" ?[^\s\p{L}\p{N}]",
    )
)


def train_tokenizer(texts: Iterable[str], size: int, *, pattern: str = PATTERN) -> Any:
    """Any text comes back as it was."""
    if size < SMALLEST:
        raise UsageError(f"a tokenizer of bytes has {SMALLEST} pieces at least, and not {size}")
    try:
        from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers
        from tokenizers.trainers import BpeTrainer
        from transformers import PreTrainedTokenizerFast
    except ImportError as error:
        raise MissingDependency(
            "tokenizers and transformers", how='pip install ".[train]"'
        ) from error
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    markers = [AddedToken(word, special=False, normalized=False) for word in (HUMAN, ASSISTANT)]
    trainer = BpeTrainer(
        vocab_size=size - len(markers),
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_tokens(markers)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=SPECIAL[0],
        eos_token=SPECIAL[1],
        pad_token=SPECIAL[2],
        clean_up_tokenization_spaces=False,
    )


def tokenizer_from_files(
    paths: list[str], size: int, columns: tuple[str, ...] = ("text",)
) -> tuple[Any, dict[str, Any]]:
    """Trained on the rows' columns joined; with figures on the same rows."""
    texts = list(_texts(paths, columns))
    if not texts:
        raise InputError(f"no text in the columns {', '.join(columns)}", path=" ".join(paths))
    tokenizer = train_tokenizer(texts, size)
    encoded = tokenizer.backend_tokenizer.encode_batch_fast(texts, add_special_tokens=False)
    characters, tokens = sum(map(len, texts)), sum(len(one.ids) for one in encoded)
    return tokenizer, {
        "rows": len(texts),
        "pieces": len(tokenizer),
        "characters": characters,
        "tokens": tokens,
        "characters_per_token": round(characters / tokens, 3),
    }


def _texts(paths: list[str], columns: tuple[str, ...]) -> Iterator[str]:
    for path in rows.files(paths):
        there = rows.columns(path)
        if not set(columns) & set(there):
            raise UsageError(
                f"{path}: there is no column {', '.join(columns)} among: {', '.join(there)}",
                hint="name them with --columns",
            )
        for unit in rows.units(path):
            for row in rows.read(unit, columns):
                values = [row[name] for name in columns if row and isinstance(row.get(name), str)]
                if any(value.strip() for value in values if value):
                    yield "".join(value for value in values if value)
