"""Audio to notes, bars and ABC text; facts and answers about a piece.."""
