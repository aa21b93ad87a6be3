"""Items of a session: kept, shared as a file, read again, whoever made the file."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytest.importorskip("pydantic")

from chatmusician.demo.history import (
    card_lines,
    from_file,
    item,
    kept,
    read_items,
    read_order,
    to_file,
)
from chatmusician.demo.studio import Order
from chatmusician.errors import InputError

ORDER = Order("a jig in D", {"key": "D", "bars": "8"}, candidates=2, seed=7, temperature=0.9)
CHANGE = Order(change="infill", abc="X:1\nK:D\nD|]\n", first=2, last=3, seed=1)
CARD: dict[str, Any] = {
    "abc": "X:1\nK:D\nD|]\n",
    "seed": 7,
    "total": 0.5,
    "scores": [{"name": "key", "value": 0.5, "why": "it fits"}],
    "asked": [{"name": "key", "asked": "D", "found": "C", "kept": False}],
    "mended": ["mended line 2"],
    "problems": ["line 3: odd"],
    "finish": "time",
}
MADE = {"model": "m", "candidates": [CARD, {**CARD, "abc": "", "seed": 8}]}


@pytest.mark.parametrize("order", [ORDER, CHANGE, Order(seed=0)])
def test_an_order_is_the_same_after_a_file(order: Order) -> None:
    (again,) = from_file(to_file([item(order, MADE)]), 10)
    back = again.the_order()
    assert {**back.__dict__, "wanted": {k: str(v) for k, v in back.wanted.items()}} == (
        order.__dict__
    )


def test_tunes_and_cards_are_the_same_after_a_file() -> None:
    first = item(ORDER, MADE)
    (again,) = from_file(to_file([first]), 10)
    assert again == first
    assert [tune.seed for tune in again.tunes] == [7]  # an answer without a tune is none


def test_card() -> None:
    assert card_lines(CARD) == [
        "key 0.50: it fits",
        "key D, not kept (found: C)",
        "mended line 2",
        "problem in line 3: odd",
        "not finished: the time for one request was over",
    ]


def test_labels() -> None:
    assert item(ORDER, MADE).label.endswith("a jig in D  (seed 7)")
    assert "infill" in item(CHANGE, MADE).label
    assert kept("X:1\n", ORDER, "m").tunes[0].card == ["edited by hand"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no JSON",
        "[" * 100_000,
        "[]",
        "{}",
        '{"format": "another"}',
        '{"format": "chatmusician-session", "items": []}',
        '{"format": "chatmusician-session", "items": {"a": 1}}',
        '{"format": "chatmusician-session", "items": [1, null, {"made": 5}]}',
        " " * 2_000_001,
    ],
)
def test_files_that_are_no_session(text: str) -> None:
    with pytest.raises(InputError):
        from_file(text, 10)


@pytest.mark.parametrize(
    "order",
    [
        {"candidates": 99},
        {"seed": -1},
        {"request": "x" * 30_000},
        {"change": "eat"},
        {"path": "/etc/passwd"},
        {"wanted": {"path": "/etc/passwd"}},
        {"wanted": {"key": ["D"]}},
        {"first": 1e308},
    ],
)
def test_orders_of_strangers(order: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        read_order(order)
    one = item(ORDER, MADE).model_dump()
    assert read_items([{**one, "order": order}, one], 10) == read_items([one], 10)


def test_the_last_items_are_kept() -> None:
    many = [item(Order(seed=seed), MADE).model_dump() for seed in range(9)]
    assert [one.the_order().seed for one in read_items(many, 3)] == [6, 7, 8]
    assert len(from_file(json.dumps(json.loads(to_file(read_items(many, 9)))), 4)) == 4
