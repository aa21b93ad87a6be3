"""MusicXML, plain or compressed, to ABC."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from collections.abc import Iterator
from fractions import Fraction
from typing import Final
from xml.etree.ElementTree import Element

from chatmusician.abc.imports.assemble import assemble
from chatmusician.abc.imports.draft import Draft, DraftVoice, Timed
from chatmusician.abc.imports.musicxml_cursor import Change, MeasureDraft
from chatmusician.abc.imports.musicxml_marks import text_of, text_of_self, voice_order
from chatmusician.abc.imports.musicxml_part import PartReader
from chatmusician.abc.imports.musicxml_voices import (
    own_measures,
    score_directive,
    voice_places,
)
from chatmusician.abc.imports.part_groups import part_groups
from chatmusician.abc.imports.xml_tree import parse, unzip_score
from chatmusician.abc.pieces import Piece
from chatmusician.errors import InputError, LimitError

MAX_PARTS: Final = 200
MAX_VOICES: Final = 250
MAX_MEASURES: Final = 20_000

# What our own MusicXML says of a tune beyond what the format has a place for.
_MISCELLANEOUS: Final = {
    "rhythm": "R",
    "origin": "O",
    "area": "A",
    "book": "B",
    "discography": "D",
    "file": "F",
    "group": "G",
    "history": "H",
    "notes": "N",
    "transcription": "Z",
}
_ZERO: Final = Fraction(0)
_CLOSES: Final = re.compile(r":+\|")
_OPENS: Final = re.compile(r"\|:+")


def from_mxl(data: bytes) -> str:
    """A compressed MusicXML file (.mxl) as ABC text."""
    return from_musicxml(unzip_score(data))


def from_musicxml(data: bytes) -> str:
    """A MusicXML file (.musicxml, .xml) as ABC text."""
    root = parse(data)
    if root.tag.startswith("{"):
        for element in root.iter():
            element.tag = element.tag.rpartition("}")[2]
    if root.tag not in ("score-partwise", "score-timewise"):
        raise InputError(f"the XML is no MusicXML score: its root is {root.tag[:40]!r}")
    readers, directives = _readers(root)
    if not any(reader.measures for reader in readers):
        raise InputError("the score has no measures")
    draft = Draft()
    _header(root, draft)
    _join(readers, draft)
    if directives:
        draft.directives += directives
        for voice, reader in zip(draft.voices, readers, strict=True):
            voice.id = reader.id
    else:
        draft.groups = part_groups(root, [reader.id for reader in readers])
    return assemble(draft)


def _readers(root: Element) -> tuple[list[PartReader], list[str]]:
    """The parts, read; where the file names its voices, each as a part, and their score."""
    parts = list(_parts(root))
    measures = {reader.id: found for reader, found in parts}
    places = voice_places(root, measures)
    if not places:
        return [_read_part(reader, found) for reader, found in parts], []
    readers = [
        _read_part(
            PartReader(place.id, place.name, place.short),
            own_measures(measures[place.part], place),
        )
        for place in places
    ]
    return readers, [score_directive(root, [place.id for place in places])]


def _parts(root: Element) -> Iterator[tuple[PartReader, list[Element]]]:
    """The parts in order, each with its measures, from either form of a score."""
    names = {e.get("id", ""): e for e in root.iterfind("part-list/score-part")}
    measures: dict[str, list[Element]] = {}
    if root.tag == "score-partwise":
        for part in root.findall("part"):
            measures.setdefault(part.get("id", ""), []).extend(part.findall("measure"))
    else:
        for measure in root.findall("measure"):
            for part in measure.findall("part"):
                part.set("number", measure.get("number", ""))
                measures.setdefault(part.get("id", ""), []).append(part)
    if len(measures) > MAX_PARTS:
        raise LimitError(f"the score has {len(measures)} parts; at most {MAX_PARTS}")
    for id, found in measures.items():
        if len(found) > MAX_MEASURES:
            raise LimitError(f"part {id} has {len(found)} measures; at most {MAX_MEASURES}")
        entry = names.get(id)
        name = text_of(entry, "part-name") if entry is not None else ""
        short = text_of(entry, "part-abbreviation") if entry is not None else ""
        yield PartReader(id, name, short), found


def _read_part(reader: PartReader, measures: list[Element]) -> PartReader:
    for measure in measures:
        reader.read(measure)
    return reader


# -- header -------------------------------------------------------------------


def _header(root: Element, draft: Draft) -> None:
    titles = [root.findtext(path, "").strip() for path in ("work/work-title", "movement-title")]
    titles = list(dict.fromkeys(t for t in titles if t)) or _credits(root, "title")
    draft.title = _field(titles[0]) if titles else ""
    draft.fields += [("T", _field(title)) for title in titles[1:]]
    creators = root.findall("identification/creator")
    composers = [text_of_self(e) for e in creators if e.get("type", "composer") == "composer"]
    draft.fields += [("C", _field(c)) for c in composers or _credits(root, "composer") if c]
    for element in creators:
        kind = element.get("type", "composer")
        if kind != "composer" and text_of_self(element):
            draft.fields.append(("N", _field(f"{kind}: {text_of_self(element)}")))
    for element in root.iterfind("identification/miscellaneous/miscellaneous-field"):
        name, text = element.get("name", ""), _field((element.text or "").strip())
        if text and name in _MISCELLANEOUS:
            draft.fields.append((_MISCELLANEOUS[name], text))
        elif name == "order":
            draft.order = text
    for letter, path in (("S", "identification/source"), ("N", "identification/rights")):
        if value := text_of(root, path):
            draft.fields.append((letter, _field(value)))


def _field(text: str) -> str:
    """A text as the value of a field, which is one line."""
    return re.sub(r"\s*[\r\n]\s*", " ", text).replace("\\", "\\\\").replace("%", "\\%")


def _credits(root: Element, kind: str) -> list[str]:
    """Texts of the title page that say themselves that they are a title, a composer."""
    found = []
    for entry in root.findall("credit"):
        if text_of(entry, "credit-type") == kind:
            text = " ".join(text_of_self(e) for e in entry.findall("credit-words")).strip()
            found += [text] if text else []
    return found[:1]


# -- parts to voices ----------------------------------------------------------


def _join(readers: list[PartReader], draft: Draft) -> None:
    """Put the measures of all parts on one time axis."""
    count = max(len(reader.measures) for reader in readers)
    columns = [[r.measures[i] for r in readers if i < len(r.measures)] for i in range(count)]
    lengths = [_length(column) for column in columns]
    starts = list(itertools.accumulate(lengths, initial=_ZERO))
    draft.signs = _signs(columns, starts)
    draft.bars = _bars(columns, starts)
    for reader in readers:
        voices = _voices(reader, starts)
        draft.voices += voices
        draft.staves.append(len(voices))
    if len(draft.voices) > MAX_VOICES:
        raise LimitError(f"the score has {len(draft.voices)} staves; at most {MAX_VOICES}")
    _lift_tempo(draft)


def _length(column: list[MeasureDraft]) -> Fraction:
    """The length of a measure: what its notes fill; an empty one, what the meter asks for."""
    return max(m.length for m in column) or max(m.nominal for m in column)


def _bars(columns: list[list[MeasureDraft]], starts: list[Fraction]) -> list[Fraction]:
    """The bars' lengths; a bar line inside a measure that is more than a mark divides it."""
    points = set(starts)
    for column, start in zip(columns, starts, strict=False):
        length = _length(column)
        for measure in column:
            inside = (o for o, s in measure.signs if s not in ("|", "end") and s[:2] != "P:")
            points |= {start + offset for offset in inside if offset < length}
    return [end - start for start, end in itertools.pairwise(sorted(points))]


def _signs(columns: list[list[MeasureDraft]], starts: list[Fraction]) -> Timed:
    found: dict[tuple[Fraction, str], None] = {}
    for at, column in enumerate(columns):
        for measure in column:
            for offset, sign in measure.signs:
                found[min(starts[at] + offset, starts[at + 1]), sign] = None
            for sign in measure.right:
                found[starts[at + 1], sign] = None
    signs = sorted(found, key=lambda s: s[0])
    if not any(onset == starts[-1] and sign not in ("|", "end") for onset, sign in signs):
        signs.append((starts[-1], "|"))
    return _unambiguous(signs, starts)


def _unambiguous(signs: Timed, starts: list[Fraction]) -> Timed:
    """Signs as ABC reads them: there a repeat goes back to a double bar as well, and an
    ending lasts until a double bar or repeat."""
    kept: Timed = [(onset, sign) for onset, sign in signs if sign != "end"]
    since, opened, double = _ZERO, False, False
    for onset, sign in sorted(signs, key=lambda s: (s[0], _rank(s[1]))):
        if _OPENS.fullmatch(sign):
            opened = True
        elif sign in ("||", "|]", "[|"):
            double = double or onset > since
        elif _CLOSES.fullmatch(sign):
            second = any(o == since and _is_ending(s) for o, s in signs)
            if double and not opened and not second:
                kept.append((since, "|:"))
            since, opened, double = onset, False, False
        elif sign == "end" and not opened:
            since, double = onset, False
    kept = _repeats_counted(sorted(kept, key=lambda s: s[0]))
    ends = [onset for onset, sign in signs if sign == "end" and onset < starts[-1]]
    return kept + [(onset, "||") for onset in ends if _runs_on(kept, onset)]


def _runs_on(signs: Timed, end: Fraction) -> bool:
    """Whether ABC would take an ending that stops at ``end`` to go on into another section."""
    if any(onset == end and sign[0] in "|:[" and sign != "|" for onset, sign in signs):
        return False
    later = [(o, s) for o, s in signs if o > end and ((":" in s and s[0] in "|:") or _is_ending(s))]
    if not later or _OPENS.fullmatch(later[0][1]):
        return False
    first = [s for o, s in later if o == later[0][0]]
    return not (any(map(_CLOSES.fullmatch, first)) and any(map(_is_ending, first)))


def _is_ending(sign: str) -> bool:
    return sign[0] == "|" and sign[1:2].isdigit()


def _rank(sign: str) -> int:
    """The order of signs that meet: what ends something comes first."""
    return 0 if _CLOSES.fullmatch(sign) else 1 if sign == "end" else 3 if ":" in sign else 2


def _repeats_counted(signs: Timed) -> Timed:
    """``|::`` where the repeat is closed by ``::|``."""
    found = list(signs)
    opened: int | None = None
    for at, (_, sign) in enumerate(found):
        if _OPENS.fullmatch(sign):
            opened = at
        elif _CLOSES.fullmatch(sign) and opened is not None:
            found[opened] = (found[opened][0], "|" + sign[:-1])
            opened = None
    return found


def _voices(reader: PartReader, starts: list[Fraction]) -> list[DraftVoice]:
    """The staves of a part as voices."""
    used = {staff for m in reader.measures for staff, _ in m.streams}
    staves = sorted(used | set(range(1, reader.staves + 1)) if len(used) > 1 else used or {1})
    found = []
    for staff in staves:
        voice = DraftVoice(reader.name, reader.short)
        for at, measure in enumerate(reader.measures):
            _add(voice, measure, staff, starts[at], first=staff == staves[0])
        voice.streams = dict(sorted(voice.streams.items(), key=lambda s: voice_order(s[0])))
        voice.clefs.sort(key=lambda c: c.onset)
        found.append(voice)
    return found


def _add(
    voice: DraftVoice, measure: MeasureDraft, staff: int, start: Fraction, first: bool
) -> None:
    def own(changes: list[Change]) -> Timed:
        return [(start + o, text) for o, s, text in changes if s == staff or (s == 0)]

    def placed(changes: list[Change]) -> Timed:
        return [(start + o, text) for o, s, text in changes if s == staff or (first and s == 0)]

    for (number, name), pieces in measure.streams.items():
        if number == staff:
            stream: list[Piece] = voice.streams.setdefault(name, [])
            for piece in pieces:
                piece.onset += start
                stream.append(piece)
    voice.keys += own(measure.keys)
    voice.meters += own(measure.meters)
    voice.chord_symbols += placed(measure.symbols)
    voice.inline += placed(measure.inline)
    voice.transposes += [(start + o, t) for o, s, t in measure.transposes if s in (0, staff)]
    for offset, number, clef in measure.clefs:
        if number == staff:
            clef.onset = start + offset
            voice.clefs.append(clef)


def _lift_tempo(draft: Draft) -> None:
    """A tempo at the beginning goes to the header; elsewhere to the first voice, where the
    next note, rest or bar begins."""
    tempos: dict[Fraction, str] = {}
    for voice in draft.voices:
        for onset, text in voice.inline:
            if text[:3] == "[Q:":
                tempos[onset] = max(tempos.get(onset, ""), text, key=len)
        voice.inline = [(o, text) for o, text in voice.inline if text[:3] != "[Q:"]
    if not draft.voices:
        return
    first = draft.voices[0]
    places = {piece.onset for stream in first.streams.values() for piece in stream}
    places.update(itertools.accumulate(draft.bars, initial=_ZERO))
    ordered = sorted(places)
    moved: dict[Fraction, str] = {}
    for onset, text in sorted(tempos.items()):
        at = bisect_left(ordered, onset)
        if at + 1 < len(ordered):
            moved[ordered[at]] = text
    draft.tempo = moved.pop(_ZERO, "[Q:]")[3:-1]
    now = f"[Q:{draft.tempo}]"
    for onset, text in moved.items():
        if text != now:
            first.inline.append((onset, text))
        now = text
