"""Multiple choice: MusicTheoryBench, MMLU and our own theory questions, by one engine."""
