"""Text that may stand in XML."""

from __future__ import annotations

import re
from typing import Final

from chatmusician.abc.encoding import read_text

# What XML 1.0 cannot hold at all, not even escaped.
_ILLEGAL: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPECIAL: Final = re.compile('[&<>"]')
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def escape(text: str) -> str:
    """Text for an element or attribute; illegal characters are dropped, blanks made one."""
    clean = _ILLEGAL.sub("", text)
    if _SPECIAL.search(clean):
        clean = _SPECIAL.sub(lambda found: _ENTITIES[found[0]], clean)
    return clean


def abc_text(text: str) -> str:
    """A text of the tune with its TeX accents and entities read, on one line."""
    return escape(" ".join(read_text(text).split()))


def element(name: str, text: str, **attributes: str) -> str:
    """``<name …>text</name>``; empty attributes are left out, ``_`` stands for ``-``."""
    pairs = "".join(
        f' {key.replace("_", "-")}="{escape(value)}"' for key, value in attributes.items() if value
    )
    return f"<{name}{pairs}>{text}</{name}>" if text else f"<{name}{pairs}/>"
