"""The data card: what is in the corpus, where from, and what was left out and why."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

from chatmusician.errors import MissingDependency, UsageError
from chatmusician.model.pretrained import first_line, pretrained_source
from chatmusician.train.corpus.plan import Plan
from chatmusician.train.corpus.recipe import Source
from chatmusician.train.corpus.shards import get_json, get_lines, put, put_json, put_lines
from chatmusician.train.corpus.split import HELD_OUT

_STEPS = ("items", "tunes", "texts", "clean", "exact", "near", "unique", "held out", "mixed")


def shard(path: Path, table: Any, tokenizer: str) -> dict[str, Any]:
    """Rows, characters and tokens of one file, by source."""
    rows, characters, tokens = Counter[str](), Counter[str](), Counter[str]()
    texts = table["text"].to_pylist()
    names = table["src"].to_pylist()
    sizes = token_counts(texts, tokenizer) if tokenizer else [0] * len(texts)
    for name, text, size in zip(names, texts, sizes, strict=True):
        rows[name] += 1
        characters[name] += len(text)
        tokens[name] += size
    found = {
        "file": f"{path.parent.name}/{path.name}",
        "rows": dict(sorted(rows.items())),
        "characters": dict(sorted(characters.items())),
        "tokens": dict(sorted(tokens.items())) if tokenizer else None,
    }
    return {**found, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def token_counts(texts: list[str], name: str) -> list[int]:
    tokenizer = load_tokenizer(name)
    sizes: list[int] = []
    for at in range(0, len(texts), 1000):
        batch = tokenizer(texts[at : at + 1000], add_special_tokens=False)["input_ids"]
        sizes += [len(row) for row in batch]
    return sizes


def load_tokenizer(name: str) -> Any:
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        raise MissingDependency("transformers", how='pip install ".[train]"') from error
    try:
        return AutoTokenizer.from_pretrained(**pretrained_source(name))
    except (OSError, ValueError) as error:
        raise UsageError(f"tokenizer: {name} cannot be loaded: {first_line(error)}") from error


def dropped_rows(work: Path, plan: Plan) -> list[dict[str, str]]:
    """All that was dropped so far, source by source in the recipe's order."""
    found = []
    for stage in ("convert", "mix"):
        for rank in range(len(plan.units)):
            path = work / stage / f"{rank:05d}.jsonl"
            if path.exists():
                found += get_lines(path)
    return found


def write(out: Path, plan: Plan) -> None:
    work = out / "work"
    dropped = dropped_rows(work, plan)
    copies = get_lines(work / "duplicates.jsonl")
    put_lines(out / "dropped.jsonl", dropped)
    put_lines(out / "duplicates.jsonl", copies)
    card = _card(work, plan, dropped, copies)
    put(out / "README.md", markdown(card).encode())
    put_json(out / "card.json", card)


def _card(
    work: Path, plan: Plan, dropped: list[dict[str, str]], copies: list[dict[str, Any]]
) -> dict[str, Any]:
    steps: dict[str, Counter[str]] = {s.name: Counter() for s in plan.recipe.sources}
    reasons: dict[str, Counter[str]] = {s.name: Counter() for s in plan.recipe.sources}
    for stage in ("convert", "mix"):
        for rank in range(len(plan.units)):
            about = get_json(work / stage / f"{rank:05d}.json")
            steps[about["source"]].update(about["steps"])
    for copy in copies:
        steps[copy["id"].split("/", 1)[0]][copy["kind"]] += 1
    for row in dropped:
        reasons[row["source"]][row["reason"]] += 1
    files = [get_json(p) for p in sorted((work / "write").glob("*.json"))]
    shards = [s for s in files if not s["file"].startswith(HELD_OUT)]
    tests = get_json(work / "tests.json")
    held = Counter(name for name, _ in tests["items"])
    counted = Counter(row["source"] for row in tests["dropped"])
    return {
        "fingerprint": plan.fingerprint,
        "tokenizer": plan.recipe.tokenizer or None,
        "seed": plan.recipe.seed,
        "hold_out": plan.recipe.hold_out,
        "sources": [
            {
                **_about(source),
                "steps": {name: steps[source.name][name] for name in _STEPS},
                "mended": steps[source.name]["findings mended"],
                "with_warnings": steps[source.name]["tunes kept with warnings"],
                "dropped": dict(reasons[source.name].most_common()),
                **{
                    unit: sum((s[unit] or {}).get(source.name, 0) for s in shards)
                    for unit in ("rows", "characters", "tokens")
                },
            }
            for source in plan.recipe.sources
        ],
        "tests": [
            {**_about(source), "items": held[source.name], "not_readable": counted[source.name]}
            for source in plan.recipe.tests
        ],
        "shards": [
            {
                "file": s["file"],
                "rows": sum(s["rows"].values()),
                "sha256": s["sha256"],
            }
            for s in files
        ],
    }


def _about(source: Source) -> dict[str, str]:
    return {"name": source.name, "licence": source.licence, "origin": source.origin}


def markdown(card: dict[str, Any]) -> str:
    """The card for people."""
    sources = card["sources"]
    lines = ["# Data card", "", _total(card), "", "| source | licence | from |", "|---|---|---|"]
    lines += [f"| {s['name']} | {_cell(s['licence'])} | {_cell(s['origin'])} |" for s in sources]
    lines += ["", "## Counts at every step", "", *_table(card), "", *_LEGEND]
    lines += ["", "## Dropped", "", "Each with its reason in `dropped.jsonl`.", ""]
    lines += ["| source | reason | count |", "|---|---|---:|"]
    for source in sources:
        lines += [f"| {source['name']} | {r} | {n} |" for r, n in source["dropped"].items()]
    lines += ["", "## Kept out: test sets", "", "| set | licence | items |", "|---|---|---:|"]
    lines += [f"| {t['name']} | {_cell(t['licence'])} | {t['items']} |" for t in card["tests"]]
    lines += ["", "## Files", "", "| file | rows | sha256 |", "|---|---:|---|"]
    lines += [f"| {s['file']} | {s['rows']} | `{s['sha256']}` |" for s in card["shards"]]
    return "\n".join(lines) + "\n"


_LEGEND = [
    "*items* files or rows read; *tunes*, *texts* found in them; *clean* left after checking and",
    "keeping out the test sets; *exact*, *near* copies dropped (listed in `duplicates.jsonl`);",
    "*unique* what is left; *held out* of these, in a file of their own; *mixed* rows of the rest",
    "after transposing and weighting. Characters and tokens are those of *mixed*.",
]


def _table(card: dict[str, Any]) -> list[str]:
    last = ["characters", *(["tokens"] if card["tokenizer"] else [])]
    head = ["source", *_STEPS, *last]
    rows = [[s["name"], *s["steps"].values(), *(s[c] for c in last)] for s in card["sources"]]
    total = ["all", *(sum(row[i] for row in rows) for i in range(1, len(head)))]
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return lines + ["| " + " | ".join(map(str, row)) + " |" for row in [*rows, total]]


def _total(card: dict[str, Any]) -> str:
    rows = sum(s["rows"] for s in card["sources"])
    said = f"{rows} rows, {sum(s['characters'] for s in card['sources'])} characters"
    if card["tokenizer"]:
        tokens = sum(s["tokens"] for s in card["sources"])
        said += f", {tokens} tokens (tokenizer `{card['tokenizer']}`)"
    return said + "; columns `id`, `text`, `src`."


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
