"""From the scores of texts to the report: metrics with intervals, rows side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chatmusician.eval.generation.distances import distance, shares
from chatmusician.eval.generation.features import FORMS, LENGTHS, REPEATED, WIDEST
from chatmusician.eval.intervals import (
    Measure,
    compare_answers,
    compare_means,
    mean,
    ratio,
    share_of,
)
from chatmusician.eval.plots import Bars, Points, draw
from chatmusician.eval.results import Item, Row
from chatmusician.eval.tables import Column, by_metric, by_row, cell, markdown, percent

Scores = Sequence[Mapping[str, Any]]
DISTRIBUTIONS = ("tones", "intervals", "lengths", "repetition", "forms")
KEPT = ("key", "meter", "unit", "rhythm", "tempo", "title")
ASKED = (*KEPT, "bars", "chords", "form", "motif", "given")

NOTATION = {
    "reads": percent("read by our reader, %"),
    "abc2midi": percent("read by abc2midi without an error, %"),
    "abc2midi_own": percent("the same, errors of a given tune left out, %"),
    "clean": percent("no error at all, %"),
    "bars_right": percent("bars that add up, %", 2),
    "bars_unwarned": percent("bars without abc2midi's warning, %", 2),
    "bars_unwarned_own": percent("the same, those of a given tune left out, %", 2),
}
ADHERENCE = {f"kept_{name}": percent(f"{name} as asked, %") for name in ASKED} | {
    "kept_header": percent("all header fields as asked, %"),
    "kept_given": percent("given music kept, %"),
    "kept_bars": percent("number of bars as asked, %"),
    "kept_chords": percent("chords in the asked order, %"),
    "kept_motif": percent("motifs there, %"),
    "kept_all": percent("everything as asked, %"),
}
MUSIC = {
    "key_clarity": Column("key clarity (correlation)", 3),
    "key_agrees": percent("key heard has the signature of K:, %"),
    "repeat_sign": percent("with a repeat sign, %"),
    "form_returns": percent("a section returns, %"),
    "bars_again": percent("bars heard before in the tune, %"),
    "distinct": percent("distinct melodies, %"),
    "copied": percent("8-bar spans copied from training, %", 2),
    "longest_copy": Column("longest copy, bars", 0),
}
DISTANCE = {
    "distance_tones": Column("tones: distance to people's", 3),
    "distance_intervals": Column("intervals: distance to people's", 3),
    "distance_lengths": Column("note lengths: distance to people's", 3),
    "distance_repetition": Column("bars heard before: distance to people's", 3),
    "distance_forms": Column("forms: distance to people's", 3),
}
COST = {
    "characters": Column("characters per tune", 0),
    "tokens": Column("tokens per tune", 0),
    "tries": Column("tries per tune", 2),
    "seconds": Column("seconds per tune", 2),
}
COLUMNS = NOTATION | ADHERENCE | MUSIC | DISTANCE | COST
IN_GROUPS = {
    name: COLUMNS[name] for name in ("reads", "abc2midi", "bars_right", "kept_header", "kept_all")
}


def metrics(scores: Scores, *, seed: int = 0) -> dict[str, Measure]:
    """All metrics of a set of texts but their distances to people's."""
    made = {name: share_of([bool(s[name]) for s in scores]) for name in ("reads", "clean")}
    for name in ("abc2midi", "abc2midi_own"):
        if any(name in s for s in scores):
            made[name] = share_of([bool(s.get(name)) for s in scores])
    made |= _bars(scores, seed)
    made |= _kept(scores)
    made |= _music(scores, seed)
    for name in COST:
        values = [float(s[name]) for s in scores if s.get(name) is not None]
        if values:
            made[name] = mean(values, seed=seed)
    return made


def distances(scores: Scores, answers: Scores, *, seed: int = 0) -> dict[str, Measure]:
    """How far the texts are from people's answers to the like prompts.

    ``answers`` are the rows' own, one for each text. The prompts are halved by the melody of
    their answer: texts of the one half are compared with answers of the other, so that no
    tune is on both sides, and the bootstrap draws all prompts on a tune together.
    """
    tunes = [answer.get("melody", "") for answer in answers]
    first = [bool(tune) and int(tune, 16) % 2 == 0 for tune in tunes]
    second = [bool(tune) and int(tune, 16) % 2 == 1 for tune in tunes]
    made = {}
    for name in DISTRIBUTIONS:
        theirs = _by_tune(answers, tunes, first, name)
        ours = _by_tune(scores, tunes, second, name)
        made[f"distance_{name}"] = distance(ours, theirs, seed=seed)
    return made


def _by_tune(
    scores: Scores, tunes: Sequence[str], chosen: Sequence[bool], name: str
) -> list[list[float]]:
    """The histograms of the chosen texts, those of prompts on one tune summed."""
    sums: dict[str, list[float]] = {}
    for found, tune, is_chosen in zip(scores, tunes, chosen, strict=True):
        if is_chosen and name in found:
            before = sums.get(tune)
            row = [float(value) for value in found[name]]
            sums[tune] = (
                row if before is None else [a + b for a, b in zip(before, row, strict=True)]
            )
    return list(sums.values())


def _bars(scores: Scores, seed: int) -> dict[str, Measure]:
    """Shares over all bars; the intervals draw whole tunes, whose bars go wrong together."""
    made = {}
    read = [s for s in scores if s.get("bars")]
    right = [s["bars"] - s["bars_wrong"] for s in read]
    made["bars_right"] = ratio(right, [s["bars"] for s in read], seed=seed)
    for name in ("", "_own"):
        warned = f"bar_warnings{name}"
        heard = [s for s in read if warned in s]
        if heard:
            silent = [s["bars"] - min(s[warned], s["bars"]) for s in heard]
            made[f"bars_unwarned{name}"] = ratio(silent, [s["bars"] for s in heard], seed=seed)
    return made


def _kept(scores: Scores) -> dict[str, Measure]:
    made = {}
    for name in ASKED:
        answers = [s["kept"][name] for s in scores if name in s["kept"]]
        if answers:
            made[f"kept_{name}"] = share_of(answers)
    for name, answers in (("header", _all_kept(scores, KEPT)), ("all", _all_kept(scores, ASKED))):
        if answers:
            made[f"kept_{name}"] = share_of(answers)
    return made


def _all_kept(scores: Scores, names: Sequence[str]) -> list[bool]:
    asked = [[s["kept"][name] for name in names if name in s["kept"]] for s in scores]
    return [all(answers) for answers in asked if answers]


def _music(scores: Scores, seed: int) -> dict[str, Measure]:
    made = {}
    for name in ("key_agrees", "repeat_sign", "form_returns"):
        made[name] = share_of([bool(s[name]) for s in scores if name in s])
    made["key_clarity"] = mean([s["key_clarity"] for s in scores if "key_clarity" in s], seed=seed)
    again = [s["bars_again"] for s in scores if "bars_again" in s]
    made["bars_again"] = ratio([a for a, _ in again], [n for _, n in again], seed=seed)
    melodies = [s["melody"] for s in scores if "melody" in s]
    if melodies:
        # No interval: what is drawn twice by a bootstrap would count as a copy.
        made["distinct"] = Measure(len(set(melodies)) / len(melodies), n=len(melodies))
    copies = [s for s in scores if "spans" in s]
    if copies:
        spans = [s["spans"] for s in copies]
        made["copied"] = ratio([s["copied"] for s in copies], spans, seed=seed)
        longest = max(s["longest_copy"] for s in copies)
        made["longest_copy"] = Measure(float(longest), n=len(copies), method="maximum")
    return made


# What two runs are compared in, item by item: yes or no, and numbers.
_YES = (*(name for name in NOTATION if not name.startswith("bars")), "repeat_sign", "form_returns")
_NUMBERS: dict[str, Callable[[Mapping[str, Any]], float | None]] = {
    "bars_right": lambda s: 1 - s["bars_wrong"] / s["bars"] if s.get("bars") else None,
    "key_clarity": lambda s: s.get("key_clarity"),
    "bars_again": lambda s: (
        s["bars_again"][0] / s["bars_again"][1] if s.get("bars_again", (0, 0))[1] else None
    ),
    "tokens": lambda s: s.get("tokens"),
    "seconds": lambda s: s.get("seconds"),
}


def compare(
    name: str, ours: Mapping[str, Item], other: str, theirs: Mapping[str, Item], *, seed: int = 0
) -> list[dict[str, Any]]:
    """Paired comparisons of two runs on the prompts that both have."""
    ids = [id for id in ours if id in theirs]
    pairs = [(ours[id].scores, theirs[id].scores) for id in ids]
    made = []
    for metric in _YES:
        answers = [(a[metric], b[metric]) for a, b in pairs if metric in a and metric in b]
        if answers:
            made.append((metric, compare_answers(*zip(*answers, strict=True))))
    for asked in ASKED:
        both = [(a["kept"], b["kept"]) for a, b in pairs]
        answers = [(a[asked], b[asked]) for a, b in both if asked in a and asked in b]
        if answers:
            made.append((f"kept_{asked}", compare_answers(*zip(*answers, strict=True))))
    for metric, value in _NUMBERS.items():
        found = [(value(a), value(b)) for a, b in pairs]
        numbers = [(a, b) for a, b in found if a is not None and b is not None]
        if numbers:
            made.append((metric, compare_means(*zip(*numbers, strict=True), seed=seed)))
    return [
        {"metric": metric, "first": name, "second": other, **comparison.as_dict()}
        for metric, comparison in made
    ]


def by_group(name: str, scores: Scores, groups: Sequence[str], *, seed: int = 0) -> list[Row]:
    """A row for each group (a task, a meter), with the metrics that do not need many tunes."""
    made = []
    for group in dict.fromkeys(groups):
        found = [s for s, own in zip(scores, groups, strict=True) if own == group]
        all_of_them = metrics(found, seed=seed)
        kept = {metric: all_of_them[metric] for metric in IN_GROUPS if metric in all_of_them}
        made.append(Row(name, kept, group=group))
    return made


def errors(scores: Scores) -> dict[str, dict[str, int]]:
    """How many texts have each of our error codes, and each of abc2midi's messages."""
    ours = Counter(code for s in scores for code in s.get("errors", ()))
    theirs = Counter(kind for s in scores for kind in s.get("abc2midi_errors", ()))
    mended = Counter(kind for s in scores for kind in s.get("mended", ()))
    ended = Counter(s["finish"] for s in scores if s.get("finish"))
    held = Counter(s["held"] for s in scores if s.get("held"))
    no_tune = sum(not s["tunes"] for s in scores)
    return {
        "ours": dict(ours.most_common()),
        "abc2midi": dict(theirs.most_common()),
        "mended to be read": dict(mended.most_common()),
        "how texts ended": dict(ended.most_common()),
        "held to": dict(held.most_common()),
        "no tune": {"texts without a tune": no_tune} if no_tune else {},
    }


def histograms(scores: Scores) -> dict[str, list[float]]:
    return {name: shares([s[name] for s in scores if name in s]) for name in DISTRIBUTIONS}


def table(title: str, rows: Sequence[Row], comparisons: Sequence[Mapping[str, Any]]) -> str:
    """The whole report as Markdown."""
    whole = [(row.name, row.metrics) for row in rows if not row.group]
    text = f"# {title}\n\nIn brackets: 95 % intervals.\n"
    blocks = {
        "Notation": NOTATION,
        "What was asked": ADHERENCE,
        "Music": MUSIC,
        "Distributions (Jensen–Shannon distance, 0 to 1)": DISTANCE,
        "Cost": COST,
        "Held-out text": {"bits_per_character": Column("bits per character", 3)},
    }
    for heading, columns in blocks.items():
        shown = [(name, found) for name, found in whole if columns.keys() & found.keys()]
        if shown:
            text += f"\n## {heading}\n\n{by_metric(shown, columns)}"
    groups = [(row.group, row.metrics) for row in rows if row.group]
    if groups:
        text += f"\n## By task and meter\n\n{by_row(groups, IN_GROUPS, first='prompts')}"
    if comparisons:
        text += f"\n## Side by side\n\n{_compared(comparisons)}"
    return text


def _compared(comparisons: Sequence[Mapping[str, Any]]) -> str:
    lines = [["metric", "difference", "p", "n"]]
    for found in comparisons:
        column = COLUMNS[found["metric"]]
        difference = Measure(found["difference"], found["low"], found["high"])
        p = "< 0.001" if found["p"] < 0.001 else f"{found['p']:.3f}"
        title = f"{column.title}: {found['first']} less {found['second']}"
        lines.append([title, cell(difference, column), p, str(found["n"])])
    return markdown(lines)


_TONES = ("1", "♭2", "2", "♭3", "3", "4", "♯4", "5", "♭6", "6", "♭7", "7")
_INTERVALS = tuple("" if n % 2 else f"{n}".replace("-", "−") for n in range(-WIDEST, WIDEST + 1))


def plot(title: str, rows: Sequence[Row], drawn: Mapping[str, Mapping[str, list[float]]]) -> bytes:
    """Shares as points with intervals, distances, and the distributions side by side."""
    whole = [(row.name, row.kind, row.metrics) for row in rows if not row.group]
    panels: list[Points | Bars] = [
        Points("Notation and what was asked, %", whole, NOTATION | ADHERENCE),
        Points("Music, %", whole, {name: c for name, c in MUSIC.items() if c.percent}),
        Points("Distance to tunes by people", whole, DISTANCE),
    ]
    panels = [panel for panel in panels if _any(panel)]
    lengths = [*(str(length) for length in LENGTHS), "other"]
    for name, heading, labels in (
        ("tones", "Time of each tone, counted from the tonic", _TONES),
        ("intervals", "Intervals in semitones (at the ends: beyond an octave)", _INTERVALS),
        ("lengths", "Note lengths in quarter notes", lengths),
        ("repetition", "Share of bars heard before, up to", [f"{float(e):g}" for e in REPEATED]),
        ("forms", "Forms, primes left out", [*FORMS, "other"]),
    ):
        found = {who: shares[name] for who, shares in drawn.items() if shares.get(name)}
        if found:
            panels.append(Bars(heading, labels, found))
    return draw(title, panels)


def _any(panel: Points | Bars) -> bool:
    assert isinstance(panel, Points)
    return any(name in metrics for _, _, metrics in panel.rows for name in panel.columns)
