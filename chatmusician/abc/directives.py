"""Which directives change anything here, and findings about those that do not.

``%%score`` and ``%%staves`` get findings of their own: brackets that do not match, voices the
tune does not have, voices that are not drawn.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from chatmusician.abc.score_layout import (
    NAMES,
    ScoreLayout,
    named_voices,
    parse_score,
    score_directives,
    score_of,
)
from chatmusician.abc.timing import Timeline
from chatmusician.abc.tune import Chord, Directive, Note, Rest, Tune

# Code, start and end in the tune's text, detail.
Finding = tuple[str, int, int, str]

# Read by: the reader, MIDI (which notes itself what it does not heed), MusicXML and pictures.
HONOURED: Final = frozenset(
    (
        *("abc-charset", "abc-version", "abc-creator", "abc-edited-by", "abc-copyright"),
        *("decoration", "linebreak", "propagate-accidentals", "MIDI"),
        *("score", "staves", "text", "center", "begintext", "endtext"),
        *("scale", "staffwidth", "landscape", "newpage"),
    )
)
# These hold for the whole tune: inside it they change nothing.
_WHOLE: Final = ("scale", "staffwidth", "landscape")
_NAME: Final = re.compile(r"[A-Za-z][\w-]*")


def directive_findings(tune: Tune, line: Timeline) -> Iterator[Finding]:
    """What there is to say about the directives of a tune; ``line`` is its timeline.

    Directives of the file header are left out: their places are not in the tune's text.
    """
    if "%%" not in tune.text and "I:" not in tune.text:
        return
    seen: set[str] = set()
    started = False
    for element in (*tune.header, *tune.elements):
        if not isinstance(element, Directive):
            started = started or isinstance(element, (Note, Chord, Rest))
            continue
        name = element.name
        if name in NAMES:
            yield from _score(tune, line, element)
        elif name in seen or not _NAME.fullmatch(name):
            continue
        elif name not in HONOURED or (started and name in _WHOLE):
            seen.add(name)
            yield "directive-not-honoured", int(element.start), int(element.end), f"%%{name}"
    yield from _drawn(tune, line)


def _score(tune: Tune, line: Timeline, directive: Directive) -> Iterator[Finding]:
    """Brackets, voices named twice and voices the tune does not have."""
    start = max(tune.text.find(directive.value, directive.start, directive.end), directive.start)
    for problem in parse_score(directive.value, directive.name).problems:
        yield problem.code, start + problem.start, start + problem.end, problem.detail
    known = {voice.id for voice in line.voices}
    for id, first, end in named_voices(directive.value):
        if id not in known:
            yield "unknown-voice", start + first, start + end, id[:20]


def _drawn(tune: Tune, line: Timeline) -> Iterator[Finding]:
    """Voices with music that no picture shows, and directives that cannot change the staves."""
    first, later = score_directives(tune)
    if first is None and not later:
        return
    ids = [voice.id for voice in line.voices if voice.measures]
    layout = score_of(tune, ids)
    own = [d for d in (first, *later) if d is not None and d not in tune.inherited]
    for id in ids:
        if own and id not in layout.voices:
            yield "voice-not-drawn", int(own[0].start), int(own[0].end), id
    before = ScoreLayout() if first is None else parse_score(first.value, first.name)
    for directive in later:
        after = parse_score(directive.value, directive.name)
        if (after.staves, after.groups) != (before.staves, before.groups):
            yield "score-change", int(directive.start), int(directive.end), directive.value[:40]
        before = after
