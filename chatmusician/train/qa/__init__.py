"""Questions and answers over annotated audio sets, in the forms of MusicQA, LLark and our rows."""
