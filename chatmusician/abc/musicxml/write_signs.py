"""ABC decorations as MusicXML: a row for each; those not listed are printed as words."""

from __future__ import annotations

from typing import Final

_DYNAMICS: Final = frozenset(
    "pppp ppp pp p mp mf f ff fff ffff sfz sfp fp fz sf rf rfz".split()  # noqa: SIM905
)

# Inside <notations>, by the element they stand in; "" for those that stand alone.
NOTE_MARKS: Final[dict[str, tuple[str, str]]] = {
    "trill": ("ornaments", "<trill-mark/>"),
    "trill(": ("ornaments", '<trill-mark/><wavy-line type="start" number="1"/>'),
    "trill)": ("ornaments", '<wavy-line type="stop" number="1"/>'),
    "lowermordent": ("ornaments", "<mordent/>"),
    "uppermordent": ("ornaments", "<inverted-mordent/>"),
    # MusicXML has no Irish roll; a turn is what it is nearest to.
    "roll": ("ornaments", "<turn/>"),
    "turn": ("ornaments", "<turn/>"),
    "turnx": ("ornaments", '<turn slash="yes"/>'),
    "invertedturn": ("ornaments", "<inverted-turn/>"),
    "invertedturnx": ("ornaments", '<inverted-turn slash="yes"/>'),
    "tremolo": ("ornaments", '<tremolo type="single">3</tremolo>'),
    "trem1": ("ornaments", '<tremolo type="single">1</tremolo>'),
    "trem2": ("ornaments", '<tremolo type="single">2</tremolo>'),
    "trem3": ("ornaments", '<tremolo type="single">3</tremolo>'),
    "trem4": ("ornaments", '<tremolo type="single">4</tremolo>'),
    "/": ("ornaments", '<tremolo type="single">1</tremolo>'),
    "//": ("ornaments", '<tremolo type="single">2</tremolo>'),
    "///": ("ornaments", '<tremolo type="single">3</tremolo>'),
    "upbow": ("technical", "<up-bow/>"),
    "downbow": ("technical", "<down-bow/>"),
    "open": ("technical", "<open-string/>"),
    "thumb": ("technical", "<thumb-position/>"),
    "snap": ("technical", "<snap-pizzicato/>"),
    "plus": ("technical", "<stopped/>"),
    "heel": ("technical", "<heel/>"),
    "toe": ("technical", "<toe/>"),
    **{n: ("technical", f"<fingering>{n}</fingering>") for n in "012345"},
    "staccato": ("articulations", "<staccato/>"),
    "dot": ("articulations", "<staccato/>"),
    "accent": ("articulations", "<accent/>"),
    "marcato": ("articulations", '<strong-accent type="up"/>'),
    "umarcato": ("articulations", '<strong-accent type="down"/>'),
    "tenuto": ("articulations", "<tenuto/>"),
    "wedge": ("articulations", "<staccatissimo/>"),
    "slide": ("articulations", "<scoop/>"),
    "breath": ("articulations", "<breath-mark>comma</breath-mark>"),
    "shortphrase": ("articulations", "<caesura>short</caesura>"),
    "mediumphrase": ("articulations", "<caesura>single</caesura>"),
    "longphrase": ("articulations", "<caesura>normal</caesura>"),
    "fermata": ("", '<fermata type="upright"/>'),
    "invertedfermata": ("", '<fermata type="inverted"/>'),
    "arpeggio": ("", "<arpeggiate/>"),
    "~(": ("", '<glissando line-type="wavy" number="1" type="start"/>'),
    "~)": ("", '<glissando line-type="wavy" number="1" type="stop"/>'),
}
CONTAINERS: Final = ("ornaments", "technical", "articulations", "")

NOTEHEADS: Final = {
    "style=x": "x",
    "head-x": "x",
    "style=harmonic": "diamond",
    "style=triangle": "triangle",
    "style=square": "square",
    "style=rhythm": "slash",
}
# Change how the note itself is printed.
_LOOKS: Final = frozenset({*NOTEHEADS, "invisible", "stemless", "editorial", "courtesy"})
# Say only how a program should lay the page out.
_SILENT: Final = frozenset(
    {"nil", "none", "style=normal", "beambr1", "beambr2", "cpu", "tie", "cross", "xstem", "gmark"}
)

# Beside the note: the content of <direction-type>, what it does to playing, where it stands.
_SIGNS: Final[dict[str, tuple[str, str, str]]] = {
    "crescendo(": ('<wedge type="crescendo" number="1"/>', "", "below"),
    "crescendo)": ('<wedge type="stop" number="1"/>', "", "below"),
    "diminuendo(": ('<wedge type="diminuendo" number="1"/>', "", "below"),
    "diminuendo)": ('<wedge type="stop" number="1"/>', "", "below"),
    "segno": ("<segno/>", 'segno="segno"', "above"),
    "coda": ("<coda/>", 'coda="coda"', "above"),
    "D.C.": ("<words>D.C.</words>", 'dacapo="yes"', "above"),
    "dacapo": ("<words>D.C.</words>", 'dacapo="yes"', "above"),
    "D.S.": ("<words>D.S.</words>", 'dalsegno="segno"', "above"),
    "fine": ("<words>Fine</words>", 'fine="yes"', "above"),
    "dacoda": ("<words>To Coda</words>", 'tocoda="coda"', "above"),
    "D.C.alcoda": ("<words>D.C. al Coda</words>", 'dacapo="yes"', "above"),
    "D.C.alfine": ("<words>D.C. al Fine</words>", 'dacapo="yes"', "above"),
    "D.S.alcoda": ("<words>D.S. al Coda</words>", 'dalsegno="segno"', "above"),
    "D.S.alfine": ("<words>D.S. al Fine</words>", 'dalsegno="segno"', "above"),
    "ped": ('<pedal type="start" line="no" sign="yes"/>', "", "below"),
    "ped-up": ('<pedal type="stop" line="no" sign="yes"/>', "", "below"),
}
# Words with a dashed line, from the mark that ends in "(" to the one that ends in ")".
_DASHED: Final = {
    "cresc": ("cresc.", "below"),
    "dim": ("dim.", "below"),
    "8va": ("8va", "above"),
    "8vb": ("8vb", "below"),
    "15ma": ("15ma", "above"),
}


def is_note_mark(name: str) -> bool:
    """Whether a decoration belongs to a note, and so waits for the next one."""
    return name in NOTE_MARKS or name in _LOOKS


def sign(name: str) -> tuple[list[str], str, str] | None:
    """Contents of <direction-type>, attributes of <sound>, placement; None: not printed."""
    if name in _SILENT:
        return None
    if name in _DYNAMICS:
        return [f"<dynamics><{name}/></dynamics>"], "", "below"
    if name in _SIGNS:
        content, sound, placement = _SIGNS[name]
        return [content], sound, placement
    dashed = _DASHED.get(name[:-1])
    if dashed and name.endswith("("):
        words = f"<words>{dashed[0]}</words>"
        return [words, '<dashes type="start" number="1"/>'], "", dashed[1]
    if dashed and name.endswith(")"):
        return ['<dashes type="stop" number="1"/>'], "", dashed[1]
    return [], "", "above"
