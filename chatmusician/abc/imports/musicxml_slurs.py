"""Slurs: starts and stops of MusicXML paired, kept where both lie in one voice."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from chatmusician.abc.pieces import Piece

Stream = tuple[int, str]


class Slurs:
    def __init__(self) -> None:
        self.opened: dict[tuple[str, Stream], Piece | None] = {}

    def note(self, note: Element, stream: Stream, piece: Piece) -> None:
        """Stops before starts: a slur may end on the note on which the next begins."""
        self.from_graces(stream, piece)
        slurs = note.findall("notations/slur")
        for slur in slurs:
            if slur.get("type") == "stop":
                self.close(slur.get("number", "1"), stream, piece)
        for slur in slurs:
            if slur.get("type") == "start":
                self.opened[slur.get("number", "1"), stream] = piece

    def close(self, number: str, stream: Stream, piece: Piece) -> None:
        opener = self.opened.pop((number, stream), None)
        if opener is None:
            for key in [k for k in self.opened if k[0] == number]:
                del self.opened[key]
        elif opener is not piece:
            opener.opens += 1
            piece.closes += 1

    def grace(self, note: Element, stream: Stream) -> None:
        """A slur from a grace note is open, but only the note after it can carry it."""
        for slur in note.findall("notations/slur"):
            key = slur.get("number", "1"), stream
            if slur.get("type") == "start":
                self.opened[key] = None
            else:
                self.opened.pop(key, None)

    def from_graces(self, stream: Stream, piece: Piece) -> None:
        for key, opener in self.opened.items():
            if opener is None and key[1] == stream:
                self.opened[key] = piece
