"""Briefs: a request in words or flags as data; its prompt, its constraints, its check."""
