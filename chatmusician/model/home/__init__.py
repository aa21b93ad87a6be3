"""The bundled model's own text: one voice in a home key, whole notes as words, a plan before it."""
