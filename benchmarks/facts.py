"""How often `describe` is right: facts of held-out tunes from their MIDI, and from their sound.

python -m benchmarks.facts [--book FILE] [--tunes N] [--sounds N] [--seed N]
"""

from __future__ import annotations

import argparse
import itertools
import random
import tempfile
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from benchmarks.corpora import CORPORA
from chatmusician import abc
from chatmusician.abc.midi import Options, to_midi
from chatmusician.abc.sound import render_sound
from chatmusician.abc.tune import Tune
from chatmusician.errors import ChatMusicianError
from chatmusician.eval.intervals import mean, share
from chatmusician.music.chords import parse_chord
from chatmusician.transcription.facts import Piece, read_piece
from chatmusician.transcription.facts.chords import Sounding, chords_in_time
from chatmusician.transcription.facts.source import of_tune

COLLECTIONS = ("nottingham", "thesession", "folkwiki", "oneills")


def tunes(count: int, chance: random.Random, book: str) -> Iterator[Tune]:
    """Tunes in one key and one meter, of an ABC file or of the collections."""
    made = 0
    for tune in _of_book(book, chance) if book else _of_collections(chance):
        try:
            piece = of_tune(tune, "")
        except ChatMusicianError:
            continue
        voices = piece.line.voices
        plain = len(voices) == 1 and not voices[0].meters and not voices[0].keys
        if plain and not piece.line.meter.free and piece.line.key.tonic and len(piece.bars) >= 8:
            yield tune
            made += 1
        if made == count:
            return


def _of_book(path: str, chance: random.Random) -> Iterator[Tune]:
    """Those with chord symbols first: few have them."""
    found = list(abc.read(Path(path).read_bytes()).tunes)
    chance.shuffle(found)
    found.sort(key=lambda tune: not any(v.chord_symbols for v in abc.timeline(tune).voices[:1]))
    yield from found


def _of_collections(chance: random.Random) -> Iterator[Tune]:
    """Half of them with chord symbols, the collections in turn."""
    names = {
        name: [(f"{name} {p.id}", p.data) for p in CORPORA[name].pieces()] for name in COLLECTIONS
    }
    for rows in names.values():
        chance.shuffle(rows)
    order = ["nottingham", *COLLECTIONS[1:], "nottingham", "nottingham"]
    for number in itertools.count():
        _, data = names[order[number % len(order)]].pop()
        found = abc.read(data).tunes
        if found:
            yield found[0]


def agreement(stated: Sequence[Sounding], found: Sequence[Sounding]) -> tuple[float, float] | None:
    """The share of the time of named chords in which the same chord, and triad, is found."""
    same = triad = whole = 0.0
    for one in stated:
        kind = parse_chord(one.symbol)
        if kind is None or not kind.intervals:
            continue
        whole += one.end - one.start
        for other in found:
            shared = min(one.end, other.end) - max(one.start, other.start)
            heard = parse_chord(other.symbol)
            if shared > 0 and heard is not None and heard.root == kind.root:
                same += shared * (heard.intervals == kind.intervals)
                triad += shared * ((3 in heard.intervals) == (3 in kind.intervals))
    return (same / whole, triad / whole) if whole else None


class Tally:
    def __init__(self) -> None:
        self.right: dict[str, list[bool]] = {}
        self.parts: dict[str, list[float]] = {}

    def see(self, stated: Piece, found: Piece) -> None:
        ratio = (found.tempo or 0) / (stated.tempo or 1)
        rows = {
            "tempo within 4 %": abs(ratio - 1) <= 0.04,
            "tempo, ×2 ×3 ÷2 ÷3 allowed": any(
                abs(ratio * k - 1) <= 0.04 for k in (1, 2, 3, 1 / 2, 1 / 3)
            ),
            "key: tonic and mode": found.line.key.name == stated.line.key.name,
            "key: signature": found.line.key.accidentals == stated.line.key.accidentals,
            "meter": found.line.meter.name == stated.line.meter.name,
        }
        for name, right in rows.items():
            self.right.setdefault(name, []).append(right)
        agreed = agreement(chords_in_time(stated), chords_in_time(found))
        if agreed is not None:
            for name, part in zip(("chords, exact", "chords, triad"), agreed, strict=True):
                self.parts.setdefault(name, []).append(part)

    def rows(self) -> Iterator[str]:
        for name, right in self.right.items():
            found = share(sum(right), len(right))
            yield f"| {name} | {found.value:.3f} ({found.low:.3f}–{found.high:.3f}) | {found.n} |"
        for name, parts in self.parts.items():
            found = mean(parts)
            yield f"| {name} | {found.value:.3f} ({found.low:.3f}–{found.high:.3f}) | {found.n} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tunes", type=int, default=200)
    parser.add_argument("--sounds", type=int, default=40, help="of them, heard as sound as well")
    parser.add_argument("--book", default="", help="an ABC file of tunes to take instead")
    parser.add_argument("--seed", type=int, default=3)
    args = parser.parse_args()
    chance = random.Random(args.seed)
    by_midi, by_sound = Tally(), Tally()
    with tempfile.TemporaryDirectory() as made:
        midi, wav = Path(made, "a.mid"), Path(made, "a.wav")
        for number, tune in enumerate(tunes(args.tunes, chance, args.book)):
            # The tempo a tune states is hardly ever read off its notes; any will do.
            beat = of_tune(tune, "").beat
            tempo = chance.choice((1, 1.5)) * chance.uniform(62, 118)
            stated = of_tune(_at(tune, tempo, beat), "")
            midi.write_bytes(to_midi(stated.tune, Options(swing=False)))
            by_midi.see(stated, read_piece(str(midi)))
            if number < args.sounds:
                wav.write_bytes(render_sound(midi.read_bytes()).data)
                by_sound.see(stated, read_piece(str(wav)))
    tallies = {"from MIDI": by_midi} | ({"from piano sound": by_sound} if args.sounds else {})
    for title, tally in tallies.items():
        print(f"| {title} | right | n |\n|---|---|---|")
        print("\n".join(tally.rows()) + "\n")


def _at(tune: Tune, tempo: float, beat: Fraction) -> Tune:
    """The tune with a Q: of its own, in whole beats a minute."""
    length = beat / 4
    kept = [line for line in abc.canonical(tune).split("\n") if not line.startswith("Q:")]
    at = next(i for i, line in enumerate(kept) if line.startswith("K:"))
    kept.insert(at, f"Q:{length}={round(tempo)}")
    return abc.read("\n".join(kept)).tunes[0]


if __name__ == "__main__":
    main()
