"""Corpus, tasks, pre-training, fine-tuning, merging and exporting. Still empty."""
