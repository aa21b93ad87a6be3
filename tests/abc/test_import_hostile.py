"""Files made to harm: each is refused with a clear error, in little time and memory."""

from __future__ import annotations

import contextlib
import io
import random
import zipfile

import pytest

from chatmusician.abc.imports import from_kern, from_musicxml, from_mxl
from chatmusician.errors import ChatMusicianError, InputError, LimitError

NOTE = "<note><pitch><step>C</step><octave>4</octave></pitch><duration>4</duration></note>"
START = "<divisions>4</divisions>"


def xml(measure: str = f"<attributes>{START}</attributes>{NOTE}", prolog: str = "") -> bytes:
    return (
        f'{prolog}<score-partwise><part-list/><part id="P1"><measure number="7">{measure}'
        "</measure></part></score-partwise>"
    ).encode()


def mxl(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def container(path: str) -> bytes:
    return f'<container><rootfiles><rootfile full-path="{path}"/></rootfiles></container>'.encode()


LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)


@pytest.mark.parametrize(
    "prolog",
    [
        LAUGHS,
        '<!DOCTYPE score-partwise [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE score-partwise [<!ENTITY % x SYSTEM "http://127.0.0.1/x">%x;]>',
        '<!DOCTYPE score-partwise PUBLIC "a" "http://127.0.0.1/b" [<!ENTITY x "y">]>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused(prolog: str, encoding: str) -> None:
    start = '<?xml version="1.0"?>' if encoding == "utf-8" else ""
    data = (start + prolog + xml().decode().replace("7", "&x;")).encode(encoding)
    with pytest.raises(InputError, match="declares an entity"):
        from_musicxml(data)


def test_the_plain_doctype_is_accepted_and_not_fetched() -> None:
    prolog = (
        '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" '
        '"http://127.0.0.1:9/never.dtd">'
    )
    assert "C2 |" in from_musicxml(xml(prolog=prolog)) or "C |" in from_musicxml(xml(prolog=prolog))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no XML"),
        (b"\0\1\2", "no XML"),
        (b"X:1\nK:C\nabc|", "no XML"),
        (b"<score-partwise><part>", "line 1, column"),
        (b"<html/>", "no MusicXML score"),
        (b"<score-partwise/>", "no measures"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "XML"),
        (xml().replace(b"7", b"&undefined;"), "broken"),
        (xml("<attributes><divisions>0</divisions></attributes>"), "part P1, measure 7: divisions"),
        (xml("<attributes><divisions>-4</divisions></attributes>"), "divisions -4"),
        (xml("<attributes><divisions>many</divisions></attributes>"), "'many' is no number"),
        (xml(NOTE.replace(">4</dur", ">-4</dur")), "duration -4 is below zero"),
        (xml(NOTE.replace(">4</dur", ">1e9</dur")), "'1e9' is no number"),
        (xml(NOTE.replace(">C<", ">H<")), "a pitch on step 'H'"),
        (xml(NOTE.replace(">4</oct", ">400</oct")), "octave 400"),
        (xml("<attributes><key><fifths>99</fifths></key></attributes>"), "fifths 99"),
    ],
)
def test_broken_scores(data: bytes, message: str) -> None:
    with pytest.raises(InputError) as caught:
        from_musicxml(data)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (xml("<attributes><divisions>1000000000</divisions></attributes>"), "divisions of 1000000"),
        (xml(NOTE.replace(">4</dur", ">999999999</dur")), "a duration of more than 256"),
        (xml(NOTE.replace(">4</dur", ">250</dur") * 5), "quarter notes long"),
        (xml("<backup><duration>999999999</duration></backup>"), "a duration of more than 256"),
        (b"<a>" * 100 + b"</a>" * 100, "nested more than 64 deep"),
        (b"<a>" * 300_000 + b"</a>" * 300_000, "nested more than 64 deep"),
        (b"<a>" + b"<b/>" * 8_100_000 + b"</a>", "more than 4000000 elements"),
        (b"<score-partwise><part id='a'>" + b"<measure/>" * 30_000 + b"</part></score-partwise>",
         "30000 measures; at most 20000"),
        (b"<score-partwise>" + b"".join(b"<part id='%d'><measure/></part>" % n for n in range(300))
         + b"</score-partwise>", "300 parts"),
        (xml("".join(NOTE.replace("</note>", f"<staff>{n % 100}</staff></note>")
                     for n in range(100))).replace(b"</part>", b"</part>" + b"".join(
            xml("".join(NOTE.replace("</note>", f"<staff>{n % 100}</staff></note>")
                        for n in range(100)))
            .split(b"<part-list/>")[1].split(b"</score")[0].replace(b"P1", b"Q%d" % k)
            for k in range(2)), 1), "300 staves"),
    ],
    ids=lambda v: v[:20] if isinstance(v, str) else "",
)  # fmt: skip
def test_too_much(data: bytes, message: str) -> None:
    with pytest.raises(LimitError) as caught:
        from_musicxml(data)
    assert message in str(caught.value)


def test_too_large() -> None:
    with pytest.raises(LimitError, match="larger than 64 MB"):
        from_musicxml(b" " * (64 * 1024 * 1024 + 1))


def test_a_zip_bomb_is_refused() -> None:
    bomb = mxl(**{"META-INF/container.xml": container("a.xml"), "a.xml": b" " * 30_000_000})
    with pytest.raises(LimitError, match="packed beyond"):
        from_mxl(bomb)


def test_a_zip_that_lies_about_its_size() -> None:
    """The directory says 10 bytes; what is read is checked against it."""
    data = mxl(**{"a.xml": xml() + b" " * 2_000_000})
    size = (len(xml()) + 2_000_000).to_bytes(4, "little")
    assert data.count(size) >= 1
    with pytest.raises(InputError, match=r"archive|no XML|broken"):
        from_mxl(data.replace(size, (10).to_bytes(4, "little")))


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (b"", InputError, "damaged"),
        (b"PK\3\4 no archive", InputError, "damaged"),
        (mxl(), InputError, "holds no MusicXML"),
        (mxl(**{"readme.txt": b"x"}), InputError, "holds no MusicXML"),
        (mxl(**{"META-INF/container.xml": container("../../etc/passwd")}), InputError, "names"),
        (mxl(**{"META-INF/container.xml": b"<container/>"}), InputError, "names ''"),
        (mxl(**{f"{n}.txt": b"" for n in range(1001)}), LimitError, "1000 members"),
        (mxl(**{"a.xml": xml()})[:-30], InputError, "damaged"),
    ],
)
def test_broken_archives(data: bytes, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        from_mxl(data)
    assert message in str(caught.value)


def test_noise_is_never_a_crash() -> None:
    """Small changes to good files: a text or one of our errors."""
    chance = random.Random(5)
    good = xml(f"<attributes>{START}<clef><sign>G</sign></clef></attributes>{NOTE * 3}")
    packed = mxl(**{"META-INF/container.xml": container("a.xml"), "a.xml": good})
    humdrum = b"**kern\t**text\n*M4/4\t*\n4c [4e\tla\n=\t=\n*^\t*\n4e]\t8f\t.\n*v\t*v\t*\n*-\t*-\n"
    read = 0
    for source, convert in ((good, from_musicxml), (packed, from_mxl), (humdrum, from_kern)):
        for _ in range(400):
            data = bytearray(source)
            for _ in range(chance.randint(1, 6)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            with contextlib.suppress(ChatMusicianError):
                read += convert(bytes(data)).startswith("X:")
    assert read
