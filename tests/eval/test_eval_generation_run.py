from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from chatmusician.cli.eval import require
from chatmusician.errors import InputError, MissingDependency, UsageError
from chatmusician.eval.generation.asked import Asked
from chatmusician.eval.generation.outputs import Output, read_outputs
from chatmusician.eval.generation.prompts import load_rows
from chatmusician.eval.generation.run import Job, evaluate, prompts_of
from chatmusician.eval.generation.training import documents, tune_texts
from chatmusician.eval.results import read_items, schema

pytest.importorskip("matplotlib")

Run = Callable[..., "subprocess.CompletedProcess[str]"]
BARS = ["GABc dBGB", "cedc BAGA", "BdgB cedc", "d2BG A2FD", "GBdg fdBG", "ceac BGDG"]


def tune(number: int) -> str:
    """Eight bars, different for each number; every third one is in D."""
    turned = BARS[number % 6 :] + BARS[: number % 6]
    last = ["G4 D4", f"{'ABcdef'[number % 6]}4 G4"]
    body = "|".join([*turned, *last]) + "|]"
    return f"X:1\nM:4/4\nL:1/8\nK:{'D' if number % 3 else 'G'}\n{body}\n"


def rows(numbers: Sequence[int]) -> list[dict[str, str]]:
    made = []
    for number in numbers:
        key = "D" if number % 3 else "G"
        for task, given in (
            ("text-to-music", f"Key {key}\nMeter 4/4\nNote Length 1/8"),
            ("continue", tune(number)[:60]),
            ("question", tune(number)),
        ):
            made.append(
                {
                    "instruction": "Human: Write it.\n",
                    "input": f"{given} </s> ",
                    "output": f"Assistant: {tune(number).strip()} </s> ",
                    "src": "s",
                    "id": f"s/{number}/{task}",
                }
            )
    return made


def write(path: Path, lines: Sequence[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(
        prompts=write(tmp_path / "test.jsonl", rows([0, 1, 2, 3])),
        train=write(tmp_path / "train.jsonl", rows([4, 5])),
        output=str(tmp_path / "out"),
        n=8,
    )


class Writer:
    """A model that writes the row's own answer, with one bar spoiled where it is told to."""

    name, level = "writer", "off"

    def __init__(self, *, spoiled: int = 0, stops_after: int = 10**6) -> None:
        self.fingerprint = {"sha256": "0" * 64}
        self.settings: dict[str, Any] = {"spoiled": spoiled}
        self.batch = 1
        self.spoiled = spoiled
        self.left = stops_after
        self.seeds: dict[str, int] = {}

    def generate(self, prompts: Sequence[Asked], seeds: Sequence[int]) -> Iterator[Output]:
        for asked, seed in zip(prompts, seeds, strict=True):
            if not self.left:
                raise KeyboardInterrupt
            self.left -= 1
            self.seeds[asked.id] = seed
            text = (
                asked.reference.replace("G4 D4", "G4 D") if seed < self.spoiled else asked.reference
            )
            yield Output(asked.id, text, tokens=len(text), seconds=0.5, finish="end", took=0.25)


def row_of(result: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(r["metrics"] for r in result["rows"] if r["name"] == name)
    return found


def test_a_whole_run(job: Job) -> None:
    result = evaluate(job, Writer())
    ours, people = row_of(result, "writer, off"), row_of(result, "people")
    for name in ("reads", "clean", "bars_right", "kept_all", "abc2midi"):
        assert ours[name]["value"] == people[name]["value"] == 1.0, name
    assert ours["tokens"]["value"] == pytest.approx(len(tune(0)) - 1)
    assert ours["seconds"]["value"] == 0.5
    assert ours["distinct"]["value"] == 0.5
    assert [row["group"] for row in result["rows"][2:]] == [
        "task continue",
        "task text-to-music",
        "meter 4/4",
    ]
    assert {file.name for file in Path(job.output).iterdir()} == {
        "items.jsonl",
        "plot.png",
        "result.json",
        "run.json",
        "table.md",
        "times.jsonl",
    }
    assert result["counts"]["items"] == 8
    assert result["provenance"]["programs"]["abc2midi"]


def test_spoiled_bars_are_counted(job: Job) -> None:
    result = evaluate(job, Writer(spoiled=3))
    ours = row_of(result, "writer, off")
    assert ours["clean"]["value"] == pytest.approx(5 / 8)
    assert ours["reads"]["value"] == 1.0
    assert ours["bars_right"]["value"] == pytest.approx(1 - 3 / 64)
    assert ours["bars_unwarned"]["value"] == pytest.approx(1 - 3 / 64)
    assert result["details"]["errors"]["ours"] == {"bar-too-short": 3}


def test_a_stopped_run_goes_on_to_the_same_result(job: Job, tmp_path: Path) -> None:
    whole = evaluate(job, Writer(spoiled=2))
    other = Job(**{**vars(job), "output": str(tmp_path / "parts")})
    first = Writer(spoiled=2, stops_after=3)
    with pytest.raises(KeyboardInterrupt):
        evaluate(other, first)
    assert len(read_items(other.output)) == 3
    second = Writer(spoiled=2)
    resumed = evaluate(other, second)
    assert not first.seeds.keys() & second.seeds.keys()
    for result in (whole, resumed):
        del result["provenance"]["time"]
    assert whole == resumed
    for name in ("items.jsonl", "table.md", "plot.png"):
        ours, theirs = (Path(folder) / name for folder in (job.output, other.output))
        assert ours.read_bytes() == theirs.read_bytes(), name


def test_the_result_has_the_shape_of_its_schema(job: Job) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator(schema()).validate(evaluate(job, Writer(spoiled=2)))


def test_runs_side_by_side(job: Job, tmp_path: Path) -> None:
    evaluate(job, Writer())
    spoiled = Job(**{**vars(job), "output": str(tmp_path / "b"), "against": (job.output,)})
    result = evaluate(spoiled, Writer(spoiled=8))
    found = {c["metric"]: c for c in result["comparisons"]}
    assert found["clean"]["difference"] == -1.0
    assert found["clean"]["p"] == pytest.approx(2 / 2**8)
    assert found["bars_right"]["difference"] == pytest.approx(-1 / 8)
    assert found["tokens"]["difference"] == -1
    names = [row["name"] for row in result["rows"] if not row["group"]]
    assert names == ["writer, off", "writer, off (2)", "people"]
    assert "Side by side" in (Path(spoiled.output) / "table.md").read_text()


def test_copies_and_bits_need_the_training(job: Job) -> None:
    bits = Job(**{**vars(job), "held_out": job.prompts})
    result = evaluate(bits, Writer(), likelihood=lambda texts: [2.0 * len(t) for t in texts])
    assert row_of(result, "writer, off")["bits_per_character"]["value"] == 2.0
    assert 0 < row_of(result, "seven-gram")["bits_per_character"]["value"] < 8
    assert row_of(result, "xz after training")["bits_per_character"]["value"] > 0
    assert row_of(result, "writer, off")["copied"]["n"] == 8
    with pytest.raises(UsageError, match="--train"):
        evaluate(Job(**{**vars(bits), "train": "", "fresh": True}), Writer())


def test_what_was_trained_on_is_found_again(job: Job) -> None:
    """The training holds the prompts' own tunes: everything is a copy."""
    result = evaluate(Job(**{**vars(job), "train": job.prompts}), Writer())
    ours = row_of(result, "writer, off")
    assert ours["copied"]["value"] == 1.0
    assert ours["longest_copy"]["value"] == 8


def test_training_tunes_are_read_once_each(tmp_path: Path) -> None:
    made = [*rows([1, 2]), *rows([2, 3])]
    made.append({**made[0], "id": "s/1/transpose", "output": "Assistant: X:1\nK:C\nCDEF|] </s> "})
    file = write(tmp_path / "rows.jsonl", made)
    assert [text.strip() for text in tune_texts(file)] == [tune(n).strip() for n in (1, 2, 3)]
    (tmp_path / "t.abc").write_text(f"{tune(1)}\n{tune(2)}".replace("X:1\n", "X:1\nT:Name\n"))
    found = [text.strip() for text in tune_texts(str(tmp_path / "t.abc"))]
    assert found == [tune(1).strip(), tune(2).strip()]


def test_a_corpus_is_read_as_it_stands(tmp_path: Path) -> None:
    """Documents with titles and in every key; for copies each tune in its own key, without."""
    titled = tune(1).replace("X:1\n", "X:7\nT:Name\n")
    moved = tune(1).replace("K:D", "K:E")
    lines = [("s/1", titled), ("s/1@+2", moved), ("s/1~1", titled), ("s/2", "No tune.")]
    write(tmp_path / "part-0.jsonl", [{"id": id, "text": text} for id, text in lines])
    (tmp_path / "README.md").write_text("not read")
    assert list(documents(str(tmp_path))) == [titled, moved, "No tune."]
    assert list(tune_texts(str(tmp_path))) == [tune(1)]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no"):
        list(documents(str(tmp_path / "empty")))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{}", "line 2 has no id and text"),
        ("nonsense", "line 2 has no id and text"),
        ('{"id": 1, "text": "again"}', "the id 1 is there twice"),
    ],
)
def test_broken_outputs_are_named(tmp_path: Path, line: str, message: str) -> None:
    file = tmp_path / "o.jsonl"
    file.write_text(f'{{"id": 1, "text": "X:1"}}\n{line}\n')
    with pytest.raises(InputError, match=message):
        read_outputs(str(file))


def test_rows_that_are_none_are_named(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"text": "no row"}\n')
    with pytest.raises(InputError, match="line 1 is no instruction row"):
        load_rows(str(file))


def test_the_command(job: Job, chatmusician: Run, tmp_path: Path) -> None:
    prompts = tmp_path / "prompts.jsonl"
    common = ("eval", "generation", "--prompts", job.prompts, "-n", "8")
    chatmusician(*common, "--only-prompts", str(prompts), code=0)
    asked = [json.loads(line) for line in prompts.read_text().splitlines()]
    assert asked == prompts_of(job)
    outputs = write(tmp_path / "outputs.jsonl", [{"id": a["id"], "text": tune(0)} for a in asked])
    done = chatmusician(*common, "--outputs", outputs, "-o", "report", code=0)
    assert "| read by our reader, %" in done.stdout
    again = chatmusician(*common, "--outputs", outputs, "-o", "report", "--json", code=0)
    assert json.loads(again.stdout)["counts"]["items"] == 8
    other = chatmusician(*common, "--outputs", outputs, "-o", "report", "--seed", "3", code=2)
    assert "another prompts, seed" in other.stderr or "another seed" in other.stderr


def test_a_missing_package_is_named() -> None:
    require(("json",))
    with pytest.raises(MissingDependency, match="no_such_package"):
        require(("json", "no_such_package"))


def test_the_command_starts_light(chatmusician: Run) -> None:
    code = (
        "import sys; import chatmusician.cli.eval as e; [b.load() for b in e.BENCHMARKS];"
        "heavy = {'numpy', 'scipy', 'torch', 'matplotlib', 'music21'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "generation" in chatmusician("eval", "--help", code=0).stdout


def test_missing_texts_are_named(job: Job, chatmusician: Run, tmp_path: Path) -> None:
    outputs = write(tmp_path / "outputs.jsonl", [{"id": "x", "text": "X:1"}])
    arguments = ("eval", "generation", "--prompts", job.prompts, "--outputs", outputs)
    done = chatmusician(*arguments, "-o", "report", code=1)
    assert "has no text for 8 of 8 prompts" in done.stderr
    assert chatmusician("eval", "generation", "--prompts", job.prompts, code=2).stderr
    assert "-n is at least 1" in chatmusician(*arguments, "-n", "0", code=2).stderr
