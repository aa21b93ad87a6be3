"""XML from strangers: no entities, nothing fetched, limits on size, elements and depth.

A ``DOCTYPE`` that names a DTD is accepted and the DTD never read. Entities can only be
declared in the document's own subset, and any such declaration is refused, so there is
nothing to expand. Zip archives (.mxl) are read in memory and to a limit; nothing is
extracted to disk.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Final, NoReturn
from xml.etree import ElementTree
from xml.parsers import expat

from chatmusician.errors import InputError, LimitError

MAX_BYTES: Final = 64 * 1024 * 1024
MAX_ELEMENTS: Final = 4_000_000
MAX_DEPTH: Final = 64
MAX_MEMBERS: Final = 1000
MAX_RATIO: Final = 200
_SMALL: Final = 1024 * 1024
_CONTAINER: Final = "META-INF/container.xml"
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class _PrologEndError(Exception):
    """Raised at the first element, to stop the parser that only reads the prolog."""


def parse(data: bytes) -> ElementTree.Element:
    """The root element of a document."""
    if len(data) > MAX_BYTES:
        raise LimitError(f"the XML is larger than {MAX_BYTES // 1024**2} MB")
    if data.count(b"<") > 2 * MAX_ELEMENTS:
        raise LimitError(f"the XML has more than {MAX_ELEMENTS} elements")
    _check_prolog(data)
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise InputError(_message(error), hint="is it complete?") from error
    except (ValueError, LookupError) as error:
        raise InputError(f"the XML cannot be read: {error}") from error
    _check_depth(root)
    return root


def _message(error: ElementTree.ParseError) -> str:
    line, column = error.position
    what = str(error).split(": line")[0]
    return f"line {line}, column {column + 1}: the XML is broken: {what}"


def _check_prolog(data: bytes) -> None:
    parser = expat.ParserCreate()

    def entity(*_: object) -> NoReturn:
        raise InputError(
            f"line {parser.CurrentLineNumber}: the XML declares an entity; such files are refused",
            hint="open it in a notation program and export it anew",
        )

    def first(*_: object) -> NoReturn:
        raise _PrologEndError

    parser.EntityDeclHandler = entity
    parser.StartElementHandler = first
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    try:
        parser.Parse(data, True)
    except _PrologEndError:
        return
    except expat.ExpatError as error:
        place = f"line {error.lineno}, column {error.offset + 1}"
        what = expat.ErrorString(error.code)
        raise InputError(f"{place}: this is no XML: {what}") from error
    except (ValueError, LookupError) as error:
        raise InputError(f"the XML cannot be read: {error}") from error


def _check_depth(root: ElementTree.Element) -> None:
    level = [root]
    for _ in range(MAX_DEPTH):
        level = [child for element in level for child in element]
        if not level:
            return
    raise LimitError(f"the XML is nested more than {MAX_DEPTH} deep")


def unzip_score(data: bytes) -> bytes:
    """The MusicXML document inside a compressed .mxl file."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _main_document(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise InputError(f"the .mxl archive is damaged: {error}") from error
    except (ValueError, RuntimeError) as error:
        raise InputError(f"the .mxl archive cannot be read: {error}") from error


def _main_document(archive: zipfile.ZipFile) -> bytes:
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise LimitError(f"the .mxl archive has more than {MAX_MEMBERS} members")
    if sum(m.file_size for m in members) > 4 * MAX_BYTES:
        raise LimitError("the .mxl archive would unpack to too much data")
    names = {m.filename: m for m in members}
    if _CONTAINER in names:
        root = parse(_read(archive, names[_CONTAINER]))
        files = [e for e in root.iter() if e.tag.rpartition("}")[2] == "rootfile"]
        path = files[0].get("full-path", "") if files else ""
        if path not in names:
            raise InputError(f"{_CONTAINER} names {path!r}, which the archive does not have")
        return _read(archive, names[path])
    for member in members:
        if member.filename.endswith((".xml", ".musicxml")) and "/" not in member.filename:
            return _read(archive, member)
    raise InputError("the archive holds no MusicXML document")


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """One member, never more than the limits whatever the archive says of its size."""
    if member.flag_bits & 1:
        raise InputError(f"{member.filename!r} in the archive is encrypted")
    if member.compress_type not in _METHODS:
        raise InputError(f"{member.filename!r} in the archive is packed in an unusual way")
    if member.file_size > max(_SMALL, member.compress_size * MAX_RATIO):
        raise LimitError(f"{member.filename!r} is packed beyond {MAX_RATIO}:1; refused")
    with archive.open(member) as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise LimitError(f"{member.filename!r} unpacks to more than {MAX_BYTES // 1024**2} MB")
    return content
