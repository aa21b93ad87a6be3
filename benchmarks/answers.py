"""The answers of `corpus tasks` against another reading of the same text, with music21.

python -m benchmarks.answers [--rows N] [--write-docs]

The text of the row is cut into tokens here, without the reader of the package; music21
gives the accidentals of a key, and names intervals, chord roots and relative keys. Tunes
with a change of key or meter inside are passed over; for form, sections and cadences, those
with endings or without signs that cut them into sections.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from pathlib import Path
from random import Random

from music21 import harmony, interval, key, pitch

from benchmarks.corpora import CORPORA
from benchmarks.page import write_section
from chatmusician import abc
from chatmusician.train.tasks import Piece, prepare
from chatmusician.train.tasks.choice import KINDS as STEMS
from chatmusician.train.tasks.questions import KINDS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "tasks.md"
NAMES = ("nottingham", "oneills", "thesession")
_TOKEN = re.compile(
    r"""(?P<text>"[^"]*")|(?P<skip>\{[^}]*\}|![^!\s]*!|\[[A-Z]:[^]]*\])|(?P<ending>\[\d[\d,-]*)
    |(?P<tuplet>\(\d(?::\d*){0,2})|(?P<bar>[:|\]]*[|:]+[]:|]*|\[\|)
    |(?P<chord>\[[^]]*\])(?P<cl>\d*/*\d*)
    |(?P<note>[_^=]*[A-Ga-gzx][,']*)(?P<nl>\d*/*\d*)|(?P<tie>-)""",
    re.X,
)
_MODES = {"": "major", "m": "minor", "dor": "dorian", "mix": "mixolydian", "phr": "phrygian",
          "lyd": "lydian", "loc": "locrian"}  # fmt: skip
_TUPLET_TIME = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}


@dataclass
class OtherBar:
    notes: list[tuple[Fraction, Fraction, pitch.Pitch]] = field(default_factory=list)
    chords: list[str] = field(default_factory=list)
    length: Fraction = Fraction(0)
    before: str = ""
    ending: bool = False


class Other:
    """A tune of one voice in canonical form, read by its tokens."""

    def __init__(self, text: str) -> None:
        head, self.body = re.split(r"(?<=\n)(?=K:)", text, maxsplit=1)
        named, self.body = self.body.split("\n", 1)
        self.fields = dict(line.split(":", 1) for line in head.split("\n") if ":" in line)
        self.tonic, self.mode = _groups(r"K:([A-G][#b]?)(\w*)", named)
        self.key = key.Key(self.tonic.replace("b", "-"), _MODES[self.mode])
        above, below = map(int, self.fields["M"].split("/"))
        self.meter = Fraction(above, below) * 4
        self.compound = above in (6, 9, 12)
        self.bars: list[OtherBar] = [OtherBar()]
        self._read()
        self.bars = [bar for bar in self.bars if bar.length]

    def _read(self) -> None:
        left, scale, tied = 0, Fraction(1), False
        changed: dict[str, float] = {}
        for found in _TOKEN.finditer(self.body):
            bar, kind = self.bars[-1], found.lastgroup
            if found["bar"]:
                self.bars.append(OtherBar(before=found["bar"]))
                changed = {}
            elif found["ending"]:
                bar.ending = True
            elif found["text"] and found["text"][1] in "ABCDEFG":
                bar.chords.append(found["text"][1:-1])
            elif found["tuplet"]:
                p, q, r = [int(n or 0) for n in (found["tuplet"][1:] + "::").split(":")[:3]]
                scale = Fraction(q or _TUPLET_TIME.get(p) or (3 if self.compound else 2), p)
                left = r or p
            elif found["tie"]:
                tied = True
            elif kind in ("nl", "cl"):
                length = _length(found["nl"] if kind == "nl" else found["cl"]) * scale
                names = [found["note"]] if kind == "nl" else _NOTES.findall(found["chord"])
                if kind == "cl":
                    inner = re.search(r"[A-Ga-g][,']*(\d*/*\d*)", found["chord"])
                    length *= _length(inner[1]) * 2 if inner else 1
                heard = [self._pitch(n, changed) for n in names if n[-1] not in "zx"]
                if heard and not tied:
                    bar.notes.append((bar.length, length, max(heard, key=lambda p: p.ps)))
                bar.length += length
                tied, left = False, left - 1
                scale = scale if left > 0 else Fraction(1)

    def _pitch(self, name: str, changed: dict[str, float]) -> pitch.Pitch:
        signs, letter, marks = _groups(r"([_^=]*)([A-Ga-g])([,']*)", name)
        octave = 4 + letter.islower() + marks.count("'") - marks.count(",")
        place = f"{letter.upper()}{octave}"
        if signs:
            changed[place] = signs.count("^") - signs.count("_")
        own = {p.step: p.accidental for p in self.key.alteredPitches}.get(letter.upper())
        alter = changed.get(place, own.alter if own else 0)
        made = pitch.Pitch(place)
        made.accidental = pitch.Accidental(alter) if alter else None
        return made

    @property
    def full(self) -> list[OtherBar]:
        return [bar for bar in self.bars if bar.length == self.meter]

    @property
    def notes(self) -> list[pitch.Pitch]:
        return [note[2] for bar in self.bars for note in bar.notes]

    def sections(self) -> list[list[OtherBar]]:
        """The bars between repeat signs and double bars; what has no full bar joins the next."""
        parts: list[list[OtherBar]] = [[]]
        for bar in self.bars:
            signed = ":" in bar.before or "||" in bar.before or "]" in bar.before
            if signed and any(b.length == self.meter for b in parts[-1]):
                parts.append([])
            parts[-1].append(bar)
        if len(parts) > 1 and not any(b.length == self.meter for b in parts[-1]):
            parts[-2:] = [parts[-2] + parts[-1]]
        return parts


_NOTES = re.compile(r"[_^=]*[A-Ga-g][,']*")


def _groups(pattern: str, text: str) -> tuple[str, ...]:
    found = re.fullmatch(pattern, text)
    assert found, text
    return found.groups()


def _length(text: str) -> Fraction:
    """In quarter notes; the unit of the canonical form is an eighth."""
    above, slashes, below = _groups(r"(\d*)(/*)(\d*)", text)
    over = int(below) if below else 2 ** len(slashes)
    return Fraction(int(above or 1), over) / 2


def _name(one: pitch.Pitch, octave: bool = False) -> str:
    return (one.nameWithOctave if octave else one.name).replace("-", "b")


def _interval(low: pitch.Pitch, high: pitch.Pitch) -> str:
    return str(interval.Interval(low, high).niceName).lower().replace("-", " ")


def _said_interval(other: Other, number: int) -> str:
    (_, _, one), (_, _, two) = other.full[number - 1].notes[:2]
    low, high = sorted((one, two), key=lambda p: (p.diatonicNoteNum, p.ps))
    name = _interval(low, high)
    way = " up" if two.ps > one.ps else " down" if two.ps < one.ps else ""
    return (
        f"From {_name(one)} to {_name(two)} it is {'an' if name[0] in 'aeio' else 'a'} {name}{way}."
    )


def _bars(other: Other) -> int:
    """Full bars, and half of the short ones after the first: two make one."""
    short = [bar for bar in other.bars[1:] if bar.length != other.meter]
    ends = other.bars[0].length != other.meter and bool(short) and short[-1] is other.bars[-1]
    # The last short bar and the pickup are one bar; other halves come in pairs.
    return len(other.full) + (len(short) - ends + 1) // 2 + ends


def _range(other: Other) -> str:
    low = min(other.notes, key=lambda p: p.ps)
    high = max(other.notes, key=lambda p: p.ps)
    name = _interval(low, high)
    named = f"{'an' if name[0] in 'aeio' else 'a'} {name}"
    return f"It goes from {_name(low, True)} to {_name(high, True)}, {named}."


def _root(symbol: str) -> int:
    plain = re.match(r"[A-G][#b]?", symbol)
    assert plain
    return int(harmony.ChordSymbol(plain[0].replace("b", "-")).root().pitchClass)


def _cadence(other: Other, number: int) -> str:
    parts = other.sections()
    symbols = [c for bar in parts[number - 1] for c in bar.chords] if number <= len(parts) else []
    ends = [c for at, c in enumerate(symbols) if at == 0 or _root(c) != _root(symbols[at - 1])]
    if len(ends) < 2:
        return "no cadence"
    before, after = ((_root(c) - other.key.tonic.pitchClass) % 12 for c in ends[-2:])
    name = {(7, 0): "authentic", (11, 0): "authentic", (5, 0): "plagal", (7, 9): "deceptive",
            (7, 8): "deceptive"}.get((before, after), "")  # fmt: skip
    name = "half" if after == 7 else name
    article = "an" if name[:1] == "a" else "a"
    return f"It ends with {article} {name} cadence, {ends[-2]} to {ends[-1]}."


def _likeness(one: list[OtherBar], two: list[OtherBar]) -> float:
    """Ten times the share of time that agrees in the best row of pairs of bars."""
    lines = [[_sounding(bar) for bar in part] for part in (one, two)]
    total = sum(len(line) for part in lines for line in part)
    table = [[0] * (len(two) + 1) for _ in range(len(one) + 1)]
    for i, ours in enumerate(lines[0], 1):
        for j, theirs in enumerate(lines[1], 1):
            agreed = sum(a == b and a is not None for a, b in zip(ours, theirs, strict=False))
            table[i][j] = max(table[i - 1][j], table[i][j - 1], table[i - 1][j - 1] + agreed)
    return 20 * table[-1][-1] / total if total else 0.0


def _sounding(bar: OtherBar) -> list[float | None]:
    """What sounds at each 24th of a quarter note, every note held until the next."""
    line: list[float | None] = [None] * int(bar.length * 24)
    starts = [0, *(int(onset * 24) for onset, _, _ in bar.notes[1:]), len(line)]
    for (_, _, one), start, end in zip(bar.notes, starts, starts[1:], strict=False):
        line[start:end] = [one.ps] * (end - start)
    return line


def _form(other: Other) -> str:
    parts = other.sections()
    labels: list[str] = []
    for at, part in enumerate(parts):
        scores = [_likeness(part, before) for before in parts[:at]]
        best = max(scores, default=0.0)
        if best >= 8:
            labels.append(labels[scores.index(best)])
        elif best >= 6:
            letter = labels[scores.index(best)][0]
            labels.append(letter + "'" * (1 + max(x.count("'") for x in labels if x[0] == letter)))
        else:
            labels.append(chr(65 + len({x[0] for x in labels})))
    return "".join(labels)


def _number(asked: str) -> int:
    found = re.findall(r"\d+", asked.replace("C4", ""))
    return int(found[0])


QUESTIONS: dict[str, Callable[[Other, str], str]] = {
    "key": lambda o, _: f"It is in {_tonic(o)} {_MODES[o.mode]}.",
    "meter": lambda o, _: f"The meter is {o.fields['M']}.",
    "unit": lambda o, _: f"The unit note length is {o.fields['L']}.",
    "bars": lambda o, _: f"It has {_bars(o)} bars.",
    "range": lambda o, _: _range(o),
    "interval": lambda o, asked: _said_interval(o, _number(asked)),
    "chords": lambda o, asked: (
        f"Bar {_number(asked)} has {', '.join(o.full[_number(asked) - 1].chords)}."
    ),
    "cadence": lambda o, asked: _cadence(o, _number(asked)),
    "form": lambda o, _: f"Its form is {_form(o)}.",
    "sections": lambda o, _: _counted(len(o.sections())),
}


def _tonic(other: Other) -> str:
    return other.tonic.replace("#", " sharp").replace("b", " flat")


def _counted(count: int) -> str:
    return f"It has {count} section{'s' * (count != 1)}."


def _signs(other: Other) -> str:
    sharps = int(other.key.sharps)
    name = f"{abs(sharps)} {'sharp' if sharps > 0 else 'flat'}{'s' * (abs(sharps) != 1)}"
    return name if sharps else "no sharps or flats"


def _relative(other: Other) -> str:
    near = other.key.relative
    return f"{near.tonic.name.replace('-', 'b')} {near.mode}"


CHOICES: dict[str, Callable[[Other, str], str]] = {
    "key_signature": lambda o, _: _signs(o),
    "relative_key": lambda o, _: _relative(o),
    "meter_of_bars": lambda o, _: o.fields["M"],
    "interval": lambda o, asked: re.sub(
        r"^.* it is an? | up\.$| down\.$|\.$", "", _said_interval(o, _number(asked))
    ),
    "bars": lambda o, _: str(_bars(o)),
    "highest": lambda o, _: _name(max(o.notes, key=lambda p: p.ps), True),
    "form": lambda o, _: _form(o),
}
# Section signs alone tell the form only where the tune has some, and no endings.
SIGNED = {"form", "sections", "cadence"}


@dataclass
class Tally:
    rows: int = 0
    same: int = 0
    apart: list[str] = field(default_factory=list)


def pieces() -> Iterator[Piece]:
    for name in NAMES:
        found = CORPORA[name].pieces()
        Random(3).shuffle(found)
        for one in found:
            for tune in abc.read(one.data).tunes[:1]:
                made = prepare(tune, id=f"{name}/{one.id}", src=name)
                if isinstance(made, Piece) and made.single and _plain(made.text):
                    yield made


def _plain(text: str) -> bool:
    return re.search(r"\[[KMVP]:|^V:|^P:|^K:none|^K:\S* |^M:none", text, re.M) is None


def _signed(other: Other) -> bool:
    signs = any(":" in bar.before or "||" in bar.before for bar in other.bars[1:])
    return signs and not any(bar.ending for bar in other.bars)


def measure(wanted: int) -> dict[str, Tally]:
    """Rows of every kind until each has so many, or the collections end."""
    tallies = {f"question: {kind}": Tally() for kind in KINDS}
    tallies |= {f"choice: {stem.__name__}": Tally() for stem in STEMS}
    for number, piece in enumerate(pieces()):
        open_kinds = [name for name, tally in tallies.items() if tally.rows < wanted]
        if not open_kinds:
            break
        other = Other(piece.text)
        for name in open_kinds:
            task, kind = name.split(": ")
            if kind in SIGNED and not _signed(other):
                continue
            chance = Random(f"{number}{name}")
            if task == "question":
                found = KINDS[kind](piece, chance)
                asked, answer = (found[0][0], found[1]) if found else ("", "")
                check = QUESTIONS[kind]
            else:
                stem = next(s for s in STEMS if s.__name__ == kind)(piece, chance)
                asked, answer = (stem[0], stem[1]) if stem else ("", "")
                check = CHOICES[kind]
            if answer:
                _count(tallies[name], piece, answer, check(other, asked))
    return tallies


def _count(tally: Tally, piece: Piece, answer: str, other: str) -> None:
    tally.rows += 1
    tally.same += answer == other
    if answer != other:
        tally.apart.append(f"{piece.id}: {answer} / {other}")


def text(tallies: dict[str, Tally]) -> str:
    lines = ["| question | rows | same answer |", "|---|---:|---:|"]
    lines += [f"| {name} | {t.rows} | {t.same} |" for name, t in tallies.items()]
    apart = Counter(name for name, t in tallies.items() for _ in t.apart)
    for name in apart:
        lines += ["", f"{name}, ours and the other:", ""]
        lines += [f"- {line}" for line in islice(tallies[name].apart, 8)]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--write-docs", action="store_true", help="into docs/tasks.md")
    args = parser.parse_args()
    said = text(measure(args.rows))
    print(said)
    if args.write_docs:
        command = "python -m benchmarks.answers --write-docs"
        write_section("Answers checked by another reading", command, said, PAGE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
