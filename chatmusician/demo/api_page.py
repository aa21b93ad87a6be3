"""The REST API's documentation as one page, from its OpenAPI description and without scripts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any

_STYLE = """
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{max-width:60rem;margin:0 auto;padding:1rem}
code,pre{font-family:ui-monospace,monospace;font-size:.9em}
pre{overflow:auto;padding:.75rem;border:1px solid #8886;border-radius:.4rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .5rem;
border-bottom:1px solid #8884;vertical-align:top}h2{margin-top:2.5rem}
.wide{overflow-x:auto}
"""


def api_page(spec: dict[str, Any]) -> str:
    info = spec["info"]
    title = escape(f"{info['title']} {info['version']}")
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>{title}: REST API</title><style>{_STYLE}</style></head><body>",
        f"<h1>{title}: REST API</h1><p>{escape(info['description'])}</p>",
        '<p>As data: <a href="openapi.json">openapi.json</a> (OpenAPI '
        f"{escape(spec['openapi'])}). Errors come as "
        '<code>{"error": "…", "hint": "…"}</code>.</p>',
        *_operations(spec),
        "</body></html>",
    ]
    return "\n".join(parts)


def _operations(spec: dict[str, Any]) -> Iterator[str]:
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            yield f"<h2><code>{method.upper()} /api{escape(path)}</code></h2>"
            yield f"<p>{_prose(operation.get('description', ''))}</p>"
            content = operation.get("requestBody", {}).get("content", {})
            body = content.get("application/json", {}).get("schema")
            if body:
                schema = _resolved(spec, body)
                yield "<h3>Takes</h3>" + _fields(schema, given=True)
                yield f"<pre>{escape(_curl(method, path, schema))}</pre>"
            elif content:
                yield "<h3>Takes</h3><p>the bytes of a file</p>"
            yield from _answer(spec, operation)


def _answer(spec: dict[str, Any], operation: dict[str, Any]) -> Iterator[str]:
    content = operation["responses"]["200"].get("content", {})
    schema = content.get("application/json", {}).get("schema")
    resolved = _resolved(spec, schema) if schema else {}
    if "properties" in resolved:
        yield "<h3>Gives</h3>" + _fields(resolved, given=False)
    else:
        kinds = [kind for kind in content if kind != "application/json"]
        yield f"<h3>Gives</h3><p>{escape(', '.join(kinds))}</p>"


def _resolved(spec: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return spec["components"]["schemas"][name] if name else schema


def _fields(schema: dict[str, Any], *, given: bool) -> str:
    head = "<tr><th>field</th><th>type</th><th>default</th><th></th></tr>" if given else ""
    required = schema.get("required", [])
    rows = []
    for name, field in schema.get("properties", {}).items():
        said = _prose(field.get("description", "")) or _examples(field)
        default = "required" if name in required else json.dumps(field.get("default"))
        cell = f"<td>{escape(default)}</td>" if given else ""
        rows.append(
            f"<tr><td><code>{escape(name)}</code></td><td>{escape(_kind(field))}</td>"
            f"{cell}<td>{said}</td></tr>"
        )
    return f'<div class="wide"><table>{head}{"".join(rows)}</table></div>'


def _kind(field: dict[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(_kind(one) for one in field["anyOf"])
    if "enum" in field:
        return " | ".join(json.dumps(value) for value in field["enum"])
    if "$ref" in field:
        return str(field["$ref"].rpartition("/")[2])
    kind = str(field.get("type", "any"))
    if kind == "array":
        return f"list of {_kind(field.get('items', {}))}"
    low, high = field.get("minimum"), field.get("maximum", field.get("exclusiveMaximum"))
    bounds = f" from {low:g} to {high:g}" if low is not None and high is not None else ""
    return kind + bounds


def _examples(field: dict[str, Any]) -> str:
    return ", ".join(f"<code>{escape(json.dumps(one))}</code>" for one in field.get("examples", []))


def _prose(text: str) -> str:
    """Text with `code` in backquotes."""
    pieces = escape(text).split("`")
    return "".join(f"<code>{p}</code>" if at % 2 else p for at, p in enumerate(pieces))


def _curl(method: str, path: str, schema: dict[str, Any]) -> str:
    given = {
        name: field["examples"][0]
        for name, field in schema.get("properties", {}).items()
        if "examples" in field and (name in schema.get("required", []) or name == "request")
    }
    body = json.dumps(given)
    return (
        f"curl -X {method.upper()} http://127.0.0.1:8888/api{path} \\\n"
        f"  -H 'Content-Type: application/json' -d '{body}'"
    )
