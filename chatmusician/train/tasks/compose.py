"""Tasks whose answer is a new tune: from a description, chords, a form, motifs, a style."""

from __future__ import annotations

import re
from random import Random

from chatmusician.abc.analysis import section_motifs
from chatmusician.model.wording import HEADER_WORDS, quoted, wording
from chatmusician.train.tasks.asked import Asked
from chatmusician.train.tasks.piece import Piece

FEWEST_CHORDS = 3
MOST_CHORDS = 64
# The most frequent run of any length is nearly always one single note; a motif worth
# composing with has three at least.
SHORTEST_MOTIF = 3


def text_to_music(piece: Piece, random: Random) -> Asked:
    """The header in words, in any order; title and origin only where the answer has them."""
    title = piece.titles[0] if piece.titles else ""
    titled = bool(title) and random.random() < 0.5 and title.isprintable() and len(title) < 60
    lines = [
        f"{HEADER_WORDS[letter]} {value}"
        for letter, value in re.findall(r"^([MLKRQ]):(.*)$", piece.head, re.M)
        if value.strip()
    ]
    text = piece.text
    if titled:
        lines.append(f"Title {title}")
        text = text.replace("X:1\n", f"X:1\nT:{title}\n", 1)
    random.shuffle(lines)
    return Asked(wording("text-to-music", random), "\n".join(lines), text, abc=True)


def chords_to_music(piece: Piece, random: Random) -> Asked | None:
    chords = piece.chords
    if not FEWEST_CHORDS <= len(chords) <= MOST_CHORDS:
        return None
    return Asked(wording("chords-to-music", random), quoted(chords), piece.text, abc=True)


def form_to_music(piece: Piece, random: Random) -> Asked | None:
    if not piece.form.terms:
        return None
    return Asked(wording("form-to-music", random), terms(piece), piece.text, abc=True)


def letters_motif_to_music(piece: Piece, random: Random) -> Asked | None:
    found = motifs(piece)
    if not found or len(piece.sections) < 2:
        return None
    header = " ".join(re.findall(r"^[XLMK]:.*$", piece.head, re.M))
    given = f"{quoted([piece.form.letters])}; {header} {quoted(found)}"
    return Asked(wording("letters-motif-to-music", random), given, piece.text, abc=True)


def terms_motif_to_music(piece: Piece, random: Random) -> Asked | None:
    found = motifs(piece)
    if not found or not piece.form.terms:
        return None
    header = " ".join(re.findall(r"^[XLMK]:.*$", piece.head, re.M))
    given = f"{terms(piece)}; {header} {quoted(found)}"
    return Asked(wording("terms-motif-to-music", random), given, piece.text, abc=True)


def in_style_of_bach(piece: Piece, random: Random) -> Asked | None:
    """For pieces whose composer field or title names Bach."""
    named = [*piece.composers, *piece.titles[:1], piece.id]
    if not any(re.search(r"\bBach\b|\bBWV\b", name, re.I) for name in named):
        return None
    return Asked(wording("bach", random), "", piece.text, abc=True)


def motifs(piece: Piece) -> list[str]:
    """A motif for each section, of three notes or more; empty where a section has none."""
    found = section_motifs(piece.line, piece.sections, shortest=SHORTEST_MOTIF)
    return [" ".join(motif) for motif in found] if all(found) else []


def terms(piece: Piece) -> str:
    return ", ".join(piece.form.terms)
