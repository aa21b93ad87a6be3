"""The ground floor: pitch, keys, intervals, chords, meter, durations, tempo and MIDI bytes.

Each module defines one concept, and every other part of the package takes it from here. The
modules import each other and ``chatmusician.errors``, and nothing else of ours; they need no
third-party package. Import from the module that defines the concept::

    from chatmusician.music.meter import parse_meter
    from chatmusician.music.pitch import Pitch
"""
