"""What words in a request mean: dances and their meters, tempos, moods, forms, fillers."""

from __future__ import annotations

from typing import Final

# The meters a dance is written in, the usual one first; none where any will do.
RHYTHMS: Final[dict[str, tuple[str, ...]]] = {
    "slip jig": ("9/8",),
    "hop jig": ("9/8",),
    "double jig": ("6/8",),
    "single jig": ("6/8", "12/8"),
    "jig": ("6/8", "12/8", "9/8"),
    "slide": ("12/8", "6/8"),
    "reel": ("4/4", "2/2", "2/4"),
    "hornpipe": ("4/4", "2/2", "2/4", "3/2"),
    "strathspey": ("4/4",),
    "highland": ("4/4",),
    "barndance": ("4/4",),
    "schottische": ("4/4", "2/4"),
    "fling": ("4/4",),
    "polka": ("2/4",),
    "galop": ("2/4",),
    "two-step": ("2/4", "4/4", "6/8"),
    "waltz": ("3/4", "3/8"),
    "mazurka": ("3/4",),
    "polonaise": ("3/4",),
    "polska": ("3/4", "9/8"),
    "minuet": ("3/4", "3/8"),
    "sarabande": ("3/4", "3/2"),
    "gavotte": ("2/2", "4/4"),
    "bourree": ("2/2", "4/4", "3/8", "3/4"),
    "gigue": ("6/8", "12/8", "3/8", "9/8"),
    "three-two": ("3/2",),
    "march": ("4/4", "2/4", "6/8", "2/2", "3/4"),
    "quadrille": ("6/8", "2/4"),
    "chorale": ("4/4", "3/4", "2/2"),
    "hymn": ("4/4", "3/4", "2/2", "6/8"),
    "lullaby": ("3/4", "6/8", "4/4", "2/4"),
    "berceuse": ("6/8", "3/4", "2/4"),
    "ballad": (),
    "air": (),
}
# Other words for the same.
ALIASES: Final = {
    "menuet": "minuet",
    "minuetto": "minuet",
    "bourrée": "bourree",
    "schottish": "schottische",
    "valse": "waltz",
    "barn dance": "barndance",
    "two step": "two-step",
    "marche": "march",
    "jigg": "jig",
    "choral": "chorale",
}
# Meters in words. "waltz time" and the like name the meter and not the dance.
METER_WORDS: Final = {
    "common time": "4/4",
    "cut time": "2/2",
    "cut common time": "2/2",
    "alla breve": "2/2",
    "waltz time": "3/4",
    "march time": "2/4",
    "three-four": "3/4",
    "three four": "3/4",
    "four-four": "4/4",
    "four four": "4/4",
    "two-four": "2/4",
    "two four": "2/4",
    "six-eight": "6/8",
    "six eight": "6/8",
    "nine-eight": "9/8",
    "nine eight": "9/8",
    "twelve-eight": "12/8",
    "five-four": "5/4",
    "seven-eight": "7/8",
}
# Beats a minute; the beat is a dotted quarter in 6/8, 9/8 and 12/8, else a quarter.
TEMPOS: Final = {
    "very slow": 50,
    "very fast": 152,
    "slow": 66,
    "calm": 72,
    "gentle": 80,
    "moderate": 100,
    "medium": 100,
    "lively": 120,
    "brisk": 126,
    "energetic": 126,
    "fast": 138,
    "quick": 138,
    "grave": 45,
    "largo": 50,
    "lento": 54,
    "adagio": 66,
    "andante": 80,
    "andantino": 88,
    "moderato": 100,
    "allegretto": 112,
    "allegro": 132,
    "vivace": 152,
    "presto": 176,
    "slowly": 66,
    "quickly": 138,
    "up-tempo": 138,
    "uptempo": 138,
}
# A mood names a key only where the request has none.
MOODS: Final = {
    **dict.fromkeys(
        ("sad", "melancholy", "melancholic", "mournful", "dark", "gloomy", "wistful", "plaintive"),
        "Em",
    ),
    **dict.fromkeys(("happy", "cheerful", "joyful", "merry", "bright", "sunny"), "G"),
}
MODES: Final = {
    "major": "",
    "maj": "",
    "ionian": "",
    "minor": "m",
    "min": "m",
    "aeolian": "m",
    "dorian": "dor",
    "mixolydian": "mix",
    "lydian": "lyd",
    "phrygian": "phr",
    "locrian": "loc",
    "dur": "",
    "moll": "m",
}
TERMS: Final = {
    "american popular": "Sectional: American Popular",
    "verse/chorus/verse/bridge": "Sectional: Verse/Chorus/Verse/Bridge",
    "verse/chorus/bridge": "Sectional: Verse/Chorus/Bridge",
    "verse/chorus": "Sectional: Verse/Chorus",
    "verse-chorus": "Sectional: Verse/Chorus",
    "compound binary": "Compound Binary",
    "compound ternary": "Compound Ternary",
    "through-composed": "Through Composed",
    "through composed": "Through Composed",
    "variational": "Variational",
    "only one section": "Only One Section",
    "one section": "Only One Section",
    "binary": "Binary",
    "ternary": "Ternary",
}
_NUMBERS: Final = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
)
NUMBERS: Final = {word: number for number, word in enumerate(_NUMBERS.split(), 1)} | {
    "twenty-four": 24,
    "thirty-two": 32,
    "forty-eight": 48,
    "sixty-four": 64,
}
# Words that ask for nothing by themselves.
_FILLERS: Final = """
    a an the this that these those it its and or with without of in on at to for from by as is be
    me my i i'd i'll you your we us our please can could would will should like want need give make
    write compose create generate produce play let hear have has do does new short little small nice
    good great beautiful lovely simple some something someone any one tune tunes melody melodies
    piece pieces song songs music musical composition score notation abc key mode meter metre time
    signature style form structure section sections part parts chord chords chordal progression
    harmony harmonies symbol symbols motif motive theme bar bars measure measures note notes rhythm
    dance tempo title named called using use used over based around which whose where so then also
    just only each every own following below above here there put into out up length about sounds
    sound traditional folk irish celtic fiddle whistle thanks thank bpm hello hi whole entire
    complete again another version
"""
FILLERS: Final = frozenset(_FILLERS.split())
