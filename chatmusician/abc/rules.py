"""Every finding there can be: stable code, kind, severity, what it means, what to do.

The table is the reference: ``docs/rules.md`` and the SARIF rules are made from it.
"""

# One rule a row, however long: a table is read by its columns.
# ruff: noqa: E501

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ERROR: Final = "error"
WARNING: Final = "warning"
INFO: Final = "info"


@dataclass(frozen=True)
class Rule:
    code: str
    kind: str
    severity: str
    summary: str
    hint: str
    fixable: bool = False


RULES: Final[tuple[Rule, ...]] = (
    Rule("bar-too-short", "bar-length", ERROR, "A bar holds less than the meter asks and is no pickup.", "Add the missing length, or mark the change of meter with M:."),
    Rule("bar-too-long", "bar-length", ERROR, "A bar holds more than the meter asks.", "Take the surplus out, or put in the missing bar line or M:."),
    Rule("split-bar", "bar-length", INFO, "A line end cuts a bar in pieces, each with a bar line; together they fill it.", "Leave out the bar line at the line's end, or begin the line with the whole bar."),
    Rule("overlay-length", "bar-length", ERROR, "An overlay (&) is not as long as its bar.", "Fill the layer with rests (x) to the length of the bar."),
    Rule("unknown-character", "syntax", WARNING, "A character that means nothing here.", "Remove it, or put words in quotes as an annotation (\"^text\").", True),
    Rule("music-after-blank", "syntax", WARNING, "Music after an empty line, which ended the tune: it is not read.", "Remove the empty line.", True),
    Rule("music-outside-tune", "syntax", WARNING, "Music that belongs to no tune: it is not read.", "Join it to its tune without an empty line or words between, or give it X: and K: of its own."),
    Rule("accidental-sign", "syntax", WARNING, "A ♯, ♭ or ♮, or a # after a note; ABC writes ^, _ or = before the note.", "Write ^, _ or = before the note.", True),
    Rule("foreign-sign", "syntax", WARNING, "A full-width or typographic sign where ABC has a plain one.", "Write the plain ASCII sign.", True),
    Rule("rest-letter", "syntax", WARNING, "An r where a rest is meant; ABC writes z.", "Write z for a rest.", True),
    Rule("decimal-length", "syntax", WARNING, "A length with a decimal point; ABC writes fractions.", "Write the length as a fraction: C3/2.", True),
    Rule("field-in-bar", "syntax", WARNING, "A field inside a line of music without brackets.", "Write the field in brackets: [M:3/4].", True),
    Rule("prose-line", "syntax", WARNING, "A line of words among the music; its letters are read as notes.", "Write % before the line, w: if it is sung, or put the words in quotes."),
    Rule("length-after-slur", "slur", WARNING, "A length after the ) of a slur; it belongs to no note.", "Write each note's own length, or [ ] for a chord: [CEG]2."),
    Rule("unclosed-chord", "syntax", ERROR, "A chord's [ has no ] before the bar or line ends.", "Close the chord with ]."),
    Rule("unclosed-grace", "syntax", ERROR, "A grace group's { has no } on its line.", "Close the grace notes with }."),
    Rule("unclosed-string", "syntax", ERROR, "A quoted text has no closing quote on its line.", "Close the text with \"."),
    Rule("unclosed-field", "syntax", ERROR, "An inline field's [ has no ] on its line.", "Close the field with ]."),
    Rule("empty-chord", "syntax", WARNING, "A chord without notes.", "Remove the empty brackets."),
    Rule("accidental-without-note", "syntax", WARNING, "An accidental with no note after it.", "Put the note after the accidental, or remove the accidental."),
    Rule("misplaced-length", "syntax", WARNING, "A length that belongs to no note.", "Write the length directly after the note."),
    Rule("broken-rhythm-alone", "syntax", WARNING, "A > or < without a note on both sides.", "Put a note or rest before and after it, in one bar."),
    Rule("broken-rhythm-unequal", "syntax", INFO, "A > or < between notes of unequal lengths, which 2.1 leaves undefined; it is not applied.", "Write the lengths out: A3/2B/."),
    Rule("microtone", "syntax", WARNING, "A microtonal accidental; ABC 2.1 has none, the nearest semitone is read.", "Write ^ or _."),
    Rule("ending-number", "syntax", WARNING, "A variant ending's numbers make no sense.", "Write [1, |2, [1,3 or [1-3."),
    Rule("unclosed-decoration", "decoration", WARNING, "A ! or + that opens a decoration has no partner on its line.", "Close the decoration: !trill!."),
    Rule("unknown-decoration", "decoration", WARNING, "A decoration no table knows; it is kept and has no effect.", "Check the spelling against the list of decorations."),
    Rule("old-line-break", "deprecated", INFO, "A single ! as a line break, as older programs wrote it.", "Use $ or a plain line end."),
    Rule("old-chord", "deprecated", WARNING, "A chord between + signs, as in ABC 1.6.", "Write [CEG].", True),
    Rule("missing-x", "header", WARNING, "A tune does not begin with X:.", "Put X:1 before the other fields.", True),
    Rule("empty-x", "header", INFO, "X: is empty.", "Write X:1."),
    Rule("title-order", "header", INFO, "T: is not the second field.", "Put T: right after X:."),
    Rule("old-field", "deprecated", INFO, "A field of ABC 1.x that has no effect now (E: was the space between notes).", "Leave it out."),
    Rule("old-history", "deprecated", INFO, "H: or another text field goes on over lines without +:, as before 2.1.", "Begin each further line with +:."),
    Rule("bad-x", "header", WARNING, "X: holds no number.", "Write X:1."),
    Rule("missing-title", "header", INFO, "No title; ABC 2.1 asks for a T: after X:.", "Add T:."),
    Rule("missing-key", "header", ERROR, "No K: ends the header; no accidentals are taken.", "Add K: as the last header field.", True),
    Rule("field-order", "header", WARNING, "X: must be the first field, T: the second, K: the last.", "Put the fields in order.", True),
    Rule("unknown-field", "header", WARNING, "A field letter ABC 2.1 does not know.", "Use N: for a note, or r: for a remark."),
    Rule("misplaced-field", "header", INFO, "A field that belongs in the header stands in the body.", "Move it above K:."),
    Rule("bad-key", "header", ERROR, "K: cannot be read; of its mode major is taken, of its tonic nothing.", "Write a tonic and a mode: K:D, K:Em, K:Ador."),
    Rule("key-spelling", "header", WARNING, "A key that is spelled otherwise than ABC spells it.", "Write the tonic as a capital letter, and # or b for its sign: K:Am, K:F#m.", True),
    Rule("bad-meter", "header", ERROR, "M: cannot be read.", "Write M:4/4, M:6/8, M:C, M:C| or M:none."),
    Rule("bad-unit", "header", ERROR, "L: cannot be read.", "Write L:1/8."),
    Rule("bad-parts", "header", ERROR, "P: cannot be read as an order of parts.", "Write letters, numbers and brackets: P:(AB)2C."),
    Rule("one-line-tune", "header", WARNING, "A whole tune seems to stand on one line.", "Put each field on its own line (`find` does it)."),
    Rule("bad-symbol", "header", WARNING, "U: cannot be read.", "Write U:T = !trill!."),
    Rule("bad-macro", "header", WARNING, "m: cannot be read.", "Write m:~G2 = {A}G{F}G."),
    Rule("missing-part", "header", WARNING, "The order in P: names a part the tune does not have.", "Mark the part in the body with P:."),
    Rule("unplayed-part", "header", INFO, "The order in P: leaves out a part of the tune, so it is not played.", "Name every part in P:, or remove P: to play the tune as written."),
    Rule("parts-label", "header", INFO, "P: in the header holds words and no order of parts; they are a label.", "Write an order with the letters of the parts (P:AABB), or the words in N:."),
    Rule("bad-tempo", "tempo", WARNING, "Q: cannot be read.", "Write Q:1/4=120."),
    Rule("tempo-words", "tempo", WARNING, "Q: has words outside quotes.", "Put the words in quotes: Q:\"Allegro\" 1/4=120.", True),
    Rule("old-tempo", "deprecated", INFO, "A tempo without a beat (Q:120, Q:C=120), deprecated in 2.1.", "Write the beat: Q:1/4=120.", True),
    Rule("zero-length", "length", ERROR, "A length of zero, or divided by zero; one unit is taken.", "Write a length above zero."),
    Rule("absurd-length", "length", ERROR, "A length beyond anything playable.", "Check the digits."),
    Rule("absurd-unit", "length", ERROR, "A unit or meter beyond the limits of this reader.", "Use a power of two up to 1/512."),
    Rule("tie-to-nothing", "tie", WARNING, "A tie that meets no note of its pitch; it has no effect.", "Tie to the same pitch, or use a slur ( )."),
    Rule("tie-apart", "tie", WARNING, "A tie that does not stand directly after its note; it is read as if it did.", "Write the - directly after the first note: C4- C4."),
    Rule("unclosed-slur", "slur", WARNING, "A slur's ( has no ).", "Close the slur with )."),
    Rule("slur-not-open", "slur", WARNING, "A ) that closes no slur.", "Remove it, or open the slur with (."),
    Rule("tuplet-short", "tuplet", WARNING, "A tuplet ends before it has all its notes.", "Complete it, or state the count: (3:2:2."),
    Rule("tuplet-outside", "tuplet", WARNING, "A tuplet's number before its bracket.", "Write the number after the bracket: (3CDE.", True),
    Rule("bad-tuplet", "tuplet", WARNING, "A tuplet with numbers that make no sense.", "Write (3, (3:2 or (3:2:2 with numbers from 2 to 99."),
    Rule("repeat-not-closed", "repeat", WARNING, "A |: is never closed.", "Close the repeat with :|."),
    Rule("ending-alone", "repeat", WARNING, "A variant ending outside any repeat, or its partners are missing.", "Write |1 … :|2 …"),
    Rule("too-many-events", "limit", ERROR, "Repeats and parts expand beyond the limit; the tune is played as written.", "Write fewer repeats or parts."),
    Rule("resolution", "limit", ERROR, "The lengths of this tune need more precision than the limit allows; some are rounded.", "Use simpler lengths."),
    Rule("too-deep", "limit", ERROR, "More brackets, tuplets or voices than the limit allows.", "Simplify the tune."),
    Rule("voice-length", "bar-count", WARNING, "Voices of one tune differ in their number of bars.", "Fill the shorter voice with rests (Z)."),
    Rule("bad-voice", "voice", WARNING, "V: without a name.", "Write V:1."),
    Rule("voice-mismatch", "voice", WARNING, "A bar is not equally long in all voices.", "Make the bar as long as in the first voice."),
    Rule("too-many-syllables", "lyrics", INFO, "More syllables than notes to sing them.", "Move the words to the next line, or add the notes."),
    Rule("lyrics-without-notes", "lyrics", INFO, "A w: line with no music before it.", "Put w: after its line of music."),
    Rule("out-of-range", "range", WARNING, "A note the instrument cannot play.", "Transpose the tune or the note."),
    Rule("bad-directive", "directive", WARNING, "A %% line whose value cannot be read; it is ignored.", "See the documentation of the directive."),
    Rule("bad-score", "directive", WARNING, "%%score or %%staves with brackets that do not match, or a voice named twice.", "Close each ( [ and {, and name each voice once."),
    Rule("unknown-voice", "voice", WARNING, "%%score or %%staves names a voice the tune does not have.", "Write the voice as V: has it, or take it out."),
    Rule("voice-not-drawn", "voice", INFO, "%%score or %%staves leaves out a voice: it sounds and stays in MusicXML, but no picture shows it.", "Name the voice in %%score if it is to be drawn."),
    Rule("score-change", "directive", INFO, "%%score or %%staves changes the staves inside the tune; pictures keep one set of staves, with the voices of all directives.", "Draw with abcm2ps (--engine abcm2ps), which changes them."),
    Rule("directive-not-honoured", "directive", INFO, "A directive that changes nothing here.", "Draw with abcm2ps (--engine abcm2ps) if it is about the look of the page."),
    Rule("undeclared-encoding", "encoding", WARNING, "The file is not UTF-8 and declares nothing; Latin-1 is taken.", "Save it as UTF-8, or add %%abc-charset iso-8859-1."),
    Rule("wrong-encoding", "encoding", WARNING, "The file is not in the encoding it declares.", "Save it as UTF-8."),
    Rule("unknown-charset", "encoding", WARNING, "An unknown name after abc-charset.", "Use utf-8 or iso-8859-1."),
    Rule("empty-tune", "empty", WARNING, "A tune without a note.", "Add the music after K:."),
    Rule("no-tunes", "empty", ERROR, "No tune was found.", "A tune begins with X: and has a K: line."),
)  # fmt: skip

BY_CODE: Final[dict[str, Rule]] = {rule.code: rule for rule in RULES}
