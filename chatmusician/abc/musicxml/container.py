"""Compressed MusicXML: the .mxl zip container."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Final

_MIMETYPE: Final = b"application/vnd.recordare.musicxml"
# The oldest time a zip can state: the same score gives the same bytes.
_WHEN: Final = (1980, 1, 1, 0, 0, 0)


def to_mxl(xml: bytes, name: str) -> bytes:
    """An .mxl file that holds ``xml`` as ``name`` (a bare file name)."""
    plain = re.sub(r"[^\w .()-]", "_", name).strip(" .") or "score"
    if not plain.lower().endswith((".musicxml", ".xml")):
        plain += ".musicxml"
    container = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<container>\n  <rootfiles>\n'
        f'    <rootfile full-path="{plain}" media-type="application/vnd.recordare.musicxml+xml"/>\n'
        "  </rootfiles>\n</container>\n"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        # The type comes first and uncompressed, so that programs find it at a fixed place.
        _add(archive, "mimetype", _MIMETYPE, zipfile.ZIP_STORED)
        _add(archive, "META-INF/container.xml", container.encode(), zipfile.ZIP_DEFLATED)
        _add(archive, plain, xml, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _add(archive: zipfile.ZipFile, name: str, data: bytes, method: int) -> None:
    info = zipfile.ZipInfo(name, _WHEN)
    info.external_attr = 0o644 << 16
    archive.writestr(info, data, method)
