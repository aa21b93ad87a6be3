"""Language models: chat format, loading, generation, briefs, composing; bar-exact decoding."""
