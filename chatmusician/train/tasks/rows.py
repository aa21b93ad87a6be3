"""One instruction row in the MusicPile-sft shape, with its markers."""

from __future__ import annotations

from dataclasses import asdict, dataclass

HUMAN = "Human: "
ASSISTANT = "Assistant: "
END = "</s> "


@dataclass(frozen=True)
class Row:
    """The three texts joined are the chat of one turn: ``Human: … </s> Assistant: … </s> ``."""

    instruction: str
    input: str
    output: str
    src: str
    id: str

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


def row(instruction: str, given: str, answer: str, *, src: str, id: str) -> Row:
    """A row with markers: the end mark stands after the input, or the instruction without one."""
    for text in (instruction, given, answer):
        assert "</s>" not in text, "a piece with the end mark in it is refused by prepare"
    if given:
        asked = f"{HUMAN}{instruction.strip()}\n"
        more = f"{given.strip()} {END}"
    else:
        asked, more = f"{HUMAN}{instruction.strip()} {END}", ""
    return Row(asked, more, f"{ASSISTANT}{answer.strip()} {END}", src, id)
