"""A form in letters as sections to be written: which are repeats, which are written out."""

from __future__ import annotations

import re


def written_sections(form: str) -> list[tuple[str, bool | None]]:
    """Each section's label, and whether it is repeated by signs (None: as one likes).

    ``AABB`` is two sections played twice each, as dances are written; where not every letter
    stands twice (``AABA``), every letter is a section written out. With blanks between them
    the letters are sections as they are written, however often each is played.
    """
    labels = re.findall(r"[A-Z]'*", form)
    if " " in form:
        return [(label, None) for label in labels]
    pairs = [labels[at : at + 2] for at in range(0, len(labels), 2)]
    if labels and all(len(pair) == 2 and pair[0] == pair[1] for pair in pairs):
        return [(pair[0], True) for pair in pairs]
    return [(label, False) for label in labels]
