"""The home model's training: data, network, loop and what it saves."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

from chatmusician import abc
from chatmusician.model.home.text import TAGS, words_of
from chatmusician.model.home.tune import HomePart, HomeTune
from chatmusician.model.home.vocabulary import Vocabulary
from chatmusician.train.home.forms import in_parts
from chatmusician.train.home.merges import learn_vocabulary
from chatmusician.train.home.prepare import bars_of
from chatmusician.train.home.rhythms import rhythm_of
from chatmusician.train.home.rows import Text, pass_rows, without
from chatmusician.train.home.songs import melody_only, single_line
from chatmusician.train.home.tunes import Tunes, add_tune, home_of

torch = pytest.importorskip("torch")

BARS = tuple(tuple(bar.split()) for bar in ("C2 E G c2 B A", "G2 F E D4", "E2 D C D2 E F", "C8"))


def tune(*parts: HomePart, source: str = "ryans", meter: str = "4/4") -> HomeTune:
    return HomeTune("reel", meter, "major", source, parts)


def some_tunes(count: int) -> list[HomeTune]:
    draw = random.Random(3)
    return [
        tune(HomePart((), tuple(draw.choice(BARS) for _ in range(4)), bool(number % 2)))
        for number in range(count)
    ]


def data(count: int = 30) -> tuple[list[Text], Vocabulary]:
    tunes = some_tunes(count)
    texts = [words_of(one) for one in tunes]
    bars = [bar for one in tunes for bar in bars_of(one)]
    return [Text(tuple(words)) for words in texts], learn_vocabulary(texts, bars, size=120, least=1)


@pytest.mark.parametrize(
    ("field", "identifier", "meter", "number", "rhythm"),
    [
        ("Double jig", "oneills/x.abc#1", "6/8", "800", "jig"),
        ("jig", "ryans/FooSlipjig.abc", "9/8", "1", "slip-jig"),
        ("slip jig", "thesession/a#1", "9/8", "1", "slip-jig"),
        ("", "nottingham/ABC_cleaned/hpps.abc#4", "4/4", "4", "hornpipe"),
        ("", "nottingham/ABC_cleaned/waltzes.abc#4", "3/4", "4", "waltz"),
        ("", "ceol_rince/MIDI/MissLyonsFancyreel.mid", "4/4", "1", "reel"),
        ("", "ceol_rince/MIDI/UpstairswithYouslide.mid", "12/8", "1", "slide"),
        ("", "oneills/oneills1850/0101-0200.abc#2", "3/4", "120", "air"),
        ("", "oneills/oneills1850/1301.abc#2", "4/4", "1310", "reel"),
        ("", "airds/airdsAirs/book4.abc#21", "6/8", "621", "jig"),
        ("", "airds/airdsAirs/book4.abc#22", "4/4", "622", "dance"),
    ],
)
def test_rhythm(field: str, identifier: str, meter: str, number: str, rhythm: str) -> None:
    assert rhythm_of(field, identifier, meter, number) == rhythm


def test_a_tune_in_another_mode_than_it_says() -> None:
    text = "X:1\nT:x\nM:4/4\nL:1/8\nK:D\n{}|]\n"
    dorian = text.format("E2BE dEBE | E2BE AFDF | E2BE dEBE | B2BA FDE2")
    assert home_of(dorian, "ryans/x", "ryans").mode == "dorian"
    assert home_of(dorian, "ryans/x", "ryans").parts[0].bars[0][0] == "D2"
    # A half close on the second degree of a tune in D stays in D.
    major = text.format("D2FA d2AF | D2FA BAFA | D2FA dAFA | D2FD E4")
    assert home_of(major, "ryans/x", "ryans").mode == "major"


def test_sixteenths_in_two_four_become_eighths() -> None:
    text = "X:1\nT:x\nR:reel\nM:2/4\nL:1/16\nK:C\nC2EG c2BA | G2FE D4 | z2 (3EDC D2EF | C8 |]\n"
    home = home_of(text, "ryans/x", "ryans")
    assert home.meter == "4/4"
    assert home.parts[0].bars[0] == ("C2", "E", "G", "c2", "B", "A")
    polka = "X:1\nT:x\nR:polka\nM:2/4\nL:1/8\nK:C\nCE Gc | GF E2 | DC DE | C4 |]\n"
    assert home_of(polka, "ryans/x", "ryans").meter == "2/4"


def test_parts_written_out() -> None:
    eight = BARS + BARS
    other = tuple(reversed(eight))
    (one, two) = in_parts(tune(HomePart((), eight + eight + other + other))).parts
    assert (one.shape, two.shape) == ("8r", "8r")
    short = HomePart((), eight + other)
    assert in_parts(tune(short)).parts == (short,)
    assert len(in_parts(tune(short, source="ceol_rince")).parts) == 2
    padded = HomePart((), (("z6", "G2"), *eight))
    assert in_parts(tune(padded)).parts[0].pickup == ("G2",)


def test_single_lines() -> None:
    text = "X:1\nT:x\nM:4/4\nL:1/8\nV:1\nV:2\nK:C\n[V:1] C8 | D8 |]\n[V:2] E8 | F8 |]\nw: la la\n"
    line = abc.timeline(single_line(abc.read(text).tunes[0]))
    assert [int(t.pitch) for v in line.voices for t in v.tones] == [64, 65]
    with_stops = tune(HomePart((), (("C+", "E4", "G4"),)))
    assert melody_only(with_stops).parts[0].bars == (("E4", "G4"),)


def test_bad_tunes_cost_only_themselves() -> None:
    found = Tunes()
    add_tune(found, "a", "X:1\nT:x\nM:4/4\nK:C\nC8 | D6 | E8 |]\n", "ryans")
    add_tune(found, "b", "X:1\nT:x\nM:4/4\nL:1/8\nK:C\nC8 | D8 | E8 |]\n", "ryans")
    assert [name for name, _ in found.rows] == ["b"]
    assert sum(found.left_out.values()) == 1


def test_every_tag_can_be_hidden() -> None:
    full = words_of(tune(HomePart((), BARS, True), HomePart((), BARS)))
    for tag in TAGS:
        assert without(full, frozenset([tag])) == words_of(
            tune(HomePart((), BARS, True), HomePart((), BARS)), (tag,)
        )
    natural = ["R:reel", "=A", "=B,2", "=4", "n"]
    assert without(natural, frozenset(["relations"])) == ["R:reel", "=A", "=B,2"]


def test_rows_hold_every_tune_once_and_whole() -> None:
    texts, vocabulary = data()
    rows = pass_rows(texts, vocabulary, length=128, draw=random.Random(1), hide=0.0)
    found = []
    for tokens, pieces in zip(rows.tokens, rows.pieces, strict=True):
        for number in range(pieces.max() + 1):
            words = vocabulary.decode(tokens[pieces == number].tolist())
            found.append(tuple(words))
        assert (tokens[pieces < 0] == vocabulary.pad).all()
    assert sorted(found) == sorted(text.words for text in texts)
    starts = rows.positions[np.diff(rows.pieces, prepend=-2) != 0]
    assert (starts == 0).all()


def test_weights_of_texts() -> None:
    texts, vocabulary = data(10)
    heavy = [Text(text.words, 2.0) for text in texts]
    rows = pass_rows(heavy, vocabulary, length=128, draw=random.Random(1), hide=0.0)
    assert int((rows.tokens == vocabulary.end).sum()) == 20


def test_saved_model_is_a_llama(tmp_path: Path) -> None:
    """transformers and our own lean forward pass read the folder and give the same logits."""
    transformers = pytest.importorskip("transformers")
    from chatmusician.model.backends.lean_llama import LeanLlama, weights_of_folder
    from chatmusician.train.home.net import HomeNet, Shape, attention_mask
    from chatmusician.train.home.save import load_net, save_folder

    texts, vocabulary = data()
    shape = Shape(len(vocabulary), 64, 2, 4, 96)
    net = HomeNet(shape)
    with torch.no_grad():
        for weight in net.parameters():
            weight.copy_((weight + 0.1 * torch.randn_like(weight)).half())
    save_folder(tmp_path, shape, dict(net.state_dict()), vocabulary)
    tokens = torch.tensor([vocabulary.encode(list(texts[0].words))])
    places = torch.arange(tokens.shape[1])[None]
    with torch.no_grad():
        ours = load_net(tmp_path)(
            tokens, places, attention_mask(torch.zeros_like(tokens), torch.float32)
        )
        model = transformers.AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.float32)
        theirs = model(tokens).logits
    assert torch.allclose(ours, theirs, atol=2e-4)
    weights = weights_of_folder(tmp_path, [tmp_path / "model.safetensors"], torch.float32)
    assert weights is not None
    lean = LeanLlama(weights).start([tokens[0].tolist()], 4)
    assert torch.allclose(torch.from_numpy(lean[0]), theirs[0, -1], atol=2e-4)
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path)
    assert tokenizer(" ".join(texts[0].words) + " ").input_ids == tokens[0].tolist()


def test_a_piece_sees_nothing_of_its_neighbour() -> None:
    from chatmusician.train.home.net import HomeNet, Shape, attention_mask

    net = HomeNet(Shape(20, 32, 2, 4, 48)).eval()
    pieces = torch.tensor([[0, 0, 0, 1, 1, 1]])
    places = torch.tensor([[0, 1, 2, 0, 1, 2]])
    mask = attention_mask(pieces, torch.float32)
    one = net(torch.tensor([[1, 2, 3, 4, 5, 6]]), places, mask)
    two = net(torch.tensor([[7, 8, 9, 4, 5, 6]]), places, mask)
    assert torch.allclose(one[:, 3:], two[:, 3:], atol=1e-6)
    assert not torch.allclose(one[:, :3], two[:, :3], atol=1e-4)


def test_training_learns_and_goes_on_where_it_was(tmp_path: Path) -> None:
    from chatmusician.train.home.loop import Run, Training
    from chatmusician.train.home.net import Shape

    texts, vocabulary = data(40)
    held = [list(text.words) for text in texts[:4]]
    shape = Shape(len(vocabulary), 32, 2, 4, 48)

    def training(folder: Path, passes: int) -> Training:
        run = Run(passes=passes, length=96, batch=4, compile=False, falling=0.0, average=0.5)
        return Training(run, shape, vocabulary, texts, folder)

    whole = training(tmp_path / "whole", 4)
    whole.train(held)
    training(tmp_path / "cut", 2).train(held)
    rest = training(tmp_path / "cut", 4)
    rest.train(held)
    entries = [json.loads(line) for line in (tmp_path / "whole" / "passes.jsonl").open()]
    assert entries[-1]["loss"] < entries[0]["loss"]
    assert entries[-1]["hidden"]["tags"] == entries[-1]["hidden"]["relations"] == 0
    assert entries[-1]["shown"]["relations"] > 0
    assert rest.steps == whole.steps
    # The warm-up counts steps of the whole run, so the two differ a little in their rates.
    for one, two in zip(rest.master.parameters(), whole.master.parameters(), strict=True):
        assert torch.allclose(one, two, atol=0.05)
    assert (tmp_path / "cut" / "model" / "model.safetensors").is_file()


def test_bits_add_up(tmp_path: Path) -> None:
    from chatmusician.train.home.measure import CLASSES, bits
    from chatmusician.train.home.net import HomeNet, Shape

    texts, vocabulary = data(6)
    net = HomeNet(Shape(len(vocabulary), 32, 2, 4, 48)).eval()
    found = bits(net, vocabulary, [list(text.words) for text in texts])
    assert sum(found[name] for name in CLASSES) == pytest.approx(found["total"])
    # An untrained net knows nothing: about log2 of the vocabulary a token, the first one free.
    assert found["total"] == pytest.approx(
        (found["tokens"] - 1) * np.log2(len(vocabulary)), rel=0.05
    )


def test_chooser_prefers_a_tune_that_closes() -> None:
    from chatmusician.model.home.choice import RULES as NAMES
    from chatmusician.model.home.choice import Chooser, Rules

    rules = Rules({"": dict.fromkeys(NAMES, (0.0, 1.0))})
    open_end = tune(HomePart((), (*BARS[:3], ("D", "B,") * 4), True))
    closed = tune(HomePart((), BARS, True))
    assert [remark.rule for remark in rules.remarks(open_end)] == ["last is tonic", "last held"]
    assert Chooser(rules, None).best([open_end, closed]) == 1


def test_critic_tells_two_kinds_apart() -> None:
    from chatmusician.model.home.choice import Critic, vector
    from chatmusician.train.home.critic import auc, learn

    draw = random.Random(5)
    wild = [
        tune(
            HomePart(
                (), tuple(tuple(draw.choices(("C2", "g2", "B,2", "e2"), k=4)) for _ in range(8))
            )
        )
        for _ in range(60)
    ]
    calm = [tune(HomePart((), tuple(draw.choice(BARS) for _ in range(8)))) for _ in range(60)]
    learnt = learn([vector(t) for t in calm[:40]], [vector(t) for t in wild[:40]], 0.02)
    scores = [[Critic(learnt).score(t) for t in group[40:]] for group in (calm, wild)]
    assert auc(scores[0], scores[1]) > 0.95
    assert auc([1.0, 2.0], [0.0, 1.5]) == 0.75
