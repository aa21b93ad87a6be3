"""Questions about music: are the answers right, and how much like the reference are their words?"""
