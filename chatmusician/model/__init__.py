"""The chat format; loading, generation and bar-exact decoding are to come."""
