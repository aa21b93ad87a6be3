"""Train what transcription knows of rhythm, durations and keys from the tune collections.

    python -m scripts.train_rhythm tunes FOLDER      # read, split by tune family: a cache
    python -m scripts.train_rhythm textures FOLDER   # pieces of several voices: another cache
    python -m scripts.train_rhythm learn FOLDER      # tables, then the networks: rhythm.npz

The collections are those of ``benchmarks/corpora.py`` (CHATMUSICIAN_DATA). 6 % of the tune
families are held out for tests and 6 % for development; FOLDER receives them as test.abc and
dev.abc. Nothing is learned from either.
"""

from __future__ import annotations

import argparse
import math
import pickle
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np

from benchmarks.corpora import CORPORA
from chatmusician import abc
from chatmusician.abc.analysis import melody
from chatmusician.errors import ChatMusicianError
from chatmusician.eval.transcription.performer import FASTEST, QUICKEST, SLOWEST
from chatmusician.eval.transcription.truth import Truth, truth_of
from chatmusician.eval.transcription.tunes import FEWEST_BARS, FEWEST_NOTES
from chatmusician.model.score_text import first_error
from chatmusician.music.meter import beat_in_quarters
from chatmusician.train.corpus.families import families, held_out, runs_of
from chatmusician.transcription.rhythm.features import WIDTH, features
from chatmusician.transcription.rhythm.network import (
    CELL,
    CELLS,
    CLASSES,
    DILATIONS,
    FIRST,
    KERNEL,
    WRONG,
)
from chatmusician.transcription.tonality import MODES, PARTS, Sounding, evidence, signature_of
from chatmusician.transcription.written import METERS
from scripts.rhythm_accompaniment import accompanied
from scripts.rhythm_textures import Texture, read_textures, sounding

HIDDEN: Final = 96
BATCH: Final = 32
LONGEST: Final = 300
# How often a piece of several voices is shown.
TEXTURES: Final = 0.2
# How often a tune is given an accompaniment.
ACCOMPANIED: Final = 0.35
STARTS: Final = tuple(FIRST.values())
SIMPLE: Final = ("2/4", "3/4", "4/4", "2/2")
PLACES: Final = {
    "simple": (24, (0, 6, 12, 18, 8, 16, 3, 21)),
    "compound": (36, (0, 12, 24, 6, 18, 30)),
}
TEST_SEED, DEV_SEED, SHARE = 7, 8, 0.06
# Wrong levels at which a grid is shown beside the right one.
LEVELS: Final = (0.5, 0.5, 2, 1.5, 2 / 3)

Row = tuple[str, str, bytes, Truth, Truth]


# -- tunes ----------------------------------------------------------------------


def read_tunes(folder: Path) -> None:
    found: list[tuple[str, str, bytes, Truth, Truth]] = []
    runs, titles = [], []
    for name, corpus in CORPORA.items():
        pieces = type(corpus)(corpus.name, corpus.title, corpus.load, None).pieces()
        for piece in pieces:
            try:
                tune = abc.read(piece.data).tunes[0]
                played, written = truth_of(tune), truth_of(tune, repeats=False)
            except (IndexError, ChatMusicianError):
                continue
            if first_error(tune) or played is None or written is None:
                continue
            if len(written.notes) < FEWEST_NOTES or len(written.bars) < FEWEST_BARS:
                continue
            found.append((f"{name}/{piece.id}", tune.title, piece.data, written, played))
            runs.append(runs_of(melody(abc.timeline(tune))))
            titles.append([tune.title])
        print(f"{name}: {len(found)} tunes so far", flush=True)
    numbers = families(runs, titles)
    names = [row[0] for row in found]
    test = held_out(numbers, names, SHARE, TEST_SEED)
    dev = held_out(numbers, names, SHARE, DEV_SEED)
    sides: dict[str, list[Row]] = {"train": [], "dev": [], "test": []}
    for row, in_test, in_dev in zip(found, test, dev, strict=True):
        if row[4].meter in METERS:
            sides["test" if in_test else "dev" if in_dev else "train"].append(row)
    folder.mkdir(parents=True, exist_ok=True)
    for side, rows in sides.items():
        Random(1).shuffle(rows)
        (folder / f"{side}.pickle").write_bytes(pickle.dumps(rows))
        if side != "train":
            (folder / f"{side}.abc").write_text(_book(rows), encoding="utf-8")
        print(f"{side}: {len(rows)} tunes")


def _book(rows: Sequence[Row]) -> str:
    texts = []
    for number, row in enumerate(rows, 1):
        text = row[2].decode("utf-8", "replace").replace("\r\n", "\n").strip()
        text = re.sub(r"\n\s*\n+", "\n", text)
        texts.append(re.sub(r"^X:.*", f"X:{number}", text, count=1, flags=re.M))
    return "\n\n".join(texts) + "\n"


# -- tables ---------------------------------------------------------------------


def step_tables(truths: Sequence[Truth]) -> dict[str, Any]:
    """How often each place in a beat follows each other one, by kind of beat."""
    found: dict[str, Any] = {}
    for kind, (beat, places) in PLACES.items():
        index = {place: at for at, place in enumerate(places)}
        steps = np.zeros((len(places), len(places), 9))
        start = np.zeros(len(places))
        for truth in truths:
            if (truth.meter in SIMPLE) != (kind == "simple"):
                continue
            before = None
            for note in truth.notes:
                units = (note.onset - truth.bars[0]) * 24
                if units.denominator != 1 or int(units) % beat not in index:
                    before = None
                    continue
                now = int(units)
                if before is None:
                    start[index[now % beat]] += 1
                elif now > before:
                    beats = min(8, now // beat - before // beat)
                    steps[index[before % beat], index[now % beat], beats] += 1
                before = now
        found |= {
            f"{kind}.places": np.array(places),
            f"{kind}.steps": steps,
            f"{kind}.start": start,
        }
    return found


def duration_table(truths: Sequence[Truth]) -> Any:
    """(units to the next onset, units of the note, log probability)."""
    counts: Counter[tuple[int, int]] = Counter()
    for truth in truths:
        for note, following in zip(truth.notes, truth.notes[1:], strict=False):
            gap, length = (following.onset - note.onset) * 24, note.duration * 24
            if gap.denominator == length.denominator == 1 and 0 < length <= gap:
                counts[int(gap), int(length)] += 1
    total: Counter[int] = Counter()
    for (units, _), count in counts.items():
        total[units] += count
    rows = [
        (units, own, math.log((count + 0.5) / (total[units] + 1)))
        for (units, own), count in sorted(counts.items())
        if units == own or (total[units] >= 30 and count >= 2)
    ]
    return np.array(rows, np.float32)


_MODE: Final = {name: name for name in MODES} | {"ionian": "major", "aeolian": "minor"}


def learn_keys(truths: Sequence[Truth], torch: Any) -> dict[str, Any]:
    """The loss is of the signature more than of tonic and mode, which collections name at will."""
    rows, wanted, signatures = [], [], []
    for truth in truths:
        if truth.mode not in _MODE or truth.tonic < 0:
            continue
        notes = [Sounding(n.onset, n.duration, n.pitch, n.bar, n.place) for n in truth.notes]
        rows.append(evidence(notes, beat_in_quarters(truth.meter)))
        signatures.append((truth.fifths + 6) % 12)
        wanted.append(truth.tonic * len(MODES) + MODES.index(_MODE[truth.mode]))
    torch.manual_seed(0)
    nn = torch.nn
    net = nn.Sequential(nn.Linear(PARTS * 12, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 4))
    seen = torch.tensor(np.array(rows), dtype=torch.float32)
    right, signed = torch.tensor(wanted), torch.tensor(signatures)
    # Which signature each tonic and mode has.
    written = torch.zeros(12 * len(MODES), 12)
    for at in range(len(written)):
        written[at, (signature_of(at // len(MODES), MODES[at % len(MODES)]) + 6) % 12] = 1
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3, weight_decay=1e-5)
    chance = torch.Generator().manual_seed(0)
    epochs = 25
    for epoch in range(epochs):
        order = torch.randperm(len(seen), generator=chance)
        for group in optimizer.param_groups:
            group["lr"] = 3e-3 * (0.5 + 0.5 * math.cos(math.pi * epoch / epochs))
        for at in range(0, len(seen), 128):
            some = order[at : at + 128]
            turned = [torch.roll(seen[some], -t, 2).flatten(1) for t in range(12)]
            logs = torch.log_softmax(net(torch.stack(turned, 1)).flatten(1), 1)
            loss = 0.3 * nn.functional.nll_loss(logs, right[some])
            summed = (logs.exp() @ written + 1e-9).log()
            loss += 0.7 * nn.functional.nll_loss(summed, signed[some])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    names = {"key.in": net[0].weight, "key.in.bias": net[0].bias}
    names |= {"key.out": net[3].weight, "key.out.bias": net[3].bias}
    return {f"table.{name}": value.detach().numpy() for name, value in names.items()}


# -- the network of rhythm --------------------------------------------------------


def sample(truth: Truth, random: Random) -> Texture:
    """A tune: alone, with the accompaniment of its chord symbols, or with one of ours."""
    meter = truth.meter.replace("2/2", "4/4")
    begun: dict[Any, set[int]] = {}
    if random.random() < ACCOMPANIED:
        begun = accompanied(truth, random)
    else:
        for note in truth.notes:
            begun.setdefault(note.onset, set()).add(note.pitch)
        if random.random() < 0.5:
            for onset, _, pitch in truth.chords:
                begun.setdefault(onset, set()).add(pitch)
    order = sorted(begun)
    places = {note.onset: note.place for note in truth.notes}
    bars = np.array([float(bar) for bar in truth.bars])
    cells = []
    for onset in order:
        bar = bars[np.searchsorted(bars, float(onset), side="right") - 1]
        place = float(places.get(onset, float(onset) - bar))
        cells.append(min(int(place * 4 + 1e-6), CELLS[meter] - 1))
    units = np.array([float(onset - truth.bars[0]) * 24 for onset in order])
    return Texture("", sounding(begun, order, units), units, FIRST[meter] + np.array(cells))


Read = tuple[Any, Any, Any]


def augmented(piece: Texture, random: Random) -> tuple[Read, Read] | None:
    """A stretch of a piece read at the right level, and at a wrong one: features, classes and
    units of each. It is at some tempo, and sometimes the grid slips."""
    onsets, units, classes = piece.onsets, piece.units, piece.classes
    if len(units) > LONGEST:
        at = random.randrange(len(units) - LONGEST)
        onsets = onsets.between(at, at + LONGEST)
        units, classes = units[at : at + LONGEST], classes[at : at + LONGEST]
    if piece.quarter:
        qpm = 60 / piece.quarter * math.exp(random.gauss(0, 0.1))
    else:
        quick = np.percentile(np.diff(units), 10) / 24
        fastest = min(FASTEST, 60 * quick / QUICKEST)
        qpm = math.exp(random.uniform(math.log(min(SLOWEST, 0.8 * fastest)), math.log(fastest)))
    if random.random() < 0.35:
        for _ in range(random.randint(1, 3)):
            at = random.randrange(1, len(units))
            slip = random.choice((-12, -6, -4, -3, 3, 4, 6, 12))
            if slip > 0 or units[at] - units[at - 1] > -slip:
                units = units.copy()
                units[at:] += slip
    found: list[Read] = []
    for level in (1.0, random.choice(LEVELS), 2.0):
        read = np.round(units * level).astype(int)
        if len(found) < 2 and np.all(np.diff(read) > 0):
            own = classes if level == 1 else np.full(len(classes), WRONG)
            found.append((features(onsets, read, 60 / qpm / level), own, read))
    return (found[0], found[1]) if len(found) == 2 and found[0][1][0] != WRONG else None


def hypotheses(units: Any) -> Any:
    """For each onset its class under each meter and bar phase."""
    cells = units[:, None] // CELL
    columns = [FIRST[meter] + (cells + np.arange(size)) % size for meter, size in CELLS.items()]
    return np.concatenate(columns, 1)


def drawn(row: Row, textures: Sequence[Texture], weights: Any, random: Random) -> Texture:
    """The tune, once or with its repeats; or, that often, a piece of several voices instead."""
    if textures and random.random() < TEXTURES:
        return random.choices(textures, cum_weights=weights)[0]
    return sample(random.choice(row[3:5]), random)


def evened(textures: Sequence[Texture]) -> Any:
    """Sums of weights by which collections in one meter are drawn as the root of their number."""
    kinds = [
        (one.id.split("/")[0], int(np.searchsorted(STARTS, one.classes[0], "right")))
        for one in textures
    ]
    number = Counter(kinds)
    return np.cumsum([number[kind] ** -0.5 for kind in kinds])


def batches(
    rows: Sequence[Row], textures: Sequence[Texture], random: Random, torch: Any
) -> Iterator[tuple[Any, ...]]:
    order = list(rows)
    random.shuffle(order)
    weights = evened(textures)
    for at in range(0, len(order), BATCH * 8):
        some = order[at : at + BATCH * 8]
        made = [augmented(drawn(row, textures, weights, random), random) for row in some]
        kept = sorted((one for one in made if one is not None), key=lambda one: len(one[0][1]))
        groups = [kept[i : i + BATCH // 2] for i in range(0, len(kept), BATCH // 2)]
        random.shuffle(groups)
        for group in groups:
            yield tuple(torch.from_numpy(array) for array in _padded(group))


def _padded(group: Sequence[tuple[Read, Read]]) -> tuple[Any, ...]:
    """Features, classes (-100 where there is no onset), classes under each hypothesis, and for
    each pair of readings the right hypothesis (-100 where the grid slips too much)."""
    longest = max(len(right[1]) for right, _ in group)
    seen = np.zeros((2 * len(group), longest, WIDTH), np.float32)
    right = np.full((2 * len(group), longest), -100)
    under = np.zeros((2 * len(group), longest, WRONG), np.int64)
    whole = np.full(len(group), -100)
    for at, (rows, classes, units) in enumerate(one for pair in group for one in pair):
        seen[at, : len(rows)], right[at, : len(rows)] = rows, classes
        under[at, : len(rows)] = hypotheses(units)
        hits = (hypotheses(units) == classes[:, None]).mean(0)
        if hits.max() > 0.97:
            whole[at // 2] = hits.argmax()
    return seen, right, under, whole


def network(torch: Any) -> Any:
    nn = torch.nn

    class Net(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.inn = nn.Linear(WIDTH, HIDDEN)
            reach = KERNEL // 2
            self.conv = nn.ModuleList(
                nn.Conv1d(HIDDEN, HIDDEN, KERNEL, dilation=d, padding=d * reach) for d in DILATIONS
            )
            self.mix = nn.ModuleList(nn.Linear(HIDDEN, HIDDEN) for _ in DILATIONS)
            self.pool = nn.ModuleList(nn.Linear(HIDDEN, HIDDEN) for _ in DILATIONS)
            self.out = nn.Linear(HIDDEN, CLASSES)
            self.drop = nn.Dropout(0.1)

        def forward(self, rows: Any, mask: Any) -> Any:
            relu, wide = nn.functional.relu, mask[..., None]
            hidden = relu(self.inn(rows)) * wide
            for conv, mix, pool in zip(self.conv, self.mix, self.pool, strict=True):
                inner = relu(conv(hidden.transpose(1, 2)).transpose(1, 2)) * wide
                pooled = pool(inner.sum(1) / mask.sum(1, keepdim=True))
                hidden = (hidden + mix(self.drop(inner)) + pooled[:, None]) * wide
            return self.out(self.drop(relu(hidden)))

    return Net()


def stored(net: Any) -> dict[str, Any]:
    """Weights under the names that ``rhythm/network.py`` reads."""
    found = {}
    for name, value in net.state_dict().items():
        plain = re.sub(r"^(conv|mix|pool)\.(\d)", r"\1\2", name).replace("inn.", "in.")
        found[f"net.{plain}"] = value.numpy().astype(np.float16)
    return found


def loss_of(net: Any, batch: tuple[Any, ...], torch: Any) -> tuple[Any, float]:
    """Each onset's own class, and the whole tune's level, meter and bar phase, as ``choose`` finds
    them; the second is the share of tunes in which that is found."""
    seen, right, under, whole = batch
    cross_entropy = torch.nn.functional.cross_entropy
    mask = (right >= 0).float()
    scores = net(seen, mask)
    loss = cross_entropy(scores.flatten(0, 1), right.flatten(), ignore_index=-100)
    known = whole >= 0
    if not known.any():
        return loss, 0.0
    logs = torch.gather(torch.log_softmax(scores, -1), 2, under) * mask[..., None]
    sums = (logs.sum(1) / mask.sum(1, keepdim=True)).reshape(len(whole), -1)[known]
    found = float((sums.argmax(1) == whole[known]).float().mean())
    return loss + 0.5 * cross_entropy(20 * sums, whole[known]), found


def resumed(net: Any, start: Path, torch: Any) -> dict[str, Any]:
    """Begin with the weights of an earlier run, as ``stored`` wrote them; returns its tables."""
    with np.load(start) as arrays:
        old = {name: arrays[name] for name in arrays.files}
    weights = {}
    for name in [name for name in old if name.startswith("net.")]:
        own = re.sub(r"^in\.", "inn.", name.removeprefix("net."))
        own = re.sub(r"^(conv|mix|pool)(\d)", r"\1.\2", own)
        weights[own] = old.pop(name).astype(np.float32)
    state = net.state_dict()
    for name, value in weights.items():
        if state[name].shape != value.shape:
            # New units begin as they are drawn but add nothing; new inputs count for nothing.
            grown = state[name].numpy().copy()
            if not name.startswith(("inn", "conv")):
                grown[:] = 0
            old_part = tuple(slice(size) for size in value.shape)
            for axis in range(1, value.ndim):
                index = [slice(None)] * value.ndim
                index[0], index[axis] = old_part[0], slice(value.shape[axis], None)
                grown[tuple(index)] = 0
            grown[old_part] = value
            value = grown
        state[name] = torch.from_numpy(value)
    net.load_state_dict(state)
    return old


def learn(folder: Path, steps: int, output: Path, start: Path | None, rate: float) -> None:
    import torch

    torch.set_num_threads(1)
    rows: list[Row] = pickle.loads((folder / "train.pickle").read_bytes())
    rare = [row for row in rows if row[4].meter in ("9/8", "12/8")]
    cached = folder / "textures.pickle"
    textures: list[Texture] = pickle.loads(cached.read_bytes()) if cached.is_file() else []
    torch.manual_seed(0)
    net, random = network(torch), Random(5)
    truths = [row[4] for row in rows]
    if start:
        tables = resumed(net, start, torch)
    else:
        tables = step_tables(truths) | {"table.durations": duration_table(truths)}
    tables |= learn_keys(truths, torch)
    if not steps:
        np.savez_compressed(output, **stored(net), **tables)
    optimizer = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=0.01)
    done, began = 0, time.monotonic()
    while done < steps:
        for batch in batches(rows + rare, textures, random, torch):
            if done == steps:
                break
            part = done / steps
            for group in optimizer.param_groups:
                group["lr"] = rate * min(1, part / 0.05) * (0.5 + 0.5 * math.cos(math.pi * part))
            loss, found = loss_of(net, batch, torch)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            done += 1
            if done % 100 == 0:
                clock = time.monotonic() - began
                print(f"{done} {float(loss):.3f} {found:.3f} {clock:.0f} s", flush=True)
            if done % 1000 == 0 or done == steps:
                np.savez_compressed(output, **stored(net), **tables)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("what", choices=("tunes", "textures", "learn"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=8000)
    parser.add_argument("--rate", type=float, default=3e-3, help="the highest learning rate")
    parser.add_argument("--start", type=Path, help="an earlier rhythm.npz to go on from")
    resources = Path(__file__).resolve().parent.parent / "chatmusician" / "resources"
    parser.add_argument("--output", type=Path, default=resources / "transcription" / "rhythm.npz")
    args = parser.parse_args()
    if args.what == "tunes":
        read_tunes(args.folder)
    elif args.what == "textures":
        args.folder.mkdir(parents=True, exist_ok=True)
        found = read_textures()
        (args.folder / "textures.pickle").write_bytes(pickle.dumps(found))
        print(f"{len(found)} pieces")
    else:
        learn(args.folder, args.steps, args.output, args.start, args.rate)
    return 0


if __name__ == "__main__":
    sys.exit(main())
