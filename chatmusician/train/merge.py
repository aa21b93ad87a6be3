"""An adapter folded into its base, saved only when both give the same logits."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from chatmusician.errors import ChatMusicianError
from chatmusician.files import share
from chatmusician.model.pretrained import check_adapter
from chatmusician.train.build import load_adapter, load_base, load_tokenizer
from chatmusician.train.quiet import quiet

TOLERANCE = 1e-3
_PROBE = "Human: Write a reel in D. </s> Assistant: X:1\nM:4/4\nK:D\n|: dfaf gfed :|"


def merge(
    adapter: str, output: str, *, base: str = "", dtype: str = "float16", shard: str = "5GB"
) -> dict[str, Any]:
    """Merge in fp32, compare, save as safetensors with the tokenizer and the run's result."""
    with quiet():
        return _merge(adapter, output, base, dtype, shard)


def _merge(adapter: str, output: str, base: str, dtype: str, shard: str) -> dict[str, Any]:
    import peft
    import torch

    check_adapter(adapter)
    settings = peft.PeftConfig.from_pretrained(adapter)
    base = base or settings.base_model_name_or_path or ""
    tokenizer = load_tokenizer(adapter)
    tokens = torch.tensor([tokenizer(_PROBE, add_special_tokens=False)["input_ids"]])
    plain = load_base(base, dtype=torch.float32)
    model = load_adapter(plain, adapter).eval()
    with torch.no_grad():
        before = model(tokens).logits
        merged = model.merge_and_unload(safe_merge=True)
        after = merged(tokens).logits
    apart = (before - after).abs().max().item()
    if not apart <= TOLERANCE * max(1.0, before.abs().max().item()):
        raise ChatMusicianError(f"merged and adapter logits differ by {apart:.2g}: nothing saved")
    merged.config.use_cache = True
    merged.to(getattr(torch, dtype)).save_pretrained(output, max_shard_size=shard)
    share(output)
    tokenizer.save_pretrained(output)
    if (result := Path(adapter) / "result.json").is_file():
        shutil.copy(result, output)
    return {"base": base, "adapter": adapter, "output": output, "logits_apart": apart}
