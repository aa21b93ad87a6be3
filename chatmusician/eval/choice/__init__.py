"""Multiple choice: MusicTheoryBench, MMLU and our own theory questions, by one engine."""

# Shots and orders of the options where nothing is said: those of the papers.
USUAL = {"mtb": (0, 5), "mmlu": (5, 0), "theory": (0, 0)}
