"""`eval generation`: how good the tunes are that a model writes, beside those of people."""
