"""Lyrics, tempo, titles and other text (2.1: 3.1.8, 5, 8)."""

from __future__ import annotations

from tests.abc.cases import Case

_PLAIN = "G4 A4 B4 C5"
_TWO = "G4 A4 B4 C5 D5 E5 F5 G5"


def _sung(
    name: str, words: str, *sung: str, music: str = "GABc|defg|", finds: tuple[str, ...] = ()
) -> Case:
    """Words under eight quarter notes; ``sung`` is ``onset text`` of each syllable."""
    pairs = [s.split(" ", 1) for s in sung]
    return Case(name, f"{music}\n{words}", None, facts={"voices.0.lyrics": pairs}, finds=finds)


def _tempo(
    name: str,
    value: str,
    qpm: str | None,
    text: str | None = "",
    finds: tuple[str, ...] = (),
    head: str = "M:4/4\nL:1/4\nQ:{}\nK:C",
) -> Case:
    facts = {"tempo.qpm": qpm, "tempo.text": text}
    return Case(name, "GABc|", _PLAIN, head=head.format(value), facts=facts, finds=finds)


def _title(name: str, value: str, title: str) -> Case:
    return Case(
        name,
        f"X:1\nT:{value}\nM:4/4\nL:1/4\nK:C\nGABc|\n",
        _PLAIN,
        head=None,
        facts={"text.title": title},
    )


CASES = [
    _sung(
        "words-plain", "w: one two three four five", "0 one", "1 two", "2 three", "3 four", "4 five"
    ),
    _sung("words-hyphen", "w: syl-la-ble end", "0 syl", "1 la", "2 ble", "3 end"),
    _sung("words-two-hyphens", "w: syl-la--ble", "0 syl", "1 la", "3 ble"),
    _sung("words-hyphen-after-space", "w: syl-la -ble", "0 syl", "1 la", "3 ble"),
    _sung("words-held", "w: time__ flies", "0 time", "3 flies"),
    _sung("words-hyphen-held", "w: ti-_me", "0 ti", "2 me"),
    _sung("words-skip", "w: a * * b", "0 a", "3 b"),
    _sung("words-tilde", "w: of~the~day two", "0 of the day", "1 two"),
    _sung("words-escaped-hyphen", "w: pre\\-war two", "0 pre-war", "1 two"),
    _sung("words-next-bar", "w: a b | c d", "0 a", "1 b", "4 c", "5 d"),
    _sung("words-bar-at-its-end", "w: a b c d | e", "0 a", "1 b", "2 c", "3 d", "4 e"),
    _sung("words-accents", "w: \\'el\\`eve na&iuml;ve", "0 élève", "1 naïve"),
    _sung("words-continued", "w: a b\n% a remark\n+: c d", "0 a", "1 b", "2 c", "3 d"),
    _sung(
        "words-continued-over-directive",
        "w: a b\n%%vocalfont Times 12\n+: c d",
        "0 a",
        "1 b",
        "2 c",
        "3 d",
    ),
    _sung(
        "words-after-each-line",
        "w: a b c d\ndefg|\nw: e f",
        "0 a",
        "1 b",
        "2 c",
        "3 d",
        "4 e",
        "5 f",
        music="GABc|",
    ),
    _sung(
        "words-after-all",
        "w: a b c d e f",
        "0 a",
        "1 b",
        "2 c",
        "3 d",
        "4 e",
        "5 f",
        music="GABc|\ndefg|",
    ),
    _sung("words-empty-line", "w:\ndefg|\nw: a b", "4 a", "5 b", music="GABc|"),
    _sung(
        "words-rests-and-graces",
        "w: a b c d e",
        "1 a",
        "2 b",
        "3 c",
        "4 d",
        "5 e",
        music="zG{a}AB|G-GAz|",
    ),
    _sung("words-chords", "w: a b c", "0 a", "1 b", "2 c", music="[GB]A[Bd]c|"),
    _sung(
        "words-too-many",
        "w: a b c d e",
        "0 a",
        "1 b",
        "2 c",
        "3 d",
        music="GABc|",
        finds=("?too-many-syllables 7:1",),
    ),
    Case(
        "words-verses",
        "GABc|\nw: a b c d\nw: e f g h",
        _PLAIN,
        facts={
            "voices.0.verses": [
                [["0", "a"], ["1", "b"], ["2", "c"], ["3", "d"]],
                [["0", "e"], ["1", "f"], ["2", "g"], ["3", "h"]],
            ]
        },
    ),
    Case(
        "words-as-written",
        "GABc|\nw: one two- - three|fo-ur",
        _PLAIN,
        facts={"text.lyrics": [["one", "two", "", "three", "fo", "ur"]]},
        finds=("?too-many-syllables 7:1",),
    ),
    Case(
        "words-in-voices",
        "V:1\nGABc|\nw: a b c d\nV:2\nC2E2|\nw: e f",
        {"1": _PLAIN, "2": "C4*2 E4*2"},
        facts={
            "voices.0.lyrics": [["0", "a"], ["1", "b"], ["2", "c"], ["3", "d"]],
            "voices.1.lyrics": [["0", "e"], ["2", "f"]],
        },
    ),
    Case("words-below", "GABc|\nW: la la la\nW: and so on", _PLAIN),
    _tempo("tempo-beat", "1/4=120", "120"),
    _tempo("tempo-dotted-beat", "3/8=60", "90"),
    _tempo("tempo-half", "1/2 = 72", "144"),
    _tempo("tempo-text-before", '"Allegro" 1/4=132', "132", "Allegro"),
    _tempo("tempo-text-after", '3/8=50 "Slowly"', "75", "Slowly"),
    _tempo("tempo-text-only", '"Andante"', None, "Andante"),
    _tempo("tempo-four-beats", "1/4 3/8 1/4 3/8=40", "200"),
    _tempo("tempo-decimal", "1/4=92.5", "185/2"),
    _tempo("tempo-number", "90", "90", finds=("?old-tempo 5:1",)),
    _tempo(
        "tempo-number-before-unit",
        "90",
        "90",
        finds=("?old-tempo 4:1",),
        head="M:4/4\nQ:{}\nL:1/4\nK:C",
    ),
    _tempo(
        "tempo-number-default-unit",
        "180",
        "90",
        finds=("?old-tempo 3:1",),
        head="Q:{}\nM:4/4\nK:C\n[L:1/4]",
    ),
    _tempo("tempo-letter", "C=90", "90", finds=("?old-tempo 5:1",)),
    _tempo("tempo-letter-times", "C3=30", "90", finds=("?old-tempo 5:1",)),
    _tempo("tempo-unreadable", "quick=", None, None, finds=("bad-tempo 5:1",)),
    _tempo("tempo-word", "Allegro", None, "Allegro", finds=("tempo-words 5:1",)),
    _tempo("tempo-about", "1/4=ca. 80", "80", "ca.", finds=("tempo-words 5:1",)),
    Case(
        "tempo-change",
        "GABc|[Q:1/4=60]GABc|\nQ:1/4=200\nG4|",
        "G4 A4 B4 C5 G4 A4 B4 C5 G4*4",
        head="M:4/4\nL:1/4\nQ:1/4=90\nK:C",
        facts={"tempo.qpm": "90"},
    ),
    _title("title-plain", "The Cat  and the Fiddle", "The Cat  and the Fiddle"),
    _title("title-comment", "Rate 5\\% up % a remark", "Rate 5% up"),
    _title(
        "title-accents",
        "\\'E\\`a\\^o\\~n\\\"u\\cc\\,C\\vs\\uG\\=e\\.z\\;a\\HO",
        "Éàôñüççšğēżąő".replace("çç", "çÇ").replace("ğ", "Ğ").replace("ő", "Ő"),
    ),
    _title(
        "title-letters",
        "\\AA\\aa\\AE\\ae\\OE\\oe\\ss\\/O\\/o\\/L\\/l\\DH\\dh\\TH\\th",
        "ÅåÆæŒœßØøŁłÐðÞþ",
    ),
    _title("title-entities", "&copy; &eacute; &amp; &#233;", "© é & é"),
    _title("title-code-points", "\\u00e9 \\U0001d11e", "é \U0001d11e"),
    Case(
        "title-several",
        "X:1\nT:One\nT:Two\nM:4/4\nL:1/4\nK:C\nT:Part\nGABc|\n",
        _PLAIN,
        head=None,
        facts={"text.title": "One"},
    ),
    Case(
        "title-continued",
        "X:1\nT:One\n+:and more\nM:4/4\nL:1/4\nK:C\nGABc|\n",
        _PLAIN,
        head=None,
        facts={"text.title": "One and more"},
    ),
]
