"""Draw the pictures of the documentation, docs/img, from docs/pictures.abc.

python scripts/build_pictures.py
"""

from __future__ import annotations

from pathlib import Path

from chatmusician import abc
from chatmusician.abc.pictures import PageOptions, draw
from chatmusician.abc.plots import overview, piano_roll
from chatmusician.files import write_atomic

DOCS = Path(__file__).resolve().parent.parent / "docs"
WIDTH = 900


def main() -> None:
    reel, song, voices, jig = abc.read((DOCS / "pictures.abc").read_bytes()).tunes
    page = PageOptions("fit", width=WIDTH)
    tunes = {"reel": reel, "song": song, "voices": voices, "jig": jig}
    wanted = [(name, "verovio") for name in tunes]
    wanted += [(name, engine) for name in ("reel", "jig") for engine in ("musescore", "abcm2ps")]
    pictures = {
        f"score-{name}{'' if engine == 'verovio' else f'-{engine}'}": draw(
            tunes[name], engine=engine, format="png", page=page
        ).pages[0]
        for name, engine in wanted
    }
    pictures["piano-roll"] = piano_roll(reel, width=WIDTH)
    pictures["overview"] = overview(reel, width=WIDTH)
    (DOCS / "img").mkdir(exist_ok=True)
    for name, data in pictures.items():
        write_atomic(str(DOCS / "img" / f"{name}.png"), data)
        print(f"docs/img/{name}.png: {len(data) // 1024} kB")


if __name__ == "__main__":
    main()
