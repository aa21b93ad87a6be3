"""Random ``%%score`` and ``%%staves`` trees with a small tune below them."""

from __future__ import annotations

from random import Random

NAMES = ("S", "A", "T", "B", "RH", "LH", "v7", "Solo")
# Music for the first, second and third voice of a staff: never in unison, where a voice
# would have no note head of its own.
MUSIC = {
    "treble": ("d e c d", "G A F G", "E F D E"),
    "bass": ("F, G, E, F,", "B,, C, A,, B,,", "G,, A,, F,, G,,"),
}


def tree(random: Random) -> str:
    """A tune whose directive mixes ``( ) [ ] { } |`` over two to eight voices."""
    ids = list(NAMES[: random.randint(2, len(NAMES))])
    drawn = list(ids)
    random.shuffle(drawn)
    if len(drawn) > 2 and random.random() < 0.3:
        drawn.pop()
    name = random.choice(("score", "staves"))
    clefs = {id: random.choice(tuple(MUSIC)) for id in ids}
    staves = _staves(random, drawn)
    places = {id: n for staff in staves for n, id in enumerate(staff)}
    for staff in staves:
        for id in staff[1:]:
            clefs[id] = clefs[staff[0]]
    lines = ["X:1", f"T:{name}", "M:4/4", "L:1/4", f"%%{name} {_value(random, staves)}"]
    lines += [f"V:{id} clef={clefs[id]}" for id in ids] + ["K:C"]
    for id in ids:
        music = MUSIC[clefs[id]][places.get(id, 0)]
        lines.append(f"[V:{id}] {music} | {music} |]")
    return "\n".join([*lines, ""])


def _staves(random: Random, ids: list[str]) -> list[list[str]]:
    """The voices in order, one to three on a staff."""
    staves: list[list[str]] = []
    while ids:
        count = random.choice((1, 1, 1, 2, 2, 3))
        staves.append(ids[:count])
        ids = ids[count:]
    return staves


def _value(random: Random, staves: list[list[str]]) -> str:
    words = [staff[0] if len(staff) == 1 else f"({' '.join(staff)})" for staff in staves]
    return _grouped(random, words, "[{")


def _grouped(random: Random, words: list[str], allowed: str) -> str:
    """Words with brackets around runs of them; a brace holds no other group."""
    found = []
    at = 0
    while at < len(words):
        count = random.randint(1, len(words) - at)
        run = words[at : at + count]
        sign = random.choice(allowed) if allowed and random.random() < 0.6 else ""
        if sign == "[":
            run = [f"[{_grouped(random, run, allowed[1:] if count < 3 else '{')}]"]
        elif sign == "{":
            run = [f"{{{_joined(random, run)}}}"]
        found.append(_joined(random, run))
        at += count
    return _joined(random, found)


def _joined(random: Random, words: list[str]) -> str:
    return "".join(
        word + (random.choice((" ", " | ")) if at + 1 < len(words) else "")
        for at, word in enumerate(words)
    )
