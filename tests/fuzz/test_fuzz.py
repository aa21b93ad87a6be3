"""A quick share of the fuzzing; ``scripts/fuzz.py`` runs the long one."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.abc.test_conformance import CASES
from tests.fuzz.inputs import HEADERS, HOSTILE, MUSIC, WORDS, book, mutated, real_tunes
from tests.fuzz.properties import hold

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

quick = settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

music = st.lists(st.sampled_from(MUSIC) | st.text(max_size=3), max_size=40).map("".join)
words = st.lists(st.sampled_from(WORDS), max_size=12).map(lambda parts: "w:" + " ".join(parts))
lines = st.sampled_from(HEADERS) | music | words
bodies = st.lists(lines, max_size=12).map("\n".join)
tunes = st.builds("X:1\nT:t\nM:4/4\nL:1/4\nK:C\n{}\n".format, bodies)


@quick
@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    hold(data)


@quick
@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    hold(text.encode("utf-8", "surrogatepass"))


@quick
@given(st.lists(lines, max_size=20), st.sampled_from(["\n", "\r\n", "\r"]))
def test_lines_of_abc(parts: list[str], end: str) -> None:
    hold(end.join(parts).encode("utf-8", "surrogatepass"))


@quick
@given(tunes)
def test_bodies_below_a_header(text: str) -> None:
    hold(text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("seed", range(4))
def test_generated_books(seed: int) -> None:
    random = Random(seed)
    for _ in range(150):
        hold(book(random))


@pytest.mark.parametrize("seed", range(4))
def test_damaged_tunes(seed: int) -> None:
    random = Random(seed)
    known = [case.text.encode() for case in CASES]
    known += random.choices(real_tunes(DATA) or known, k=100)
    for _ in range(150):
        hold(mutated(random, random.choice(known), random.choice(known)))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_shapes(name: str) -> None:
    hold(HOSTILE[name](10_000).encode())
