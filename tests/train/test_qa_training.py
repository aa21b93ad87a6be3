"""Rows of corpus qa teach: a model fine-tuned on some answers better about other sounds."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("onnxruntime")
pytest.importorskip("basic_pitch")

from chatmusician.model.names import bundled_folder


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(bundled_folder() is None, reason="no bundled model")
def test_fine_tuning_lowers_the_loss_of_held_out_answers(tmp_path: Path) -> None:
    from benchmarks.qa_training import measure

    found = measure(tmp_path, tracks=10, held_out=3, steps=12)
    assert found["held out"] > 15
    assert found["after"] < 0.7 * found["before"]
