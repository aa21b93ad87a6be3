"""What masking costs: milliseconds per token, and tokens per second with and without it.

Two readings. *Along tunes*: real tunes are pushed token by token, as a model that writes like them
would, and the masks are asked for at each; the cache begins empty. *Generation*: a model (a random
Llama of about 5 M parameters, or one that is given) samples at level brief, and in turns as many
tokens with level off.
Times are processor time of one thread.

    python -m benchmarks.decoding_cost [--tunes N] [--tokens N] [--model MODEL] NAME=VOCABULARY…
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.corpora import CORPORA
from benchmarks.decoding_walks import load
from chatmusician import abc
from chatmusician.abc.check import check
from chatmusician.model.decoding.constraint import Grammar
from chatmusician.model.decoding.plan import BARS, BRIEF, Constraints
from chatmusician.model.decoding.vocabulary import Vocabulary


def tunes(count: int, collection: str = "thesession") -> list[str]:
    """Clean tunes in canonical form that the strict automaton spells to the end."""
    found: list[str] = []
    for piece in CORPORA[collection].pieces():
        book = abc.read(piece.data)
        if len(book.tunes) != 1 or any(p.severity != "info" for p in check(book)):
            continue
        found.append(abc.canonical(book))
        if len(found) == count:
            break
    return found


def longest_first(vocabulary: Vocabulary, text: str) -> list[int]:
    """The text as tokens, the longest that fits each time: near enough to any tokenizer's way."""
    data = text.encode().decode("latin-1")
    ids: list[int] = []
    at = 0
    while at < len(data):
        node, best, size = vocabulary.root, -1, 0
        for depth, char in enumerate(data[at:], 1):
            found = node.next.get(char)
            if found is None:
                break
            node = found
            if node.ids:
                best, size = node.ids[0], depth
        ids.append(best)
        at += size
    return ids


def along(vocabulary: Vocabulary, texts: list[str]) -> dict[str, float]:
    """Milliseconds a token for the masks along tunes, all of them and the second half."""
    grammar = Grammar(Constraints(level=BARS, strict=False), vocabulary)
    spent = [0.0, 0.0]
    tokens = [0, 0]
    for index, text in enumerate(texts):
        tune = grammar.start()
        half = int(index >= len(texts) // 2)
        for token in longest_first(vocabulary, text):
            start = time.process_time()
            ids = tune.allowed()
            if token not in ids:
                break
            tune.push(token)
            spent[half] += time.process_time() - start
            tokens[half] += 1
    return {
        "tunes": len(texts),
        "tokens": sum(tokens),
        "ms a token": 1000 * sum(spent) / sum(tokens),
        "ms a token, second half": 1000 * spent[1] / max(1, tokens[1]),
        "masks kept": grammar.masks.computed,
    }


def random_llama(size: int) -> Any:
    """A Llama of about 5 M parameters, untrained."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=size,
        hidden_size=256,
        intermediate_size=688,
        num_hidden_layers=6,
        num_attention_heads=8,
        max_position_embeddings=2048,
    )
    return LlamaForCausalLM(config).eval()


def generate(model: Any, grammar: Grammar, seed: int, most: int, least: int) -> tuple[float, int]:
    """Processor seconds and tokens of one sampled sequence."""
    import torch
    from transformers import LogitsProcessorList

    from chatmusician.model.decoding.processor import TuneProcessor

    torch.manual_seed(seed)
    prompt = torch.tensor([[0]])
    start = time.process_time()
    with torch.no_grad():
        out = model.generate(
            prompt,
            attention_mask=torch.ones_like(prompt),
            do_sample=True,
            max_new_tokens=most,
            min_new_tokens=least,
            pad_token_id=0,
            eos_token_id=list(grammar.vocabulary.end),
            logits_processor=LogitsProcessorList([TuneProcessor(grammar, budget=most)]),
        )
    return time.process_time() - start, out.shape[1] - 1


def in_turns(model: Any, vocabulary: Vocabulary, most: int, sequences: int) -> None:
    """Each tune at level brief, and at once as many tokens without masks."""
    head = (("M", "4/4"), ("L", "1/8"), ("K", "G"))
    off = Grammar(Constraints(level="off"), vocabulary)
    brief = Grammar(Constraints(level=BRIEF, headers=head, bars=16), vocabulary)
    generate(model, off, 0, 8, 8)
    for turn, cache in enumerate(("empty", "of the tunes before", "of these as well")):
        spent = [0.0, 0.0]
        tokens = 0
        for seed in range(turn * sequences, (turn + 1) * sequences):
            seconds, count = generate(model, brief, seed, most, 0)
            spent[0] += seconds
            spent[1] += generate(model, off, seed, count, count)[0]
            tokens += count
        held, free = (tokens / seconds for seconds in spent)
        print(
            f"  cache {cache} at first: brief {held:.1f}, off {free:.1f} tokens/s: "
            f"{100 * held / free:.0f} % ({tokens} tokens)"
        )


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--tunes", type=int, default=100)
    parser.add_argument("--tokens", type=int, default=0, help="0: no generation")
    parser.add_argument("--sequences", type=int, default=4)
    parser.add_argument("--model", help="a GGUF file or a folder; else a random Llama of 5 M")
    parser.add_argument("vocabularies", nargs="+", metavar="NAME=PATH")
    args = parser.parse_args(argv)
    texts = tunes(args.tunes)
    for named in args.vocabularies:
        name, _, path = named.partition("=")
        load(path)  # once before, for the imports
        start = time.process_time()
        vocabulary = load(path)
        print(f"{name}: {vocabulary.size} pieces, set up in {time.process_time() - start:.2f} s")
        print("  along tunes:", json.dumps(along(vocabulary, texts)))
        if not args.tokens:
            continue
        import torch

        torch.set_num_threads(1)
        model = random_llama(vocabulary.size)
        if args.model:
            from transformers import AutoModelForCausalLM

            where = Path(args.model)
            if where.is_dir():
                model = AutoModelForCausalLM.from_pretrained(where).float().eval()
            else:
                model = AutoModelForCausalLM.from_pretrained(where.parent, gguf_file=where.name)
                model.eval()
        in_turns(model, vocabulary, args.tokens, args.sequences)
    return 0


if __name__ == "__main__":
    sys.exit(main())
