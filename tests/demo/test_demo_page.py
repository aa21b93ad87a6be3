"""The page without a browser: what its handlers yield, and that nothing comes unescaped."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest

from tests.demo.demo_models import HOSTILE, TUNE, SayingModel

pytest.importorskip("gradio")

from chatmusician.demo import chat_tab, compose_tab, history_tab, html, listen_tab
from chatmusician.demo.desk import AFRESH, Desk
from chatmusician.demo.growing import Growing
from chatmusician.demo.history import Tune, to_file
from chatmusician.demo.page import create_page
from chatmusician.demo.settings import Limits
from chatmusician.demo.stream import Text
from chatmusician.demo.studio import Order

NAMES = ["key", "meter", "rhythm", "form", "chords", "motif", "bars", "seed", "candidates"]
OURS = {"p", "div", "article", "h3", "small", "details", "summary"} | {
    "ul",
    "li",
    "pre",
    "abc-score",
}
EMPTY = ["", "", "", "", "", "", "", "", 1]


def desk_of(model: SayingModel, **limits: Any) -> Desk:
    return Desk(lambda: model, Limits(**limits), model.name)


def composing(model: SayingModel) -> compose_tab._Handlers:
    return compose_tab._Handlers(desk_of(model), NAMES)


def is_skip(value: Any) -> bool:
    return isinstance(value, dict) and value.get("__type__") == "update"


def test_the_page_can_be_made() -> None:
    page = create_page(desk_of(SayingModel()))
    labels = {c.get("props", {}).get("label") for c in page.get_config_file()["components"]}
    assert {"Compose", "Listen", "Chat", "History", "ABC", "Key", "Seed", "Candidates"} <= labels
    assert all(d["api_visibility"] != "public" for d in page.get_config_file()["dependencies"])


def test_compose_draws_bars_while_they_come() -> None:
    shown = list(composing(SayingModel(pieces=40)).compose([], "a jig in D", *EMPTY))
    drawn = [abc for _, abc, *_ in shown if isinstance(abc, str)]
    assert len(drawn) >= 3
    assert drawn[0].endswith("|")
    assert all(later.startswith(first[:20]) for first, later in pairwise(drawn))
    status, abc, cards, history, _ = shown[-1]
    assert abc == TUNE
    assert "Done with seed" in status
    assert "Score card" in cards
    assert history[0]["order"]["request"] == "a jig in D"


def test_candidates_stand_side_by_side() -> None:
    values = [*EMPTY[:-2], "7", 3]
    shown = list(composing(SayingModel()).compose([], "", *values))
    assert shown[-1][2].count("<article") == 3
    assert "seed 7" in shown[-1][2]
    assert "seed 9" in shown[-1][2]
    assert len(re.findall(r"<p>correct [01]\.\d\d · [a-z]", shown[-1][2])) == 3


def test_regenerate_asks_the_same_with_another_seed() -> None:
    handlers = composing(SayingModel())
    asked: Any = ("a jig in D", "D", *EMPTY[1:-2], "7", 1)
    shown = list(handlers.compose([], *asked))
    (order,) = [order for *_, order in shown if not is_skip(order)]
    assert order.seed == 7
    again = list(handlers.regenerate(order, shown[-1][3], *asked))[-1][3]
    one, two = (item["order"] for item in again)
    assert {**one, "seed": 0} == {**two, "seed": 0}
    assert one["seed"] != two["seed"]


def test_regenerate_changes_the_same_tune_again() -> None:
    handlers = composing(SayingModel())
    order = next(iter(handlers.change("infill", [], TUNE, 2, 2)))[-1]
    (item,) = list(handlers.regenerate(order, [], "a reel", *EMPTY))[-1][3]
    assert {**item["order"], "seed": 0} == {
        "change": "infill",
        "abc": TUNE,
        "first": 2,
        "last": 2,
        "candidates": 1,
        "seed": 0,
    }


@pytest.mark.parametrize(
    ("request_", "values", "said"),
    [
        ("", [*EMPTY[:-2], "x", 1], "no seed"),
        ("", ["H", *EMPTY[1:]], "no such key"),
        ("", [*EMPTY[:-1], 99], "candidates"),
        ("x" * 20_001, EMPTY, "characters"),
    ],
)
def test_errors_are_sentences(request_: str, values: list[Any], said: str) -> None:
    ((status, *rest),) = composing(SayingModel()).compose([], request_, *values)
    assert said in status
    assert 'role="alert"' in status
    assert all(is_skip(value) for value in rest)


def test_what_nobody_thought_of_is_a_sentence_too() -> None:
    class Broken(SayingModel):
        def generate(self, *_: Any, **__: Any) -> Any:
            raise ZeroDivisionError("secret")

    status = list(composing(Broken()).compose([], "a jig", *EMPTY))[-1][0]
    assert "ZeroDivisionError" in status
    assert "secret" not in status


def test_an_answer_without_a_tune() -> None:
    shown = list(composing(SayingModel("I can't.")).compose([], "a jig", *EMPTY))
    assert "no tune" in shown[-1][0]


def test_change_and_transpose() -> None:
    handlers = composing(SayingModel())
    shown = list(handlers.change("continue", [], TUNE, 1, 0))
    assert shown[-1][3][0]["order"] == {
        **shown[-1][3][0]["order"],
        "change": "continue",
        "abc": TUNE,
        "first": 1,
    }
    assert "K:E\n" in handlers.transpose(TUNE, 2)[1]
    assert "no tune" in handlers.transpose("words", 2)[0]
    assert "bars of this tune" in list(handlers.change("continue", [], TUNE, 9, 0))[-1][0]


def test_keep() -> None:
    handlers = composing(SayingModel())
    _, history = handlers.keep(None, [], TUNE)
    assert history[0]["tunes"][0]["abc"] == TUNE
    assert is_skip(handlers.keep(None, [], "")[1])
    _, history = handlers.keep(Order("a jig", seed=5), history, TUNE)
    assert history[1]["order"]["seed"] == 5


def test_closing_the_tab_frees_the_model() -> None:
    model = SayingModel("X:1\nM:4/4\nK:D\n" + "D8|" * 60, pause=0.25, pieces=40)
    desk = desk_of(model)
    shown: Any = compose_tab._Handlers(desk, NAMES).compose([], "a jig", *EMPTY)
    while not model.at_once:
        next(shown)
    shown.close()
    with desk.model():  # a place is free, and soon
        pass
    assert model.cancelled == 1


# -- chat ---------------------------------------------------------------------------


def test_chat_gives_the_model_its_own_words() -> None:
    model = SayingModel(f"Here it is:\n\n{TUNE}\nI hope you like it <b>")
    handlers = chat_tab._Handlers(desk_of(model))
    turns: Any = []
    for question in ("a jig", "another"):
        *_, (turns, log, _, status, _) = handlers.send(turns, question, "3")
    assert [turn.question for turn in model.asked[-1].turns] == ["a jig", "another"]
    assert model.asked[-1].turns[0].answer == model.text.strip(" ")
    assert log.count("<abc-score") == 2
    assert "&lt;b&gt;" in log
    assert "Seed 3" in status
    again = list(handlers.retry(turns, "3"))[-1]
    assert len(again[0]) == 2
    assert model.asked[-1].seed == 4


def test_chat_without_words() -> None:
    handlers = chat_tab._Handlers(desk_of(SayingModel()))
    assert "Write something" in list(handlers.send([], "  ", ""))[-1][3]
    assert "nothing to ask again" in list(handlers.retry([], ""))[-1][3]
    assert "characters" in list(handlers.send([], "x" * 20_001, ""))[-1][3]
    assert "no seed" in list(handlers.send([], "x", "y"))[-1][3]


# -- listen -------------------------------------------------------------------------


def test_questions_over_several_turns() -> None:
    model = SayingModel("Because of bar 2.")
    handlers = listen_tab._Handlers(desk_of(model))
    talk: Any = {"heard": "", "turns": []}
    for question in ("What key is it in?", "Who plays it?", "Why?"):
        *_, (talk, log, _, status, _) = handlers.ask(talk, question, TUNE, "")
        assert status == ""
    assert [said for _, _, said in talk["turns"]] == [
        "From the facts: stated in the notation, 100% sure.",
        "Not a matter of notes.",
        "Said by the saying model; bars named: 2.",
    ]
    assert log.count('class="turn model"') == 3
    assert [turn.question for turn in model.asked[-1].turns][:2] == [
        "What key is it in?",
        "Who plays it?",
    ]
    *_, (another, *_) = handlers.ask(talk, "What key is it in?", TUNE, "another recording")
    assert len(another["turns"]) == 1


@pytest.mark.parametrize(
    ("question", "abc", "said"),
    [
        (" ", TUNE, "Write a question"),
        ("What key?", " ", "Open or record"),
        ("x" * 2001, TUNE, "characters"),
        ("What key?", "words", "no tune"),
    ],
)
def test_what_cannot_be_asked(question: str, abc: str, said: str) -> None:
    handlers = listen_tab._Handlers(desk_of(SayingModel()))
    *_, (_, _, running, status, back) = handlers.ask({"heard": "", "turns": []}, question, abc, "")
    assert said in status
    assert (running, back) == ("", question)


# -- history ------------------------------------------------------------------------


def test_an_item_is_opened_exactly() -> None:
    model = SayingModel()
    desk = desk_of(model)
    page = create_page(desk)
    assert page
    form = compose_tab.ComposeTab(*[None] * 6)  # type: ignore[arg-type]
    form.fields = dict.fromkeys(NAMES)
    handlers = history_tab._Handlers(desk, form)
    values = ["D", "6/8", "jig", "AABB", "", "", "8", "7", 2]
    made = list(compose_tab._Handlers(desk, NAMES).compose([], "a jig", *values))[-1]
    history = made[3]
    opened = handlers.reopen(history, 0)
    form_values, (abc, cards, said, order, _) = opened[:-5], opened[-5:]
    assert form_values == ["a jig", *values]
    assert abc == TUNE
    assert cards == made[2]
    assert cards.count(" of 1") == 2
    assert desk.name in said
    assert order == handlers.items(history)[0].the_order()
    missed = handlers.reopen(history, 5)
    assert (len(missed), "Choose" in missed[-1]) == (len(opened), True)


def test_a_shared_file_adds_its_items() -> None:
    desk = desk_of(SayingModel())
    handlers = history_tab._Handlers(desk, compose_tab.ComposeTab(*[None] * 6))  # type: ignore[arg-type]
    history = list(composing(SayingModel()).compose([], "a jig", *EMPTY))[-1][3]
    text = handlers.saved(history, 0, False)
    assert text == to_file(handlers.items(history))
    both, said = handlers.brought(history, text)
    assert (len(both), "1 items" in said) == (2, True)
    assert "not JSON" in handlers.brought(history, "x")[1]
    assert is_skip(handlers.brought(history, None)[0])


def test_nothing_is_forgotten_unasked() -> None:
    handlers = history_tab._Handlers(
        desk_of(SayingModel()),
        compose_tab.ComposeTab(*[None] * 6),  # type: ignore[arg-type]
    )
    assert is_skip(handlers.forgotten([{}])[0])
    assert handlers.forgotten([])[0] == []


# -- HTML ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "made",
    [
        html.note(HOSTILE),
        html.cards([Tune(abc=HOSTILE, card=[HOSTILE[:900]])] * 2),
        html.drafts([HOSTILE]),
        html.conversation([(HOSTILE, HOSTILE)]),
        html.draft(HOSTILE, HOSTILE),
        html.interview([(HOSTILE, HOSTILE, HOSTILE)]),
        html.answer("</p><script>alert(1)</script>" + HOSTILE + "</abc-score><script>"),
        html.failure(ValueError(HOSTILE)),
    ],
)
def test_nothing_comes_unescaped(made: str) -> None:
    tags = set(re.findall(r"<\s*/?\s*([a-zA-Z][a-zA-Z0-9-]*)", made))
    assert tags <= OURS
    assert not re.search(r"<[^>]*\son\w+=", made)


def test_prose_and_tunes_of_an_answer() -> None:
    made = html.answer(f"Before.\n\n{TUNE}\nAfter.")
    assert re.findall(r"<p>(.*?)</p>", made) == ["Before.", "After."]
    assert made.index("Before") < made.index("<abc-score") < made.index("After")


def test_growing() -> None:
    growing = Growing(2)
    assert not growing.add(Text(0, "X:1\nK:D\n"))
    assert growing.drawable() == ""
    assert growing.add(Text(0, "DFA|d"))
    assert growing.drawable() == "X:1\nK:D\nDFA|"
    assert not growing.add(Text(1, "X:1|"))
    growing.add(Text(0, AFRESH))
    assert growing.texts == ["", "X:1|"]
