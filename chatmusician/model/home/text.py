"""Home text: one tune as a row of words, its plan before its notes, and back.

``<s>``, the header (``R:`` rhythm, ``M:`` meter, ``K:`` mode, ``S:`` source, ``E:`` closes),
then for each part its plan (``P:`` shape, ``g:`` register and climax, ``o:`` opening and
rhyme), then for each part its mark (``<A>``), its pickup in eighths (``p:``) with the notes of
the pickup, and before each bar a bar word with the number of bars left in the part (``|8``)
and the bar's relation (``=4``). ``[1`` and ``[2`` open the endings, ``:|`` ends what is
repeated, ``||`` what is not, ``</s>`` the tune. Source, closes, ``g:``, ``o:`` and relations
may each be left out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from chatmusician.errors import InputError
from chatmusician.model.home.relations import PartTraits, closes, relations, traits
from chatmusician.model.home.tune import HomePart, HomeTune, duration, sound

BEGIN, END, PAD = "<s>", "</s>", "<pad>"
MARKS: Final = tuple(f"<{letter}>" for letter in "ABCDEFGH")
# What may be hidden from a text, each on its own.
TAGS: Final = ("source", "closes", "register", "opening", "relations")
MOST_BARS: Final = 32
_BAR: Final = re.compile(r"\|(\d+)")
_RELATION: Final = re.compile(r"n|[=vs]\d+")


def words_of(tune: HomeTune, hidden: Collection[str] = ()) -> list[str]:
    """The home text of a tune as words, without the tags that are hidden.

    Raises ``InputError`` where a part is longer than 32 bars or there are over eight parts.
    """
    if len(tune.parts) > len(MARKS):
        raise InputError(f"{len(tune.parts)} parts, and home text has room for {len(MARKS)}")
    tags = relations(tune) if "relations" not in hidden else None
    words = [BEGIN, *plan_words(tune, hidden)]
    for number, part in enumerate(tune.parts):
        words += _part_words(part, MARKS[number], tags[number] if tags else None)
    return [*words, END]


def plan_words(tune: HomeTune, hidden: Collection[str] = ()) -> list[str]:
    """The words of the plan, as they are before the first part."""
    words = [f"R:{tune.rhythm}", f"M:{tune.meter}", f"K:{tune.mode}"]
    if "source" not in hidden:
        words.append(f"S:{tune.source}")
    if "closes" not in hidden:
        which, held = closes(tune)
        words.append(f"E:{which}{'.held' if held else ''}")
    for part, about in zip(tune.parts, traits(tune), strict=True):
        words += _traits_words(part, about, hidden)
    return words


def _traits_words(part: HomePart, about: PartTraits, hidden: Collection[str]) -> list[str]:
    if len(part.path) > MOST_BARS:
        raise InputError(f"a part of {len(part.path)} bars, and home text has room for 32")
    words = [f"P:{part.shape}"]
    if "register" not in hidden:
        words.append(f"g:{about.register}{about.climax}")
    if "opening" not in hidden:
        words.append(f"o:{about.opening}{'.rhyme' if about.rhymes else ''}")
    return words


def _part_words(
    part: HomePart, mark: str, tags: tuple[list[str], list[str], list[str]] | None
) -> list[str]:
    words = [mark, f"p:{duration(part.pickup)}", *part.pickup]
    left = len(part.path)
    end = ":|" if part.repeated else "||"
    words += _bars_words(part.bars, left, tags[0] if tags else None)
    if part.second:
        left -= len(part.bars)
        words += ["[1", *_bars_words(part.first, left, tags[1] if tags else None), ":|"]
        words += ["[2", *_bars_words(part.second, left, tags[2] if tags else None)]
        end = "||"
    return [*words, end]


def _bars_words(
    bars: Sequence[tuple[str, ...]], left: int, tags: Sequence[str] | None
) -> Iterator[str]:
    for at, bar in enumerate(bars):
        yield f"|{left - at}"
        if tags is not None:
            yield tags[at]
        yield from bar


def tune_of(words: Sequence[str]) -> HomeTune:
    """The tune that home text describes; tags may be there or not, and are not looked at.

    Raises ``InputError`` with the number of the word where the text is not home text.
    """
    return _Parser(words).tune()


class _Parser:
    def __init__(self, words: Sequence[str]) -> None:
        self.words = [word for word in words if word not in (BEGIN, PAD)]
        self.at = 0

    def tune(self) -> HomeTune:
        about = {"S": ""}
        while self.peek()[:2] in ("R:", "M:", "K:", "S:", "E:", "P:", "g:", "o:"):
            word = self.take()
            about.setdefault(word[0], word[2:])
            if word[0] == "S":
                about["S"] = word[2:]
        missing = [letter for letter in "RMK" if letter not in about]
        if missing:
            self.fail(f"{missing[0]}: is missing")
        parts = []
        while self.peek() in MARKS:
            parts.append(self.part())
        if not parts or self.peek() not in (END, ""):
            self.fail("a part or the end was expected")
        return HomeTune(about["R"], about["M"], about["K"], about["S"], tuple(parts))

    def part(self) -> HomePart:
        self.take()
        if not self.peek().startswith("p:"):
            self.fail("p: was expected")
        self.take()
        pickup = self.notes()
        bars = self.bars()
        first: tuple[tuple[str, ...], ...] = ()
        second: tuple[tuple[str, ...], ...] = ()
        if self.peek() == "[1":
            self.take()
            first = self.bars()
            self.expect(":|")
            self.expect("[2")
            second = self.bars()
        end = self.take()
        if end not in ("||", ":|") or (second and end != "||"):
            self.fail("the end of the part was expected")
        if not bars and not second:
            self.fail("a part without bars")
        return HomePart(pickup, bars, bool(second) or end == ":|", first, second)

    def bars(self) -> tuple[tuple[str, ...], ...]:
        result = []
        while _BAR.fullmatch(self.peek()):
            self.take()
            if _RELATION.fullmatch(self.peek()):
                self.take()
            result.append(self.notes())
        return tuple(result)

    def notes(self) -> tuple[str, ...]:
        result = []
        while sound(self.peek()) or self.peek() in _SIGNS:
            result.append(self.take())
        return tuple(result)

    def peek(self) -> str:
        return self.words[self.at] if self.at < len(self.words) else ""

    def take(self) -> str:
        self.at += 1
        return self.words[self.at - 1] if self.at <= len(self.words) else ""

    def expect(self, word: str) -> None:
        if self.take() != word:
            self.fail(f"{word} was expected")

    def fail(self, problem: str) -> None:
        raise InputError(f"home text, word {self.at + 1} ({self.peek()!r}): {problem}")


_SIGNS: Final = frozenset({"~", "T", "(2", "(3", "(3:2:2", "(4"})
