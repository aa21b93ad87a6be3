"""What sources write in ways of their own, written in one: letters and titles."""

from __future__ import annotations

import re
from urllib.parse import unquote

# Characters that no text has: code page 437 read as Latin-1, as in the Essen collection.
_MISREAD = {0x80 + at: bytes([0x80 + at]).decode("cp437") for at in range(32)} | {0x9E: "ß"}
# Names of files, and words that say that there is no name.
_NO_TITLE = re.compile(
    r"(?:.*\.(?:abc|krn|mid|midi|mxl|xml|musicxml)|(?:missing|no) title\W*|untitled\W*)", re.I
)
_TITLE = re.compile(r"^T:(.*)\n", re.M)
_FIELD_END = re.compile(r"^([CORT]:[^\[\]\n]*?)[ ]*\]$", re.M)
_FILE_HASH = re.compile(r"[ _]+[0-9a-f]{6}$")


def letters(text: str) -> str:
    """The text with misread characters as what they were."""
    return text.translate(_MISREAD)


def is_title(value: str) -> bool:
    return bool(value.strip()) and not _NO_TITLE.fullmatch(value.strip())


def title_of_file(name: str) -> str:
    """The title that a file's name tells: ``Polon%E4s_i_D_c1dc5a.abc``."""
    plain = unquote(name, encoding="iso-8859-1").removesuffix(".abc")
    return " ".join(_FILE_HASH.sub("", plain).replace("_", " ").split())


def header(text: str) -> str:
    """Titles that are none go, and a bracket that was never opened at a field's end."""
    text = _TITLE.sub(lambda found: found[0] if is_title(found[1]) else "", text)
    return _FIELD_END.sub(r"\1", text)
