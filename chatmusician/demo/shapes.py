"""What the REST API takes and gives, with the limits on each field."""

from __future__ import annotations

import random
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chatmusician.demo.listening import Hints
from chatmusician.demo.questions import LONGEST as QUESTION
from chatmusician.demo.questions import Question
from chatmusician.demo.studio import SEEDS, Order

_Line = Annotated[str, StringConstraints(max_length=200)]
Abc = Annotated[str, Field(max_length=100_000, examples=["X:1\nL:1/8\nM:6/8\nK:D\nDFA dfa|d6|]\n"])]


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Text(_Given):
    """A tune in ABC."""

    abc: Abc


class ScoreOf(Text):
    """The picture's staves are at most `width` millimetres wide."""

    width: float = Field(190, ge=60, le=400)


class FileOf(Text):
    """`speed` and `instrument` (a General MIDI name) count for sound alone."""

    format: Literal["abc", "mid", "musicxml", "mxl", "svg", "png", "pdf", "wav"] = "svg"
    speed: float = Field(1.0, ge=0.25, le=4)
    instrument: _Line = ""


class Transposition(Text):
    semitones: int = Field(ge=-24, le=24)


class Brief(_Given):
    """A request in words, in fields, or both; or a change of a given tune."""

    request: str = Field("", max_length=20_000, examples=["a lively jig in D, AABB"])
    key: _Line = Field("", examples=["D", "Em", "Ador"])
    meter: _Line = Field("", examples=["6/8"])
    unit: _Line = Field("", examples=["1/8"])
    rhythm: _Line = Field("", examples=["jig"])
    tempo: _Line = Field("", examples=["120", "1/4=120"])
    bars: int | None = Field(None, ge=1, le=128)
    form: _Line = Field("", examples=["AABB", "Binary"])
    chords: _Line = Field("", examples=["Am G Am Em"])
    motif: _Line = Field("", examples=["DFA dfa"])
    style: _Line = ""
    title: _Line = ""
    change: Literal["", "continue", "infill", "variation", "harmonise"] = ""
    abc: str = Field("", max_length=100_000, description="the tune that is to be changed")
    first: int = Field(0, ge=0, le=10_000, description="infill: from this bar; continue: up to it")
    last: int = Field(0, ge=0, le=10_000, description="infill: up to this bar")
    candidates: int = Field(1, ge=1, le=4)
    seed: int | None = Field(None, ge=0, lt=SEEDS, description="the same seed, the same tunes")
    temperature: float | None = Field(None, ge=0, le=5)

    def order(self) -> Order:
        wanted = {name: getattr(self, name) for name in WANTED}
        return Order(
            request=self.request,
            wanted={name: value for name, value in wanted.items() if value},
            change=self.change,
            abc=self.abc,
            first=self.first,
            last=self.last,
            candidates=self.candidates,
            seed=self.seed,
            temperature=self.temperature,
        )


WANTED = (
    *("key", "meter", "unit", "rhythm", "tempo", "bars"),
    *("form", "chords", "motif", "style", "title"),
)


class Problem(BaseModel):
    """Lines and columns count from 1."""

    line: int
    column: int
    severity: str
    code: str
    message: str
    hint: str


class Checked(BaseModel):
    ok: bool = Field(description="neither an error nor a warning was found")
    problems: list[Problem]


class Lit(BaseModel):
    """The note with the id `e<element>` in the picture sounds from `start` to `end` seconds."""

    element: int
    start: float
    end: float


class Scored(Checked):
    title: str
    bars: int
    seconds: float
    svg: str = Field(description="empty where the tune cannot be drawn: see the remarks")
    lit: list[Lit]
    remarks: list[str]


class Opened(BaseModel):
    abc: str
    format: str


class Known(BaseModel):
    """What is known of a recording. `voice`: one melody line, sung or played; `tempo`: beats of
    the meter a minute."""

    model_config = ConfigDict(extra="forbid")
    voice: bool = False
    tempo: float | None = Field(None, ge=10, le=600)
    meter: _Line = Field("", examples=["6/8"])
    key: _Line = Field("", examples=["D", "Em", "Ador"])
    title: _Line = ""

    def hints(self) -> Hints:
        return Hints(self.voice, self.tempo, self.meter.strip(), self.key.strip(), self.title)


class Piece(Text):
    """A tune, and the name of the recording it was heard in, as `transcribe` gave it. As long as
    the ABC is unchanged the facts are those of the recording, else those of the ABC."""

    heard: _Line = ""


class Said(_Given):
    question: str = Field(max_length=QUESTION)
    answer: str = Field(max_length=20_000)


class Asked(Piece):
    """A question about a tune or a recording; `turns` are those before it."""

    question: str = Field(max_length=QUESTION, examples=["What key is it in?"])
    turns: list[Said] = Field(default_factory=list, max_length=40)
    seed: int | None = Field(None, ge=0, lt=SEEDS, description="the same seed, the same answer")

    def the_question(self) -> Question:
        turns = tuple((turn.question, turn.answer) for turn in self.turns)
        seed = random.randrange(SEEDS) if self.seed is None else self.seed
        return Question(self.question, self.abc, self.heard, turns, seed)


class Answer(BaseModel):
    """`source` says who answers: the facts, nobody (it cannot be told from notes), or the model;
    `bars` are those that the answer speaks of."""

    answer: str
    source: Literal["facts", "cannot tell", "model"]
    method: str
    confidence: float
    bars: list[int]
    seed: int


class Fact(BaseModel):
    """In words; `confidence` from 0 to 1, and how it was found."""

    name: str
    value: str
    method: str
    confidence: float


class Described(BaseModel):
    caption: str
    said: list[Fact]
    facts: dict[str, Any] = Field(description="all that is known: docs/describe.md")


class Transcribed(Described):
    """Times are in seconds: `notes` are start, end, pitch and sureness; `beats` time and number
    in the bar; `bars` number, start, end and sureness; `wave` is how loud it is, evenly from
    beginning to end. `heard` is the recording's name for questions about it."""

    heard: str
    kind: str
    abc: str
    seconds: float
    notes: list[list[float]]
    beats: list[list[float]]
    bars: list[list[float]]
    wave: list[float]
    remarks: list[str]


class Written(BaseModel):
    abc: str


class Composed(BaseModel):
    """The tunes, best first, with their score cards and all that led to them."""

    seed: int
    model: str
    candidates: list[dict[str, Any]]
    understood: list[str]
    not_understood: list[str]
    remarks: list[str]
    brief: dict[str, Any]
    task: str
    prompt: str
    level: str
    held: bool
    interrupted: bool


class Status(BaseModel):
    version: str
    model: str
    waiting: int
    instruments: list[str]


class Failure(BaseModel):
    """What went wrong and what to do about it, in words."""

    error: str
    hint: str = ""
