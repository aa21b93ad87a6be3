"""What listens, in a process of its own: a recording in this folder to its score and its facts.

    python -m chatmusician.demo.hearing '{"voice": false, ...}'

Lines of JSON come out: how much has been heard, at last the result or an error. Whatever a
recording does to the libraries that read it, it does it here, and not to the page.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from chatmusician.errors import ChatMusicianError, LimitError

if TYPE_CHECKING:
    from chatmusician.transcription.facts import Piece

# The recording's name in the folder, which is how errors call it.
FILE = "the file"
_POINTS = 4000
_EVERY = 0.5  # seconds of sound between two reports
_OUT: TextIO = sys.stdout


def main(arguments: list[str]) -> int:
    asked = json.loads(arguments[0])
    # Libraries that talk are not to talk between our lines.
    global _OUT
    _OUT = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    # So that whatever was started by us is ended, and its folders removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    os.nice(5)
    try:
        _say({"result": heard(asked)})
    except ChatMusicianError as error:
        _say({"error": _plain(str(error)), "hint": _hint(error), "kind": type(error).__name__})
    return 0


def _plain(message: str) -> str:
    """An error without the command line's way of naming the file first."""
    rest = message.removeprefix(f"{FILE}: ")
    verb = rest.split(" ", 1)[0] in ("is", "has", "holds", "cannot", "lasts")
    return f"{FILE} {rest}" if rest != message and verb else rest


def _hint(error: ChatMusicianError) -> str:
    return (error.hint or "").replace("one voice alone: --voice", "of one voice alone, say so")


def heard(asked: dict[str, Any]) -> dict[str, Any]:
    """The piece in the file as plain data: `listening.Heard` says what is in it."""
    from chatmusician.transcription.facts import describe_piece, read_piece
    from chatmusician.transcription.transcribe import ScoreOptions, is_midi

    longest = asked["longest"]
    told = 0.0

    def watch(done: float, total: float) -> None:
        nonlocal told
        if max(done, total) > longest:
            raise too_long(longest)
        if done - told >= _EVERY:
            told = done
            _say({"heard": round(done, 1), "of": round(total, 1)})

    known = {name: asked[name] for name in ("tempo", "meter", "key") if asked[name]}
    options = ScoreOptions(title=asked["title"], **known)
    piece = read_piece(FILE, voice=asked["voice"], options=options, watch=watch)
    if piece.seconds > longest:
        raise too_long(longest)
    described = describe_piece(piece)
    return {
        "kind": piece.kind,
        "facts": described.facts,
        "notes": _notes(piece, described.facts),
        "beats": [
            [beat["time"], beat["beat_number"]] for beat in described.facts["downbeats_madmom"]
        ],
        "bars": _bars(piece),
        "wave": [] if is_midi(FILE, None) else _wave(),
    }


def too_long(longest: float) -> LimitError:
    minutes = f"{longest / 60:g}"
    return LimitError(
        f"{FILE} lasts longer than {minutes} minutes",
        hint="cut it, or use the command line: chatmusician transcribe",
    )


def _notes(piece: Piece, facts: dict[str, Any]) -> list[list[float]]:
    """Start, end, pitch and how sure the note is."""
    if piece.transcription is not None:
        found = piece.transcription.performance.notes
        return [
            [round(n.onset, 3), round(n.end, 3), n.pitch, round(n.confidence, 2)] for n in found
        ]
    played = [note for part in facts["notes"].values() for note in part]
    return sorted([note["start"], note["end"], note["pitch"], 1.0] for note in played)


def _bars(piece: Piece) -> list[list[float]]:
    """Number, start, end and how sure the bar is, in the order they sound."""
    if piece.transcription is None:
        first = piece.first_number
        return [[b.measure + first, round(b.start, 3), round(b.end, 3), 1.0] for b in piece.bars]
    made = piece.transcription
    return [
        [made.number(b), round(b.start, 3), round(b.end, 3), round(b.confidence, 2)]
        for b in made.written.bars
    ]


def _wave() -> list[float]:
    """The loudest of each moment, so many moments at most."""
    from chatmusician.transcription.report import waveform

    points = waveform(FILE)
    group = max(1, -(-len(points) // _POINTS))
    return [round(float(points[at : at + group].max()), 3) for at in range(0, len(points), group)]


def _say(line: dict[str, Any]) -> None:
    print(json.dumps(line), file=_OUT, flush=True)


if __name__ == "__main__":
    if not Path(FILE).is_file():
        sys.exit("to be run in a folder that holds a recording")
    sys.exit(main(sys.argv[1:]))
