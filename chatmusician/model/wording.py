"""How tasks are asked for, in training rows and in prompts: several wordings each."""

# One wording a line: a table is read by its lines.
# ruff: noqa: E501

from __future__ import annotations

from random import Random
from typing import Final

WORDINGS: Final[dict[str, tuple[str, ...]]] = {
    "text-to-music": (
        "Using ABC notation, recreate the given text as a musical score.",
        "Write a tune in ABC notation that fits this description.",
        "Turn the following particulars into a score in ABC notation.",
        "Compose a tune in ABC with these properties.",
        "Here is what is known about a tune. Write one like it in ABC notation.",
        "Give me an ABC tune that matches the details below.",
        "Make a piece of music in ABC notation from these header details.",
        "I need a melody with the following key, meter and character. Answer in ABC notation.",
    ),
    "chords-to-music": (
        "Develop a musical piece using the given chord progression.",
        "Compose a tune over these chords.",
        "Write a melody in ABC notation that goes with the chord progression below, chords included.",
        "Here are the chords of a tune, in order. Write the tune.",
        "Use the following harmonies, in this order, for a piece in ABC notation.",
        "Make music of this chord sequence.",
        "Set a melody to the progression below and write the chord symbols above it.",
    ),
    "form-to-music": (
        "Craft a musical work that incorporates the given musical pattern as a central element.",
        "Compose a piece that has the following form.",
        "Write a tune in ABC notation whose form is the one named below.",
        "Build a melody on this musical structure.",
        "Give me a piece of music with this form.",
        "Let the structure named here shape a new tune in ABC notation.",
    ),
    "letters-motif-to-music": (
        "Develop a musical piece employing the provided motif and an alphabet-based structure.",
        "Write a tune whose sections follow these letters, each built on its motif.",
        "Compose in ABC notation: the letters give the form, the list the motif of each section.",
        "Using the header, the section letters and the motifs below, write the whole tune.",
        "Work these motifs out into a piece with the given letter form.",
        "Make a tune of this plan: section letters first, then header and motifs.",
    ),
    "terms-motif-to-music": (
        "Create tunes by incorporating the provided motif in the specified composition structure.",
        "Write a piece with the form named below that makes use of these motifs.",
        "Compose a tune in the given form from the given motifs.",
        "Given a musical form and the motif of each section, write the tune in ABC notation.",
        "Work the motifs below into a piece of the named structure.",
        "Develop these motifs in a composition of the following form.",
    ),
    "harmonise": (
        "Formulate chord combinations to increase the harmonic complexity of the specified musical excerpt.",
        "Harmonise this melody with chord symbols.",
        "Add chords to the tune below.",
        "Write suitable chord symbols above this melody and give the whole tune back.",
        "Which chords would accompany this tune? Write them into the ABC.",
        "Find an accompaniment in chord symbols for the melody below.",
    ),
    "bach": (
        "Provide a musical piece that draws inspiration from Bach's compositions.",
        "Write a chorale in the style of Bach.",
        "Compose something that could be by J. S. Bach, in ABC notation.",
        "Give me a piece for several voices in the manner of Bach's chorales.",
        "Write a four-part setting such as Bach would have made.",
        "Let me hear a chorale after the model of Johann Sebastian Bach.",
    ),
    "motif": (
        "Analyze the musical work and pinpoint the consistent melodic element in every section.",
        "Find the motif of each section of this tune.",
        "Which short figure recurs most in each section of the piece below?",
        "Extract one motif per section from this tune.",
        "Name the melodic idea on which each section of this music rests.",
        "List the motif of every section of the following ABC.",
    ),
    "form": (
        "Investigate the attributes of this musical creation and identify its arrangement using suitable music-related terms.",
        "What is the form of this tune? Answer with the musical term.",
        "Name the musical structure of the following piece.",
        "Determine the form of this piece of music.",
        "Look at how the sections of this tune relate and name its form.",
        "Which term describes the structure of the tune below?",
    ),
    "continue": (
        "Continue this tune to its end and give the whole of it.",
        "Here is the beginning of a tune. Complete it.",
        "Finish the following piece in ABC notation; repeat what is given and go on.",
        "Write the rest of this tune. Begin your answer with the part given here.",
        "The tune below breaks off. Write it out to the end.",
        "Complete this beginning in the same style.",
    ),
    "infill": (
        "Some bars of this tune are blank (x). Fill them in and give the whole tune.",
        "Replace the invisible rests in the tune below with music that fits.",
        "Bars are missing where you see x. Write the complete tune.",
        "Complete the bars that hold nothing but x.",
        "Write music for the blank bars of this tune and return all of it.",
    ),
    "variation": (
        "Write a variation of this tune.",
        "Give another setting of the following tune.",
        "How might another player play this tune? Write it in ABC.",
        "Vary the melody below; it should stay recognisable.",
        "Make a new version of this tune in the same key.",
        "Write this tune again with some changes to the melody.",
    ),
    "fix": (
        "This tune has a mistake in its notation. Correct it.",
        "Mend the following ABC.",
        "Something is wrong with this tune. Find it and write the tune as it should be.",
        "Please correct this ABC notation.",
        "A check of this ABC found a problem. Write a correct version.",
        "Repair the tune below and give the whole of it.",
    ),
    "choice": (
        "Read the following questions from the four options (A, B, C and D) given in each question. Choose the best option.",
        "Choose the right answer: A, B, C or D.",
        "One of the four options is correct. Which one?",
        "Answer this multiple-choice question with a letter.",
        "Pick the best of the four options.",
    ),
}  # fmt: skip


HEADER_WORDS: Final = {"M": "Meter", "L": "Note Length", "K": "Key", "R": "Rhythm", "Q": "Tempo"}
"""How a text names the fields of a header."""


def wording(task: str, random: Random) -> str:
    return random.choice(WORDINGS[task])


def quoted(texts: list[str]) -> str:
    """``'Dm', 'C'``; a quote inside (an octave mark) makes it ``"c'"``."""
    return ", ".join(f'"{text}"' if "'" in text else f"'{text}'" for text in texts)
