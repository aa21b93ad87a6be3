"""Pictures made safe to stand inside a page: only shapes and text, nothing that acts or loads."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from chatmusician.errors import EngineError

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "{http://www.w3.org/1999/xlink}"
_ALLOWED = {
    "elements": "svg g defs symbol use path rect line polygon polyline ellipse circle text tspan "
    "title",
    "attributes": "id class d x y x1 y1 x2 y2 dx dy cx cy r rx ry points width height viewBox "
    "overflow transform color fill fill-opacity stroke stroke-width stroke-linecap "
    "stroke-linejoin stroke-dasharray opacity font-size font-family font-style font-weight "
    "text-anchor visibility version",
}
_SHAPES = frozenset(_ALLOWED["elements"].split())
_ATTRIBUTES = frozenset(_ALLOWED["attributes"].split())


def safe_svg(drawn: str) -> str:
    """The same picture of allowed elements and attributes alone, without styles and comments."""
    if "<!DOCTYPE" in drawn or "<!ENTITY" in drawn:
        raise EngineError("drawing", "gave a picture that cannot be shown")
    try:
        root = ET.fromstring(drawn)
    except ET.ParseError as error:
        raise EngineError("drawing", "gave a picture that cannot be read") from error
    _clean(root)
    ET.register_namespace("", _SVG)
    return ET.tostring(root, encoding="unicode")


def _clean(element: ET.Element) -> None:
    element.attrib = dict(filter(None, map(_attribute, element.attrib.items())))
    for child in list(element):
        if not isinstance(child.tag, str) or _local(child.tag) not in _SHAPES:
            _drop(element, child)
        else:
            _clean(child)


def _drop(parent: ET.Element, child: ET.Element) -> None:
    at = list(parent).index(child)
    if child.tail:
        if at:
            parent[at - 1].tail = (parent[at - 1].tail or "") + child.tail
        else:
            parent.text = (parent.text or "") + child.tail
    parent.remove(child)


def _local(tag: str) -> str:
    return tag.removeprefix(f"{{{_SVG}}}")


def _attribute(item: tuple[str, str]) -> tuple[str, str] | None:
    name, value = item
    if name in ("href", f"{_XLINK}href"):
        return ("href", value) if value.startswith("#") else None
    if "url(" in value or not (name in _ATTRIBUTES or name.startswith("data-")):
        return None
    return item
