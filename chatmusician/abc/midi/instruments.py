"""The instruments of General MIDI by name."""

from __future__ import annotations

import difflib
from typing import Final

from chatmusician.errors import UsageError

_TABLE: Final = """
acoustic grand piano|bright acoustic piano|electric grand piano|honky-tonk piano
electric piano 1|electric piano 2|harpsichord|clavinet
celesta|glockenspiel|music box|vibraphone|marimba|xylophone|tubular bells|dulcimer
drawbar organ|percussive organ|rock organ|church organ
reed organ|accordion|harmonica|tango accordion
acoustic guitar (nylon)|acoustic guitar (steel)|electric guitar (jazz)|electric guitar (clean)
electric guitar (muted)|overdriven guitar|distortion guitar|guitar harmonics
acoustic bass|electric bass (finger)|electric bass (pick)|fretless bass
slap bass 1|slap bass 2|synth bass 1|synth bass 2
violin|viola|cello|contrabass|tremolo strings|pizzicato strings|orchestral harp|timpani
string ensemble 1|string ensemble 2|synth strings 1|synth strings 2
choir aahs|voice oohs|synth choir|orchestra hit
trumpet|trombone|tuba|muted trumpet|french horn|brass section|synth brass 1|synth brass 2
soprano sax|alto sax|tenor sax|baritone sax|oboe|english horn|bassoon|clarinet
piccolo|flute|recorder|pan flute|blown bottle|shakuhachi|whistle|ocarina
lead 1 (square)|lead 2 (sawtooth)|lead 3 (calliope)|lead 4 (chiff)
lead 5 (charang)|lead 6 (voice)|lead 7 (fifths)|lead 8 (bass and lead)
pad 1 (new age)|pad 2 (warm)|pad 3 (polysynth)|pad 4 (choir)
pad 5 (bowed)|pad 6 (metallic)|pad 7 (halo)|pad 8 (sweep)
fx 1 (rain)|fx 2 (soundtrack)|fx 3 (crystal)|fx 4 (atmosphere)
fx 5 (brightness)|fx 6 (goblins)|fx 7 (echoes)|fx 8 (sci-fi)
sitar|banjo|shamisen|koto|kalimba|bagpipe|fiddle|shanai
tinkle bell|agogo|steel drums|woodblock|taiko drum|melodic tom|synth drum|reverse cymbal
guitar fret noise|breath noise|seashore|bird tweet|telephone ring|helicopter|applause|gunshot
"""
INSTRUMENTS: Final = tuple(_TABLE.strip().replace("\n", "|").split("|"))
_USUAL: Final = {
    "piano": "acoustic grand piano",
    "guitar": "acoustic guitar (nylon)",
    "steel guitar": "acoustic guitar (steel)",
    "bass": "acoustic bass",
    "harp": "orchestral harp",
    "organ": "church organ",
    "sax": "alto sax",
    "saxophone": "alto sax",
    "horn": "french horn",
    "strings": "string ensemble 1",
    "choir": "choir aahs",
    "tin whistle": "whistle",
    "pipes": "bagpipe",
    "bagpipes": "bagpipe",
    "double bass": "contrabass",
}


def program_number(instrument: str | int) -> int:
    """The General MIDI number (from 0) of a name such as ``violin``, or of a number."""
    if isinstance(instrument, str) and not instrument.strip().isdecimal():
        return _by_name(instrument)
    number = int(instrument)
    if not 0 <= number <= 127:
        raise UsageError(f"no instrument {number}", hint="General MIDI counts from 0 to 127")
    return number


def _by_name(name: str) -> int:
    wanted = " ".join(name.lower().split())
    wanted = _USUAL.get(wanted, wanted)
    if wanted in INSTRUMENTS:
        return INSTRUMENTS.index(wanted)
    containing = [known for known in INSTRUMENTS if wanted and wanted in known]
    if len(containing) == 1:
        return INSTRUMENTS.index(containing[0])
    near = containing or difflib.get_close_matches(wanted, [*INSTRUMENTS, *_USUAL])
    hint = f"perhaps {', '.join(near[:4])}" if near else "a General MIDI name such as violin"
    raise UsageError(f"no instrument {name[:60]!r}", hint=hint)
