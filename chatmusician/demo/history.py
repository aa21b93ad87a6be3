"""What was made in a session, item by item: kept in the browser, shared as a small file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chatmusician.demo.shapes import WANTED, Brief
from chatmusician.demo.studio import Order
from chatmusician.errors import InputError

_FORMAT = "chatmusician-session"
_LONGEST = 2_000_000
_Text = Annotated[str, Field(max_length=100_000)]
_Line = Annotated[str, Field(max_length=1000)]


class Tune(BaseModel):
    """A tune and its score card in words; `total` is its score, where it has one."""

    model_config = ConfigDict(extra="forbid")
    abc: _Text
    seed: int = 0
    total: Annotated[float, Field(ge=0, le=1)] | None = None
    card: list[_Line] = Field(default_factory=list, max_length=60)


class Item(BaseModel):
    """One request and what came of it. `order` are the fields of `studio.Order`."""

    model_config = ConfigDict(extra="forbid")
    made: _Line
    model: _Line
    order: dict[str, Any]
    tunes: list[Tune] = Field(max_length=64)

    def the_order(self) -> Order:
        """The order, read by its own rules. Raises InputError."""
        return read_order(self.order)

    def rebuilt(self) -> dict[str, Any]:
        """The item as plain data that holds nothing but fields of ours."""
        return {**self.model_dump(), "order": _plain(self.the_order())}

    @property
    def label(self) -> str:
        order = self.the_order()
        words = " ".join(order.request.split())[:60] or order.change
        words = words or " ".join(str(value) for value in order.wanted.values()) or "a tune"
        return f"{self.made[11:16]}  {words}  (seed {order.seed})"


def read_order(data: dict[str, Any]) -> Order:
    """An order from data of anyone's; InputError where it is none."""
    flat = {name: value for name, value in data.items() if name != "wanted"}
    asked = data.get("wanted") or {}
    if not isinstance(asked, dict):
        raise InputError("the file asks for things that are not known")
    try:
        if not set(asked) <= set(WANTED):
            raise InputError("the file asks for things that are not known")
        brief: Brief = Brief.model_validate({**flat, **asked}, strict=False)
        return brief.order()
    except ValidationError as error:
        raise InputError("the file holds a request that cannot be used") from error


def item(order: Order, made: dict[str, Any], at: datetime | None = None) -> Item:
    """An item of a composition as `studio.result` gives it."""
    tunes = [
        Tune(abc=c["abc"], seed=c["seed"], total=c["total"], card=card_lines(c))
        for c in made["candidates"]
        if c["abc"]
    ]
    return Item(made=_now(at), model=made["model"], order=_plain(order), tunes=tunes)


def kept(text: str, order: Order, model: str, at: datetime | None = None) -> Item:
    """An item of a tune as the user left it in the editor."""
    tune = Tune(abc=text, seed=order.seed or 0, card=["edited by hand"])
    return Item(made=_now(at), model=model, order=_plain(order), tunes=[tune])


def _plain(order: Order) -> dict[str, Any]:
    return {name: value for name, value in asdict(order).items() if value not in ("", {}, None)}


def _now(at: datetime | None) -> str:
    return (at or datetime.now(timezone.utc).astimezone()).isoformat(timespec="seconds")


def card_lines(card: dict[str, Any]) -> list[str]:
    """A candidate's score card, a line each."""
    lines = [f"{one['name']} {one['value']:.2f}: {one['why']}" for one in card["scores"]]
    for row in card["asked"]:
        lost = "" if row["kept"] else f", not kept (found: {row['found']})"
        lines.append(f"{row['name']} {row['asked']}{lost}")
    lines += card["mended"] + [f"problem in {problem}" for problem in card["problems"]]
    if card["finish"] not in ("end", "stop"):
        lines.append(f"not finished: {_ENDINGS.get(card['finish'], card['finish'])}")
    return [line[:1000] for line in lines[:60]]


_ENDINGS = {
    "length": "no room was left",
    "time": "the time for one request was over",
    "cancelled": "it was stopped",
}


def read_items(data: Any, most: int) -> list[Item]:
    """Items as the browser kept them; those that cannot be read are left out."""
    found = []
    for one in data if isinstance(data, list) else []:
        try:
            item = Item.model_validate(one)
            item.the_order()
        except (ValidationError, InputError):
            continue
        found.append(item)
    return found[-most:]


def to_file(items: Sequence[Item]) -> str:
    data = {"format": _FORMAT, "version": 1, "items": [one.model_dump() for one in items]}
    return json.dumps(data, ensure_ascii=False, indent=1)


def from_file(text: str, most: int) -> list[Item]:
    if len(text) > _LONGEST:
        raise InputError("the file is too large for a session")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError("the file is not JSON") from error
    if not isinstance(data, dict) or data.get("format") != _FORMAT:
        raise InputError("the file is no session of this page", hint="save one under History")
    items = read_items(data.get("items"), most)
    if not items:
        raise InputError("the session in the file holds nothing that can be read")
    return items
