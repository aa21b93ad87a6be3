"""What is heard in annotated sounds: key, tempo, beats, genre and instruments."""
