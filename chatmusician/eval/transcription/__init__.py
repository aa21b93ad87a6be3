"""How well played music becomes a score: performers, truths, metrics and outside programs."""
