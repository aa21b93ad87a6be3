"""Benchmarks: theory questions, generation, transcription, answers about audio."""
