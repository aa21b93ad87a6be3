"""Whether ``fix`` restores planted faults, and never changes a note that was right.

Clean tunes (no errors, no warnings, up to 3,000 characters) of all collections are taken at
even distances. Each must stay as it is. Then one fault of each kind is planted into each
tune at a random place, the file gets CR LF or LF line ends, and the tune stands between two
others, which must stay byte for byte. Afterwards a tune is *restored* (sounds, bars and
repeats are those of the right text), *untouched* (it sounds as the damaged one did), *partly*
restored (some notes are, and every note that the damage left right is still right) or *wrong*
(a note that was right is another one, or a neighbour changed). For some faults no repair is
promised, because they have more than one right answer.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from random import Random

from benchmarks.corpora import CORPORA, data_folder
from benchmarks.page import machine, write_section
from benchmarks.planted_faults import KINDS, Planted
from chatmusician import abc

TUNES = 3000
LONGEST = 3000
ROWS = (
    "polish",
    "openewld",
    "ly_bbcarols",
    "ly_bbsongs",
    "ly_mutopia",
    "ly_musikpiraten",
    "ly_psalms",
)
OTHER = 'X:9\nT:neighbour\nM:4/4\nL:1/4\nK:D\n"D"DF A2|FG Bz|\n'

Sounds = dict[str, list[tuple[Fraction, Fraction, int]]]


def collections() -> Iterator[tuple[str, list[bytes]]]:
    """The tunes of each collection, as bytes from X: on."""
    for name, corpus in CORPORA.items():
        yield name, [piece.data for piece in corpus.pieces()]
    with tarfile.open(data_folder() / "openhymnal" / "hymns_abc.tar.gz") as archive:
        members = sorted((m for m in archive if m.name.endswith(".abc")), key=lambda m: m.name)
        files = [archive.extractfile(member) for member in members]
        yield "openhymnal", [file.read() for file in files if file is not None]
    for name in ROWS:
        with gzip.open(data_folder() / name / "abc.jsonl.gz", "rt", encoding="utf-8") as rows:
            yield name, [json.loads(row)["abc"].encode() for row in rows]


def clean_tunes(count: int) -> list[abc.Tune]:
    """Tunes without an error or a warning: the same share of every collection, at even steps."""
    pools = list(collections())
    total = sum(len(pool) for _, pool in pools)
    found: list[abc.Tune] = []
    for number, (_, pool) in enumerate(pools):
        # The large collections would crowd out the many-voiced ones: at least a fixed share.
        share = max(count * len(pool) // total, min(len(pool) // 2, count // 20))
        if number == len(pools) - 1:
            share = count - len(found)
        found += taken(pool, share)
    return found[:count]


def taken(pool: list[bytes], share: int) -> list[abc.Tune]:
    kept: list[abc.Tune] = []
    step = max(1, len(pool) // max(1, share + share // 2))
    order = [i for first in range(step) for i in range(first, len(pool), step)]
    for index in order:
        if len(kept) >= share:
            break
        tune = clean(pool[index])
        if tune is not None:
            kept.append(tune)
    return kept


def clean(data: bytes) -> abc.Tune | None:
    if len(data) > LONGEST or not data.strip():
        return None
    text = abc.read(data).text.replace("\r\n", "\n").rstrip() + "\n"
    tunes = abc.read(text).tunes
    if len(tunes) != 1 or not tunes[0].text.startswith("X:") or tunes[0].text != text:
        return None
    severe = [d for d in abc.check_tune(tunes[0]) if d.severity != "info" or d.mend]
    return tunes[0] if not severe and any(v.tones for v in abc.timeline(tunes[0]).voices) else None


def sounds(text: str) -> tuple[Sounds, object]:
    """Every note of every voice, and the bars with their repeat signs and endings."""
    tune = abc.read(text).tunes[0]
    line = abc.timeline(tune)
    whole = line.resolution
    notes = {
        voice.id: sorted(
            (Fraction(int(t.onset), whole), Fraction(int(t.duration), whole), int(t.pitch))
            for t in voice.tones
        )
        for voice in line.voices
        if voice.tones
    }
    bars = [
        [
            (Fraction(int(m.length), whole), int(m.opens), int(m.closes), m.endings)
            for m in v.measures
        ]
        for v in line.voices
    ]
    return notes, (bars, line.tempo.qpm if line.tempo else None)


def outcome(planted: Planted, random: Random) -> tuple[str, str]:
    """How it ended, and the mended tune.

    ``neighbour`` is another tune that changed; ``partly`` has some notes restored and none
    changed that was right.
    """
    ending = random.choice(("\n", "\r\n"))
    alone = not planted.text.startswith("X:")
    damaged = planted.text.replace("\n", ending)
    other = "" if alone else (OTHER + "\n").replace("\n", ending)
    before, after = other, other and ending + other
    mended = abc.fix(before + damaged + after)[0]
    if not mended.startswith(before) or not mended.endswith(after):
        return "neighbour", mended
    middle = mended[len(before) : len(mended) - len(after)]
    if middle == damaged:
        return "untouched", middle
    result, right = (sounds(text) for text in (middle, planted.right.replace("\n", ending)))
    if result == right:
        return "restored", middle
    bad = sounds(damaged)
    if result[0] == bad[0]:
        return "untouched", middle
    return "wrong" if changed_right_notes(right[0], bad[0], result[0]) else "partly", middle


def changed_right_notes(right: Sounds, bad: Sounds, result: Sounds) -> bool:
    """Whether a note that the damage left right is another one now, or gone."""
    for name in right:
        kept = Counter(right[name]) & Counter(bad.get(name, []))
        if kept - Counter(result.get(name, [])):
            return True
    return False


def first_difference(planted: Planted, result: str) -> str:
    """The first damaged line, how it should be and how it came out."""
    bad, right, now = (text.splitlines() for text in (planted.text, planted.right, result))
    for one, other, out in zip(bad, right, now, strict=False):
        if out != other:
            return f"  damaged {one}\n  right   {other}\n  mended  {out}"
    return planted.text[:200]


def report(count: int, kinds: list[str], seed: int, show: int) -> str:
    tunes = clean_tunes(count)
    changed = sum(abc.fix(tune.text)[0] != tune.text for tune in tunes)
    voices = sum(len([v for v in abc.timeline(t).voices if v.tones]) > 1 for t in tunes)
    lines = [
        f"{len(tunes)} clean tunes, {voices} with several voices; {changed} changed by `fix`.",
        "",
        "| planted | promised | tunes | restored | partly | untouched | wrong |",
        "|---|---|---|---|---|---|---|",
    ]
    print(lines[0], flush=True)
    for kind in kinds:
        plant, promised = KINDS[kind]
        results: Counter[str] = Counter()
        for number, tune in enumerate(tunes):
            random = Random(f"{seed} {kind} {number}")
            planted = plant(tune, random)
            if planted is None or planted.text == planted.right:
                continue
            found, result = outcome(planted, random)
            results[found] += 1
            if found != "restored" and promised | (found != "untouched") and results[found] <= show:
                print(f"{kind}: {found}\n{first_difference(planted, result)}", file=sys.stderr)
        lines.append(row(kind, promised, results))
        print(lines[-1], flush=True)
    return "\n".join(lines)


def row(kind: str, promised: bool, results: Counter[str]) -> str:
    total = sum(results.values())
    shares = [
        f"{100 * results[name] / total:.1f} %" if total else "-"
        for name in ("restored", "partly", "untouched")
    ]
    wrong = results["wrong"] + results["neighbour"]
    name = kind.replace("|", "\\|")
    return f"| {name} | {'yes' if promised else 'no'} | {total} | {' | '.join(shares)} | {wrong} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tunes", type=int, default=TUNES, help="number of clean tunes")
    parser.add_argument("--kinds", nargs="*", default=[], help="parts of the names of kinds")
    parser.add_argument("--seed", type=int, default=1, help="of the planter")
    parser.add_argument("--show", type=int, default=0, help="print the first N tunes not restored")
    parser.add_argument("--write-docs", action="store_true", help="put the table into docs")
    args = parser.parse_args()
    kinds = [kind for kind in KINDS if not args.kinds or any(part in kind for part in args.kinds)]
    text = report(args.tunes, kinds, args.seed, args.show)
    if args.write_docs:
        about = (__doc__ or "").partition("\n")[2].strip()
        command = "python -m benchmarks.fix_faults --write-docs"
        write_section("Planted faults and `--fix`", command, f"{about}\n\n{machine()} {text}")


if __name__ == "__main__":
    main()
