"""Four-option questions read from files or the hub, every row checked before any is asked."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from chatmusician.errors import InputError
from chatmusician.eval.choice.rows import Rows, read_rows

LETTERS: Final = "ABCD"
EXAMPLE: Final = "Use the example below to answer the question that follows."
_SHOWN = 8
# The names that one thing goes by: MusicTheoryBench's, MMLU's, those of plain tables.
_STEM = ("stem", "question")
_NOTE = re.compile(r"[A-Ga-gzxZX\[\]]")
_FIELD = re.compile(r"^[A-Za-z+]:.*$|^%.*$|\[[A-Za-z]:[^\]]*\]", re.M)


@dataclass(frozen=True)
class Question:
    """`options` are those of A, B, C and D; `answer` is the right one's letter."""

    id: str
    stem: str
    options: tuple[str, str, str, str]
    answer: str
    subject: str = ""
    topic: str = ""
    abc_score: str = ""
    split: str = ""

    @property
    def right(self) -> str:
        return self.options[LETTERS.index(self.answer)]


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be asked; `row` is its line in a .jsonl file, else counted from 1."""

    row: int
    what: str

    def __str__(self) -> str:
        return f"row {self.row}: {self.what}"


@dataclass(frozen=True)
class Loaded:
    """`bad` rows are left out of `questions`; `source` says where they all came from."""

    questions: tuple[Question, ...]
    bad: tuple[BadRow, ...] = ()
    source: str = ""
    rows: int = field(default=0)

    def of_split(self, *names: str) -> Loaded:
        """Those of the splits named, where the rows name a split at all."""
        kept = tuple(q for q in self.questions if q.split in names or not q.split)
        return replace(self, questions=kept)


class RowError(ValueError):
    """What is wrong with one row."""


def load_questions(
    name: str,
    *,
    split: str = "",
    config: str = "",
    subjects: Iterable[str] = (),
    needs_id: bool = True,
    skip_bad: bool = False,
) -> Loaded:
    """The questions of a file (.json .jsonl .csv .parquet) or of a set on the hub.

    Without `skip_bad` one bad row refuses the whole set, and the error names every row (the
    first eight in full). `subjects`, where given, are the only ones allowed.
    """
    rows = read_rows(name, split=split, config=config)
    loaded = check_rows(rows, subjects=frozenset(subjects), needs_id=needs_id)
    if loaded.bad and not skip_bad:
        raise InputError(_told(loaded.bad), path=name, hint="mend them, or leave out: --skip-bad")
    if not loaded.questions:
        raise InputError("holds no question", path=name)
    return loaded


def _told(bad: tuple[BadRow, ...]) -> str:
    shown = "; ".join(map(str, bad[:_SHOWN]))
    more = f"; and {len(bad) - _SHOWN} more" if len(bad) > _SHOWN else ""
    return f"{len(bad)} bad {'row' if len(bad) == 1 else 'rows'}: {shown}{more}"


def check_rows(
    rows: Rows, *, subjects: frozenset[str] = frozenset(), needs_id: bool = True
) -> Loaded:
    questions: list[Question] = []
    bad: list[BadRow] = []
    seen: dict[str, int] = {}
    for number, row in rows.numbered:
        try:
            if isinstance(row, str):
                raise RowError(row)
            made = question_of(row, number, needs_id=needs_id)
            if subjects and made.subject not in subjects:
                raise RowError(f"subject {made.subject!r} is none of {', '.join(sorted(subjects))}")
            if made.id in seen:
                raise RowError(f"id {made.id!r} stands in row {seen[made.id]} already")
        except RowError as error:
            bad.append(BadRow(number, str(error)))
            continue
        seen[made.id] = number
        questions.append(made)
    return Loaded(tuple(questions), tuple(bad), rows.source, len(rows.numbered))


def question_of(row: Mapping[str, Any], number: int, *, needs_id: bool = True) -> Question:
    stem = _text(row, *_STEM)
    subject = _optional(row, "subject")
    name = _text(row, "id") if needs_id or row.get("id") else f"{subject or 'row'}/{number}"
    options = _options(row)
    score = row.get("abc_score") or ""
    if not isinstance(score, str):
        raise RowError("abc_score is no text")
    _check_score(score, stem)
    return Question(
        name,
        stem,
        options,
        _answer(row),
        subject,
        _optional(row, "topic"),
        score,
        _optional(row, "split"),
    )


def _text(row: Mapping[str, Any], *names: str) -> str:
    for name in names:
        if name in row:
            value = row[name]
            value = str(value) if isinstance(value, int) else value
            if not isinstance(value, str) or not value.strip():
                raise RowError(f"{name} is empty" if not value else f"{name} is no text")
            return value
    raise RowError(f"no column {names[0]!r} (there are: {', '.join(map(str, row)) or 'none'})")


def _optional(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value).strip()


def _options(row: Mapping[str, Any]) -> tuple[str, str, str, str]:
    given = _given_options(row)
    if list(given) != list(LETTERS) and sorted(given) != sorted(LETTERS):
        raise RowError(f"options are {', '.join(map(str, given)) or 'none'}, not A, B, C, D")
    texts = [given[letter] for letter in LETTERS]
    texts = [str(text) if isinstance(text, (int, float)) else text for text in texts]
    for letter, text in zip(LETTERS, texts, strict=True):
        if not isinstance(text, str) or not text.strip():
            raise RowError(f"option {letter} is empty")
    return texts[0], texts[1], texts[2], texts[3]


def _given_options(row: Mapping[str, Any]) -> Mapping[str, Any]:
    found = row.get("options", row.get("choices"))
    if isinstance(found, str):
        found = _parsed(found)
    if isinstance(found, Mapping):
        return found
    if isinstance(found, (list, tuple)):
        names = [*LETTERS, *map(str, range(5, len(found) + 1))]
        return dict(zip(names, found, strict=False))
    if found is not None:
        raise RowError("options are no table of A, B, C, D")
    columns = {key: row[key] for key in row if isinstance(key, str) and re.fullmatch("[A-Z]", key)}
    if not columns:
        raise RowError("no column 'options' and no columns A, B, C, D")
    return columns


def _parsed(text: str) -> Any:
    """Tables keep the options as JSON, or as Python printed them."""
    for parse in (json.loads, ast.literal_eval):
        try:
            return parse(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
    raise RowError("options cannot be read")


def _answer(row: Mapping[str, Any]) -> str:
    if "answer" not in row:
        raise RowError(f"no column 'answer' (there are: {', '.join(map(str, row)) or 'none'})")
    value = row["answer"]
    if isinstance(value, bool) or value is None or value == "":
        raise RowError("the answer is missing")
    if isinstance(value, int) or (isinstance(value, str) and value.strip() in tuple("0123")):
        if not 0 <= int(value) <= 3:
            raise RowError(f"the answer is {value}, not A, B, C or D")
        return LETTERS[int(value)]
    text = str(value).strip()
    if not text:
        raise RowError("the answer is missing")
    if text not in tuple(LETTERS):
        raise RowError(f"the answer is {text[:20]!r}, not A, B, C or D")
    return text


def _check_score(score: str, stem: str) -> None:
    if not score.strip():
        if score:
            raise RowError("abc_score is empty but for spaces")
        if EXAMPLE in stem and not re.search(r"^[XKML]:", stem, re.M):
            raise RowError("the stem speaks of an example, and abc_score is empty")
        return
    if not _NOTE.search(_FIELD.sub("", score)):
        raise RowError("abc_score has no notes")
