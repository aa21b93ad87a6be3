"""The vocabulary learnt from tunes: frequent words, and runs of notes that pairs build up."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence

from chatmusician.model.home.text import MARKS, MOST_BARS
from chatmusician.model.home.vocabulary import LONGEST, SPECIAL, Vocabulary

Run = tuple[str, ...]


def learn_vocabulary(
    texts: Sequence[Sequence[str]], bars: Iterable[Sequence[str]], *, size: int, least: int
) -> Vocabulary:
    """Of ``size`` tokens: the words that occur ``least`` times, then runs within bars, by byte
    pairs over whole words."""
    counts = Counter(word for text in texts for word in text)
    fixed = [*SPECIAL, *MARKS, *(f"|{n}" for n in range(MOST_BARS, 0, -1))]
    fixed += ["[1", "[2", ":|", "||"]
    others = [word for word, count in counts.most_common() if count >= least]
    words = list(dict.fromkeys([*fixed, *sorted(others, key=_order)]))
    return Vocabulary([*words, *(" ".join(run) for run in runs(bars, size - len(words), least))])


def _order(word: str) -> tuple[int, str]:
    """Plan words, then relations, then notes."""
    return (0 if word[1:2] == ":" else 1 if word == "n" or word[:1] in "=vs" else 2, word)


def runs(bars: Iterable[Sequence[str]], wanted: int, least: int) -> list[Run]:
    """The most frequent runs of words that repeated joining of pairs gives."""
    rows: Counter[tuple[Run, ...]] = Counter(tuple((word,) for word in bar) for bar in bars if bar)
    found: list[Run] = []
    while len(found) < wanted:
        pairs: Counter[tuple[Run, Run]] = Counter()
        for row, count in rows.items():
            for one, two in itertools.pairwise(row):
                if len(one) + len(two) <= LONGEST:
                    pairs[one, two] += count
        if not pairs:
            break
        best = pairs.most_common(max(1, wanted // 12))
        joined = _apart(best, wanted - len(found))
        if best[0][1] < least:
            break
        found += [one + two for one, two in joined if one + two not in found]
        rows = _joined(rows, set(joined))
    return found[:wanted]


def _apart(pairs: Sequence[tuple[tuple[Run, Run], int]], wanted: int) -> list[tuple[Run, Run]]:
    """Of the most frequent pairs those that share no run, so that one step can join all."""
    seen: set[Run] = set()
    chosen: list[tuple[Run, Run]] = []
    for (one, two), _ in pairs:
        if one not in seen and two not in seen and len(chosen) < wanted:
            chosen.append((one, two))
            seen |= {one, two}
    return chosen


def _joined(
    rows: Counter[tuple[Run, ...]], pairs: set[tuple[Run, Run]]
) -> Counter[tuple[Run, ...]]:
    result: Counter[tuple[Run, ...]] = Counter()
    for row, count in rows.items():
        new: list[Run] = []
        at = 0
        while at < len(row):
            if at + 1 < len(row) and (row[at], row[at + 1]) in pairs:
                new.append(row[at] + row[at + 1])
                at += 2
            else:
                new.append(row[at])
                at += 1
        result[tuple(new)] += count
    return result
