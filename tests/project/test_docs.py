"""The examples in docs/*.md do what the page says."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)


def examples(page: Path) -> str:
    """The page with everything but its examples blanked, so that line numbers stay."""
    text = page.read_text(encoding="utf-8")
    kept = ["\n"] * text.count("\n")
    lines = text.splitlines(keepends=True)
    for block in _BLOCK.finditer(text):
        if ">>>" in block[1]:
            first = text.count("\n", 0, block.start(1))
            kept[first : first + block[1].count("\n")] = lines[first:][: block[1].count("\n")]
    return "".join(kept)


PAGES = [page for page in sorted(DOCS.glob("*.md")) if ">>>" in examples(page)]


def test_there_are_examples() -> None:
    names = {page.name for page in PAGES}
    assert {"canonical.md", "transforms.md", "finding-tunes.md"} <= names


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples(page: Path) -> None:
    """The blocks of a page are one session, from the top to the bottom."""
    test = doctest.DocTestParser().get_doctest(examples(page), {}, page.name, str(page), 0)
    said: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=said.append)
    assert result.attempted
    assert not result.failed, "".join(said)


def test_a_wrong_example_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Page\n\n```python\n>>> 1 + 1\n3\n```\n", encoding="utf-8")
    assert examples(page) == "\n\n\n>>> 1 + 1\n3\n\n"
    with pytest.raises(AssertionError, match="Expected"):
        test_examples(page)
