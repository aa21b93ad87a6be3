"""ABC to MusicXML and back: does the music stay? Counted tune by tune.

A tune is equal when ``to_events`` of what comes back has the same notes, bars, key and meter
changes, chord symbols and words in every voice that has bars, and the same order of playing.
For the chorales the first MusicXML is read, written and read again; all their notes must stay.
"""

from __future__ import annotations

import argparse
import json
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.corpora import CORPORA, data_folder
from benchmarks.page import PAGE, write_section
from chatmusician import abc
from chatmusician.abc.events import tune_events
from chatmusician.abc.fields import parse_key
from chatmusician.abc.imports import from_musicxml, from_mxl
from chatmusician.abc.musicxml import to_musicxml
from chatmusician.abc.signs import key_signature, key_text
from chatmusician.abc.tune import Chord, ChordSymbol, Field
from chatmusician.errors import ChatMusicianError, InputError
from chatmusician.music.meter import parse_meter

COLLECTIONS = ("nottingham", "oneills", "ryans", "airds")
CASES = "visible cases"
CHORALES = "Bach chorales"
Shape = dict[str, Any]


def shape(tune: abc.Tune) -> Shape:
    """What must stay, each part of it in a form that two spellings of it share."""
    events = tune_events(tune)
    voices = [voice for voice in events["voices"] if voice["bars"] or voice["notes"]]
    return {
        "notes": [voice["notes"] for voice in voices],
        "bars": [voice["bars"] for voice in voices],
        "key": [keys(tune, voice["keys"]) for voice in voices],
        "meter": [
            changes([[at, meter(name)] for at, name in v["meters"]], meter(events["meter"]))
            for v in voices
        ],
        "playing order": events["expanded"],
        "chord symbols": [
            [[at, " ".join(text.split())] for at, text in v["chord_symbols"]] for v in voices
        ],
        "words": [
            [[[at, " ".join(t.split())] for at, t in verse] for verse in verses(v)] for v in voices
        ],
    }


def keys(tune: abc.Tune, found: list[list[str]]) -> list[Any]:
    """The keys of a voice: name and signature, however they are written."""
    named = changes(found, key_text(abc.timeline(tune).key))
    return [(at, parse_key(text).name, key_signature(parse_key(text))) for at, text in named]


def meter(name: str) -> str:
    found = parse_meter(name)
    return "none" if found.free else f"{found.num}/{found.den}"


def verses(voice: Shape) -> list[list[list[str]]]:
    return [verse for verse in voice.get("verses", [voice["lyrics"]]) if verse]


def changes(found: list[list[str]], first: str) -> list[list[str]]:
    """What holds from the start, and the changes that change something."""
    kept = [["0", first]]
    for at, text in found:
        if at == kept[-1][0]:
            kept[-1][1] = text
        elif text != kept[-1][1]:
            kept.append([at, text])
    return kept


def differences(tune: abc.Tune) -> str:
    """In what the tune that comes back differs, and why; empty where it is equal."""
    back = abc.read(from_musicxml(to_musicxml(tune))).tunes[0]
    before, after = shape(tune), shape(back)
    found = [name for name in before if before[name] != after[name]]
    return f"{cause(tune)} ({', '.join(found)})" if found else ""


def cause(tune: abc.Tune) -> str:
    """What the tune has that MusicXML cannot hold, or that the way back reads otherwise."""
    for element in tune.elements:
        if isinstance(element, Chord) and len({(n.num, n.den) for n in element.notes}) > 1:
            return "a chord whose notes differ in length: they come back one by one"
        if isinstance(element, ChordSymbol) and (not element.text or " " in element.text):
            return "a chord symbol that is blank, or has a blank inside"
    if len(abc.timeline(tune).voices) > 1 and any(
        isinstance(e, Field) and e.letter == "P" for e in tune.elements
    ):
        return "`P:` in several voices: it comes back in the first"
    return "not known"


def chorale_differences(data: bytes) -> str:
    """Whether the notes of any voice of a score are others when it comes back."""
    first = from_mxl(data)
    again = from_musicxml(to_musicxml(abc.read(first).tunes[0]))
    one, other = (
        [voice["notes"] for voice in tune_events(abc.read(text).tunes[0])["voices"]]
        for text in (first, again)
    )
    return "" if one == other else "notes"


def collection(name: str, step: int) -> Iterator[tuple[str, str]]:
    for piece in CORPORA[name].pieces()[::step]:
        for tune in abc.read(piece.data).tunes:
            yield piece.id, judged(differences, tune)


def cases(path: Path) -> Iterator[tuple[str, str]]:
    for case in json.loads(path.read_text(encoding="utf-8")):
        for tune in abc.read(case["abc"]).tunes:
            yield case["id"], judged(differences, tune)


def chorales(step: int) -> Iterator[tuple[str, str]]:
    path = data_folder() / "music21_corpus" / "bach_chorales_mxl.tar.gz"
    if not path.is_file():
        raise InputError(f"no file {path}")
    with tarfile.open(path) as archive:
        found = sorted((m for m in archive if m.name.endswith(".mxl")), key=lambda m: m.name)
        for member in found[::step]:
            content = archive.extractfile(member)
            if content is not None:
                yield Path(member.name).stem, judged(chorale_differences, content.read())


def judged(compare: Callable[[Any], str], source: object) -> str:
    try:
        return compare(source)
    except ChatMusicianError as error:
        return f"refused: {error}"


def row(title: str, results: Iterator[tuple[str, str]]) -> tuple[str, list[tuple[str, str]]]:
    """A row of the table, and the exceptions."""
    count = 0
    wrong: list[tuple[str, str]] = []
    for id, found in results:
        count += 1
        if found:
            wrong.append((id, found))
    equal = count - len(wrong)
    share = f"{100 * equal / count:.2f} %" if count else "-"
    return f"| {title} | {count} | {equal} ({share}) | {len(wrong)} |", wrong


def report(step: int, cases_file: Path | None, only: list[str]) -> str:
    lines = ["| collection | tunes | equal | different |", "|---|---|---|---|"]
    wrong: list[tuple[str, str, str]] = []
    sources = [(n, CORPORA[n].title, collection(n, step)) for n in COLLECTIONS]
    if cases_file:
        sources.append(("cases", CASES, cases(cases_file)))
    sources.append(("chorales", CHORALES, chorales(step)))
    for name, title, results in sources:
        if only and name not in only:
            continue
        line, found = row(title, results)
        print(line, flush=True)
        lines.append(line)
        wrong += [(title, id, cause) for id, cause in found]
    if wrong:
        lines += ["", "| why (what differs) | tunes | which |", "|---|---|---|"]
    for cause, number in Counter(cause for _, _, cause in wrong).most_common():
        ids = ", ".join(f"{title} {id}" for title, id, why in wrong if why == cause)
        lines.append(f"| {cause} | {number} | {ids} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--step", type=int, default=1, help="read only every STEP-th tune")
    parser.add_argument("--only", nargs="*", default=[], help="collections; cases; chorales")
    parser.add_argument("--cases", type=Path, help="a JSON file of cases with id and abc")
    parser.add_argument("--write-docs", action="store_true", help="put the table into docs")
    args = parser.parse_args()
    text = report(args.step, args.cases, args.only)
    print(text)
    if args.write_docs:
        text = f"{(__doc__ or '').partition(chr(10))[2].strip()}\n\n{text}"
        command = "python -m benchmarks.musicxml_roundtrip --cases CASES --write-docs"
        page = PAGE.with_name("imports.md")
        write_section("ABC to MusicXML and back", command, text, page)


if __name__ == "__main__":
    main()
