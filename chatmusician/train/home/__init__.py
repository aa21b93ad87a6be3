"""Training of the bundled model: its tunes, its vocabulary, its loop and its measures."""
