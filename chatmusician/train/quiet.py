"""Silence for what libraries say to each other: progress bars, older names, guesses."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """Only what nobody but the libraries' authors could mend; errors and real warnings stay."""
    import torch
    import transformers

    if not torch.cuda.is_available():
        os.environ.setdefault("DS_ACCELERATOR", "cpu")  # DeepSpeed guesses, and says so at length
    transformers.utils.logging.disable_progress_bar()
    with warnings.catch_warnings():
        # peft 0.21 asks transformers 5.23 for `is_gradient_checkpointing`, DeepSpeed 0.19 torch
        # 2.13 for `all_gather_into_tensor`: names that are still there.
        warnings.filterwarnings("ignore", ".*is deprecated", FutureWarning)
        yield
