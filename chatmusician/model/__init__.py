"""Chat format, loading, generation and bar-exact decoding. Still empty."""
