"""How much the words of an answer overlap with a reference: BLEU, METEOR, ROUGE-L, BERTScore.

None of them knows whether an answer is right: an answer to another track's question scores
high. So they are only ever shown beside a floor of shuffled answers.

``bleu`` is sacrebleu's corpus BLEU (0 to 1), ``rouge_l`` the mean F of rouge-score with its
stemmer, ``meteor`` nltk's mean over words, with stems but without synonyms (those need WordNet,
which nltk does not bring). ``mu_llama_bleu`` and ``mu_llama_rouge`` are MU-LLaMA's own: BLEU of
characters, and the recall of ROUGE-L. BERTScore is the mean F of bert-score with a model that
is named; without one it is left out.
"""

from __future__ import annotations

import importlib
import re
import warnings
from collections.abc import Sequence
from typing import Any

from chatmusician.errors import MissingDependency

HOW = "pip install sacrebleu rouge-score nltk"


def overlap(
    references: Sequence[str], answers: Sequence[str], *, bert: str | None = None
) -> dict[str, float]:
    """Every measure over all pairs."""
    found = {
        "bleu": _package("sacrebleu").corpus_bleu(list(answers), [list(references)]).score / 100,
        "meteor": _mean(map(meteor, references, answers)),
        "rouge_l": _mean(rouge_l(r, a)[1] for r, a in zip(references, answers, strict=True)),
        "mu_llama_bleu": _mean(map(bleu_of_characters, references, answers)),
        "mu_llama_rouge": _mean(rouge_l(r, a)[0] for r, a in zip(references, answers, strict=True)),
    }
    if bert:
        found["bertscore"] = _bertscore(references, answers, bert)
    return found


def meteor(reference: str, answer: str) -> float:
    module = _package("nltk.translate.meteor_score")
    pair = [_words(reference)], _words(answer)
    return float(module.meteor_score(*pair, wordnet=_NoSynonyms())) if all(pair) else 0.0


def rouge_l(reference: str, answer: str) -> tuple[float, float]:
    """Recall and F of the longest common subsequence of words."""
    scorer = _package("rouge_score.rouge_scorer").RougeScorer(["rougeL"], use_stemmer=True)
    found = scorer.score(reference, answer)["rougeL"]
    return float(found.recall), float(found.fmeasure)


def bleu_of_characters(reference: str, answer: str) -> float:
    """nltk's sentence BLEU given strings, so that a token is a character."""
    module = _package("nltk.translate.bleu_score")
    if not answer:
        return 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(module.sentence_bleu([reference], answer))


class _NoSynonyms:
    def synsets(self, word: str) -> list[Any]:
        return []


def _bertscore(references: Sequence[str], answers: Sequence[str], model: str) -> float:
    scorer = _package("bert_score", "pip install bert-score")
    found = scorer.score(list(answers), list(references), model_type=model, verbose=False)
    return float(found[2].mean())


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9#/'.]+", text.lower())


def _mean(values: Any) -> float:
    kept = list(values)
    return sum(kept) / len(kept) if kept else 0.0


def _package(name: str, how: str = HOW) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingDependency(name.partition(".")[0], how=how) from error
