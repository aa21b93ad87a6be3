"""Answers in a model's own words: what it is asked, and how its letter is read, strictly."""

from __future__ import annotations

import re
from typing import Final

from chatmusician.eval.choice.questions import LETTERS, Question

LIKELIHOOD, CLOZE = "likelihood", "cloze"
DIRECT, ROLE_PLAY, CHAIN = "direct", "role-play", "chain-of-thought"
MODES: Final = (LIKELIHOOD, CLOZE, DIRECT, ROLE_PLAY, CHAIN)
# How a prompt of likelihood mode ends.
ANSWER: Final = "Answer:"
# What stands before and behind the hint and the question of likelihood mode.
BEFORE: Final = {
    DIRECT: "",
    ROLE_PLAY: "You are a professor of music theory with an excellent ear, marking an exam.\n",
    CHAIN: "",
}
BEHIND: Final = {
    DIRECT: "Answer with one letter, A, B, C or D, and nothing else.",
    ROLE_PLAY: "Answer with one letter, A, B, C or D, and nothing else.",
    CHAIN: 'Think step by step. Then end with a line "Answer: X", X being A, B, C or D.',
}
NEW_TOKENS: Final = {DIRECT: 24, ROLE_PLAY: 24, CHAIN: 768}

_MARK = r"[*_`\"'()\[\]{}<>\s]*"
_LONE = re.compile(rf"{_MARK}([A-D]){_MARK}[.:)]?{_MARK}", re.S)
_SAID = re.compile(
    rf"\b(?:answer|option|choice)\b(?:\s+(?:is|would\s+be|must\s+be))?{_MARK}"
    rf"[:=]?{_MARK}(?:option\s+)?{_MARK}(?-i:([A-D]))(?![\w'])",
    re.I,
)
_LISTED = re.compile(rf"{_MARK}([A-D]){_MARK}[.:)]{_MARK}\s+(\S.*)", re.S)


def asked_in_words(mode: str, text: str) -> str:
    """A prompt of likelihood mode, whose end is ``Answer:``, as a request for words."""
    return f"{BEFORE[mode]}{text.removesuffix(ANSWER).rstrip()}\n{BEHIND[mode]}"


def read_letter(reply: str, question: Question, mode: str = DIRECT) -> str:
    """The letter a reply gives; empty where it gives none, or more than one.

    Read are, in this order: a reply that is a letter and nothing else; a letter followed by
    the text of its option; the text of an option alone; ``Answer: B`` or ``the answer is
    B``: in chain of thought the last of them, elsewhere all must name the same letter. A
    letter anywhere else is no answer: ``A`` is a word, and a note.
    """
    text = reply.strip()
    lone = _LONE.fullmatch(text)
    if lone:
        return lone[1]
    listed = _LISTED.fullmatch(text)
    if listed and _same(listed[2], question.options[LETTERS.index(listed[1])]):
        return listed[1]
    equal = [letter for letter, option in _options(question) if _same(text, option)]
    if len(equal) == 1:
        return equal[0]
    said = [found.upper() for found in _SAID.findall(text)]
    if mode == CHAIN:
        return said[-1] if said else ""
    return said[0] if len(set(said)) == 1 else ""


def _options(question: Question) -> list[tuple[str, str]]:
    return list(zip(LETTERS, question.options, strict=True))


def _same(one: str, other: str) -> bool:
    return _plain(one) == _plain(other)


def _plain(text: str) -> str:
    return " ".join(text.split()).strip(" .*_`\"'").casefold()
