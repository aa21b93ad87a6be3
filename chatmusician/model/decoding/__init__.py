"""Bar-exact decoding: masks that let a model write only tunes that add up (docs/decoding.md)."""
