"""docs/glossary.md as data: the words with their names in code, and the phrases not used."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "glossary.md"
WORDS, _, PHRASES = PAGE.read_text(encoding="utf-8").partition(
    "\n## Phrases that are not used here"
)
_WORD_ROW = re.compile(r"^\| ([^|`]+) \| ([^|]+) \| `([\w.]+)` \|", re.M)
_PHRASE_ROW = re.compile(r"^\| (`[^|]+`) \| ([^|]+) \|$", re.M)


@dataclass(frozen=True)
class Phrase:
    """A phrase as the glossary writes it, what to write instead, and what it matches."""

    text: str
    instead: str

    @property
    def pattern(self) -> re.Pattern[str]:
        """`a/b` is either word, `*` is any one word; spaces are any white space."""
        words = r"\s+".join(_word_pattern(word) for word in self.text.split())
        return re.compile(rf"(?<![\w-]){words}(?!\w)", re.I)


def _word_pattern(word: str) -> str:
    if word == "*":
        return r"[\w'-]+"
    return "(?:" + "|".join(re.escape(choice) for choice in word.split("/")) + ")"


def names_in_code() -> list[str]:
    """The dotted names of the column "in code", relative to the package."""
    return [row[3] for row in _WORD_ROW.finditer(WORDS)]


def words() -> list[str]:
    """The words that the glossary defines, in order."""
    return [row[1].strip() for row in _WORD_ROW.finditer(WORDS)]


def phrases() -> list[Phrase]:
    """The phrases that are not used, one by one."""
    return [
        Phrase(text, row[2].strip())
        for row in _PHRASE_ROW.finditer(PHRASES)
        for text in re.findall(r"`([^`]+)`", row[1])
    ]


def violations(text: str, listed: list[Phrase]) -> list[str]:
    """Each phrase found in the text, quoted as it is written there, with what to write."""
    return [
        f"{match[0]!r}: write {phrase.instead}"
        for phrase in listed
        for match in phrase.pattern.finditer(text)
    ]


def name_as_words(name: str) -> str:
    """`told_beats`, `ToldBeats` and `--told-beats` are all `told beats`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return re.sub(r"[_\W]+", " ", spaced).strip().lower()
