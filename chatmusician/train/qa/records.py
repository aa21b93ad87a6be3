"""The files that are made of annotated tracks: MusicQA's, LLark's, and rows for fine-tuning."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from chatmusician.train.qa.pairs import CAPTION, MIR, REASONING, Pair
from chatmusician.train.tasks.rows import row

Made = dict[str, Any]


def write(output: Path, rows: Callable[[], Iterable[Made]]) -> None:
    """All records of the tracks, in their order; those with an error have none. ``rows`` are
    gone through once for each file."""

    def good() -> Iterator[Made]:
        return (made for made in rows() if "error" not in made)

    annotations = ({"id": m["id"], "audio": m["audio"], **m["facts"]} for m in good())
    _lines(output / "annotations.jsonl", annotations)
    _put(output / "musicqa.json", _list(_musicqa(made) for made in good()))
    _lines(output / "llark.jsonl", (line for made in good() for line in _llark(made)))
    _lines(output / "sft.jsonl", (line for made in good() for line in _sft(made)))


def _lines(path: Path, rows: Iterable[Made]) -> None:
    _put(path, (json.dumps(line, ensure_ascii=False) + "\n" for line in rows))


def _list(rows: Iterable[Made]) -> Iterator[str]:
    """A JSON list, a row after the other."""
    before = "[\n"
    for made in rows:
        yield before + json.dumps(made, ensure_ascii=False, indent=1)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def _put(path: Path, texts: Iterable[str]) -> None:
    """Written beside its place first, so that there is never half a file."""
    aside = path.with_name(f".{path.name}.part")
    with aside.open("w", encoding="utf-8") as file:
        file.writelines(texts)
    aside.replace(path)


def _pairs(made: Made, *families: str) -> list[Pair]:
    found = [Pair(*pair) for pair in made["pairs"]]
    return [pair for pair in found if pair.family in families]


def _musicqa(made: Made) -> Made:
    """MU-LLaMA's: four fixed questions and five open ones."""
    conversation: list[dict[str, str]] = []
    for pair in _pairs(made, CAPTION, MIR):
        conversation.append({"from": "human", "value": pair.question})
        conversation.append({"from": "gpt", "value": pair.answer})
    return {"audio_name": made["audio"], "conversation": conversation}


def _llark(made: Made) -> Iterator[Made]:
    """A line for each family: a list of pairs, of captions one."""
    for family in (MIR, REASONING):
        found = [{"question": p.question, "answer": p.answer} for p in _pairs(made, family)]
        if found:
            yield {"id": made["id"], "audio": made["audio"], "task": family, "response": found}
    captions = _pairs(made, CAPTION)
    if captions:
        said = {"caption": captions[0].answer}
        yield {"id": made["id"], "audio": made["audio"], "task": CAPTION, "response": said}


def _sft(made: Made) -> Iterator[Made]:
    """Rows for a model that reads text: what was heard, as ABC, and a pair."""
    for number, pair in enumerate(_pairs(made, MIR, CAPTION, REASONING)):
        id = f"{made['set']}/{made['id']}/{number}"
        if "</s>" not in made["facts"]["abc"] + pair.question + pair.answer:
            yield row(
                pair.question, made["facts"]["abc"], pair.answer, src=made["set"], id=id
            ).as_dict()
