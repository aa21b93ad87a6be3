"""Tokens to text as they come: only whole characters, each told once."""

from __future__ import annotations

from collections.abc import Sequence

from chatmusician.model.generation import Tokens

_UNFINISHED = "\ufffd"
# The end of what was told is decoded again with what is new: some tokenizers put a blank
# before a word depending on what stands before it.
_OVERLAP = 6


class TextStream:
    """The text of one sequence. A stop text is held back while it may still be coming."""

    def __init__(self, tokens: Tokens, stop: Sequence[str] = (), *, leading: str = "") -> None:
        self.tokens = tokens
        self.stop = [text for text in stop if text]
        self.leading = leading
        self.ids: list[int] = []
        self.before = 0
        self.read = 0
        self.text = ""
        self.told = 0
        self.stopped = False

    def push(self, token: int) -> str:
        """What can be told now."""
        self.ids.append(token)
        known = self.tokens.decode(self.ids[self.before : self.read])
        now = self.tokens.decode(self.ids[self.before :])
        if len(now) > len(known) and not now.endswith(_UNFINISHED):
            self._add(now[len(known) :])
            self.read = len(self.ids)
            self.before = max(0, self.read - _OVERLAP)
        return self._tell(hold=True)

    def finish(self) -> str:
        """The rest, with what cannot be decoded."""
        known = self.tokens.decode(self.ids[self.before : self.read])
        self._add(self.tokens.decode(self.ids[self.before :])[len(known) :])
        self.read = len(self.ids)
        return self._tell(hold=False)

    def _add(self, new: str) -> None:
        """A blank that the prompt lost at its end comes back as the first one of the answer."""
        if self.leading and new:
            new, self.leading = new.removeprefix(self.leading), ""
        start = len(self.text)
        self.text += new
        found = (self.text.find(stop, max(0, start - len(stop))) for stop in self.stop)
        places = [at for at in found if at >= 0]
        if places:
            self.text = self.text[: min(places)]
            self.stopped = True

    def _tell(self, *, hold: bool) -> str:
        upto = len(self.text)
        if hold and not self.stopped:
            upto -= max((_overlap(self.text, stop) for stop in self.stop), default=0)
        new = self.text[self.told : upto]
        self.told = max(self.told, upto)
        return new


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of the text could be the beginning of a stop text."""
    return next(
        (
            size
            for size in range(min(len(stop) - 1, len(text)), 0, -1)
            if text.endswith(stop[:size])
        ),
        0,
    )
