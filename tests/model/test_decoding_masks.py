"""Vocabularies and masks of bar-exact decoding: bytes exact, masks right, walks clean."""

from __future__ import annotations

import random

import pytest

from chatmusician import abc
from chatmusician.abc.check import check
from chatmusician.errors import InputError, UsageError
from chatmusician.model.decoding.plan import BARS, OFF, Constraints, Section

pytest.importorskip("numpy")

from chatmusician.model.decoding.constraint import Constraint, Grammar
from chatmusician.model.decoding.vocabulary import Vocabulary, byte_table

PIECES: list[bytes | None] = [
    *(bytes([i]) for i in range(256)),
    None,
    *(b" |", b"| ", b"A2", b"2 ", b":|\n", b"|]\n", b"M:6/8\n", b"L:1/8\n", b"K:D\n", b"X:1\n"),
    *(b"(3", b"ABc", b"d2 | e2", b'"Am"', b"z4", b"|: ", b"::", "ü".encode(), b" the", b"|]|]"),
]
END = 256


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary(PIECES, [END])


def walk(tune: Constraint, chance: random.Random) -> str:
    text: list[str] = []
    while not tune.ended:
        token = int(chance.choice(list(tune.allowed())))
        tune.push(token)
        text.append("" if tune.ended else tune.grammar.vocabulary.pieces[token] or "")
    return "".join(text).encode("latin-1").decode()


def test_masks_are_what_pushing_each_token_says(vocabulary: Vocabulary) -> None:
    grammar = Grammar(Constraints(headers=(("M", "6/8"), ("L", "1/8"), ("K", "D"))), vocabulary)
    chance = random.Random(3)
    tune = grammar.start()
    for _ in range(60):
        allowed = set(tune.allowed().tolist())
        automaton = grammar.automaton
        for token, piece in enumerate(vocabulary.pieces):
            if piece:
                _, read = automaton.spell_bytes(piece, tune.state)
                assert (read == len(piece)) == (token in allowed), piece
        assert (END in allowed) == automaton.accepting(tune.state)
        tune.push(chance.choice(sorted(allowed - {END})))


def test_no_token_leaves_a_bar_line_open_that_has_to_become_another() -> None:
    """In a bar that is too short for | only a sign may stand, and has tokens of its own."""
    signs = (b" ||", b" |]", b" |:", b" :|", b" ::", b" :")
    tune = "X:1\nM:4/4\nL:1/8\nK:C\n|: C2 | D8 | C4"

    def lines(without: bytes, text: str) -> set[bytes]:
        pieces = [*PIECES, *(sign for sign in signs if sign != without)]
        start = Grammar(Constraints(level=BARS), Vocabulary(pieces, [END])).start(text)
        allowed = [pieces[token] or b"" for token in start.allowed()]
        return {piece for piece in allowed if piece[:2] in (b" |", b" :")}

    assert lines(b"", tune + " D4") >= {b" |", b" ||"}
    short = lines(b"", tune + " D2")
    assert short >= {b" :|", b" ::"}
    assert not short & {b" |", b" :"}
    assert b" :" in lines(b" ::", tune + " D2")
    assert b" |" in lines(b" ||", tune + " D2")


@pytest.mark.parametrize(
    "plan",
    [
        Constraints(headers=(("M", "4/4"), ("L", "1/8"), ("K", "C"))),
        Constraints(headers=(("M", "6/8"), ("L", "1/8"), ("K", "Em")), bars=4),
        Constraints(
            headers=(("M", "3/4"), ("L", "1/4"), ("K", "F")), bars=3, chords=("F", "C7", "F")
        ),
        Constraints(
            headers=(("M", "2/4"), ("L", "1/16"), ("K", "A")),
            sections=(Section(2, repeated=True), Section(2, repeated=False)),
        ),
    ],
)
def test_random_walks_are_clean_and_keep_their_budget(
    plan: Constraints, vocabulary: Vocabulary
) -> None:
    grammar = Grammar(plan, vocabulary)
    for seed in range(4):
        text = walk(grammar.start(budget=160), random.Random(seed)).strip()
        assert not [p for p in check(abc.read(text)) if p.severity == "error"], text
        if plan.chords:
            said = [e.text for e in abc.read(text).tunes[0].elements if hasattr(e, "text")]
            assert tuple(s for s in said if s in ("F", "C7"))[: len(plan.chords)] == plan.chords


def test_the_budget_is_kept_and_too_small_a_one_is_refused(vocabulary: Vocabulary) -> None:
    grammar = Grammar(Constraints(headers=(("M", "4/4"), ("K", "C")), bars=8), vocabulary)
    for budget in (120, 130):
        tune = grammar.start(budget=budget)
        walk(tune, random.Random(budget))
        assert tune.left is not None
        assert tune.left >= 0
    with pytest.raises(UsageError, match="too few"):
        grammar.start(budget=20)


def test_a_beginning_is_gone_on_with(vocabulary: Vocabulary) -> None:
    grammar = Grammar(Constraints(level=BARS), vocabulary)
    tune = grammar.start("X:1\nM:4/4\nL:1/8\nK:C\nC4D2")
    allowed = {PIECES[i] for i in tune.allowed()}
    assert b"A2" in allowed
    assert b"z4" not in allowed
    with pytest.raises(InputError, match="line 5, column 3"):
        grammar.start("X:1\nM:4/4\nL:1/8\nK:C\nC9|")
    with pytest.raises(UsageError, match="not allowed"):
        tune.push(PIECES.index(b"z4"))


def test_an_annotation_without_end_is_ended(vocabulary: Vocabulary) -> None:
    tune = Grammar(Constraints(level=BARS), vocabulary).start('X:1\nM:4/4\nL:1/8\nK:C\nC4"^')
    letter = PIECES.index(b"a")
    for _ in range(24):
        assert letter in tune.allowed()
        tune.push(letter)
    assert all(b'"' in (PIECES[i] or b"") for i in tune.allowed())


def test_level_off_allows_everything(vocabulary: Vocabulary) -> None:
    tune = Grammar(Constraints(level=OFF), vocabulary).start(budget=3)
    assert len(tune.allowed()) == vocabulary.size
    tune.push(END)
    assert tune.ended


def test_a_vocabulary_must_have_every_character() -> None:
    with pytest.raises(InputError, match="no token for"):
        Vocabulary([b"A", b"|"], [0])


def test_bytes_of_real_tokenizers() -> None:
    tokenizers = pytest.importorskip("tokenizers")
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["</s>"],
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    text = "X:1\nT:Schöne Grüße — 音楽\nK:C\n|: ABc d2e | fga b3 :|\n"
    tokenizer.train_from_iterator([text] * 20, trainer)
    found = Vocabulary.of(tokenizer, end=tokenizer.token_to_id("</s>"))
    spelled = "".join(found.pieces[i] or "" for i in tokenizer.encode(text).ids)
    assert spelled.encode("latin-1").decode() == text
    assert found.pieces[0] is None
    assert len(byte_table()) == 256


def test_bytes_of_a_sentencepiece_vocabulary_with_byte_fallback() -> None:
    tokenizers = pytest.importorskip("tokenizers")
    alphabet = [chr(c) for c in range(0x21, 0x7F)] + ["\u2581", "\u2581|", "\u2581A2", "é"]
    vocab = {"<unk>": 0, "<s>": 1, "</s>": 2, **{f"<0x{b:02X}>": 3 + b for b in range(256)}}
    for piece in alphabet:
        vocab.setdefault(piece, len(vocab))
    model = tokenizers.models.BPE(
        vocab, [("\u2581", "|")], unk_token="<unk>", byte_fallback=True, fuse_unk=True
    )
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.normalizer = tokenizers.normalizers.Replace(" ", "\u2581")
    tokenizer.decoder = tokenizers.decoders.Sequence(
        [
            tokenizers.decoders.Replace("\u2581", " "),
            tokenizers.decoders.ByteFallback(),
            tokenizers.decoders.Fuse(),
        ]
    )
    tokenizer.add_special_tokens(["<s>", "</s>"])
    found = Vocabulary.of(tokenizer, end=2)
    text = "K:C\nA2 |é ü|]"
    spelled = "".join(found.pieces[i] or "" for i in tokenizer.encode(text).ids)
    assert spelled.encode("latin-1").decode() == text
