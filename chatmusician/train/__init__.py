"""Corpus, tasks, preprocessing, training, merging and exporting."""
