"""Write the client's types from the server's own description: `python tools/client_types.py`.

The OpenAPI document and the schemas of the live documents become web/packages/desk/src/rest.ts: an interface for each
schema, every operation with its parts, answer and refusals, the addresses, the collections of the feed, and the codes
of all refusals that a client can get. tests/server/test_client_types.py fails when the file and the server differ.
"""

from __future__ import annotations

import ast
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from yingda.kernel.bus import BusClient
from yingda.kernel.clock import SystemClock
from yingda.kernel.store import open_store
from yingda.planes.options import Options
from yingda.server import refusals
from yingda.server.app import PREFIX, create_app
from yingda.server.deps import Deps
from yingda.server.feed.schemas import LIVE

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "web" / "packages" / "desk" / "src" / "rest.ts"
ROOMS = ("server", "agents", "calls", "routing")
"""Where refusals arise that reach a client."""
ERRORS = ("YingdaError", "RefusalError")
HEADER = (
    "// What crosses the HTTP API and the feed: written by tools/client_types.py from the server's own description,\n"
    "// not by hand. Times are µs UTC, `_us` fields durations in µs.\n"
)
SIMPLE = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
Schema = Mapping[str, Any]


def described() -> dict[str, Any]:
    """The OpenAPI document of the server as it stands here; nothing is started or stored."""
    with tempfile.TemporaryDirectory() as folder:
        options = Options(data=folder)
        buses = {name: BusClient(options.socket(name)) for name in ("control", "media", "worker")}
        store = open_store(Path(folder))
        try:
            deps = Deps(options=options, store=store, buses=buses, clock=SystemClock(), client=Path(folder))
            return create_app(deps).openapi()
        finally:
            store.close()


def client_types(document: Mapping[str, Any], codes: list[str]) -> str:
    """The whole file."""
    live = models_json_schema([(model, "serialization") for model in LIVE.values()], ref_template="#/x/{model}")[1]
    schemas = {**document["components"]["schemas"], **live["$defs"]}
    asked = _reachable(_bodies(document), schemas)
    interfaces = [_interface(name, schemas[name], whole=name not in asked) for name in sorted(schemas)]
    operations = list(_operations(document))
    parts = [
        HEADER,
        *interfaces,
        _collections(),
        "export interface Operations {\n" + "".join(_operation(*one) for one in operations) + "}\n",
        "export type Operation = keyof Operations;\n",
        _routes(operations),
        "/** The code of every refusal. */\nexport type RefusalCode =\n" + "".join(f'  | "{one}"\n' for one in codes),
    ]
    return "\n".join(parts).rstrip() + ";\n"


def refusal_codes() -> list[str]:
    """Every code that the rooms behind the API refuse with, as it stands in their sources."""
    codes = {"offline", *refusals.STATUS}
    for room in ROOMS:
        for file in sorted((ROOT / "src" / "yingda" / room).rglob("*.py")):
            codes |= set(_codes_in(ast.parse(file.read_text(encoding="utf-8"))))
    return sorted(codes)


def _codes_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS and node.args:
            code = node.args[0]
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                yield code.value


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Schema]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if path.startswith(PREFIX):
                yield method.upper(), path.removeprefix(PREFIX), operation


def _bodies(document: Mapping[str, Any]) -> list[Schema]:
    return [one for _, _, operation in _operations(document) if (one := _body(operation)) is not None]


def _body(operation: Schema) -> Schema | None:
    content = operation.get("requestBody", {}).get("content", {})
    found: Schema | None = content.get("application/json", {}).get("schema")
    return found


def _reachable(roots: list[Schema], schemas: Mapping[str, Schema]) -> set[str]:
    """The names of all schemas that requests carry: there what has a default may be left out."""
    names, rest = set[str](), [json.dumps(root) for root in roots]
    while rest:
        text = rest.pop()
        for name in schemas:
            if name not in names and f'/{name}"' in text:
                names.add(name)
                rest.append(json.dumps(schemas[name]))
    return names


def _interface(name: str, schema: Schema, *, whole: bool) -> str:
    """whole: the server always sends every field."""
    if "properties" not in schema:
        return f"{_said(schema, '')}export type {name} = {_type(schema)};\n"
    needed = set(schema["properties"]) if whole else set(schema.get("required", ()))
    rows = "".join(
        f"{_said(field, '  ')}  {key}{'' if key in needed else '?'}: {_type(field)};\n"
        for key, field in schema["properties"].items()
    )
    return f"{_said(schema, '')}export interface {name} {{\n{rows}}}\n"


def _said(schema: Schema, indent: str) -> str:
    text = " ".join(str(schema.get("description", "")).split())
    return f"{indent}/** {text} */\n" if text else ""


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "const" in schema:
        return json.dumps(schema["const"], ensure_ascii=False)
    if "enum" in schema:
        return " | ".join(json.dumps(one, ensure_ascii=False) for one in schema["enum"])
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return " | ".join(dict.fromkeys(_type(one) for one in schema[union]))
    kind = schema.get("type")
    if kind == "array" and "prefixItems" in schema:
        return f"[{', '.join(_type(one) for one in schema['prefixItems'])}]"
    if kind == "array":
        inner = _type(schema.get("items", {}))
        return f"({inner})[]" if " | " in inner else f"{inner}[]"
    if kind == "object":
        more = schema.get("additionalProperties")
        return f"Record<string, {_type(more) if isinstance(more, Mapping) else 'unknown'}>"
    return SIMPLE.get(str(kind), "unknown")


def _collections() -> str:
    rows = "".join(f"  {name}: {model.__name__};\n" for name, model in LIVE.items())
    return f"/** The document of each collection of the feed. */\nexport interface Live {{\n{rows}}}\n"


def _operation(method: str, path: str, operation: Schema) -> str:
    body = _body(operation)
    answers = {status: one for status, one in operation["responses"].items() if status.startswith("2")}
    refused = [status for status in operation["responses"] if status[0] in "45"]
    summary = f"  /** {operation['summary']} */\n" if operation.get("summary") else ""
    return (
        f"{summary}  {operation['operationId']}: {{\n"
        f"    path: {_parameters(operation, 'path')};\n"
        f"    query: {_parameters(operation, 'query')};\n"
        f"    body: {'null' if body is None else _type(body)};\n"
        f"    answer: {_answer(answers)};\n"
        f"    refusals: {' | '.join(sorted(refused)) or 'never'};\n"
        "  };\n"
    )


def _parameters(operation: Schema, where: str) -> str:
    found = [one for one in operation.get("parameters", ()) if one["in"] == where]
    rows = (f"{one['name']}{'' if one.get('required') else '?'}: {_type(one['schema'])}" for one in found)
    return "{ " + "; ".join(rows) + " }" if found else "null"


def _answer(answers: Mapping[str, Schema]) -> str:
    """void without a body; Blob for files and other texts."""
    kinds = [kind for answer in answers.values() for kind in answer.get("content", {}).items()]
    schemas = [content["schema"] for kind, content in kinds if kind == "application/json" and "schema" in content]
    if schemas:
        return _type(schemas[0])
    return "Blob" if kinds else "void"


def _routes(operations: list[tuple[str, str, Schema]]) -> str:
    rows = "".join(f'  {one["operationId"]}: ["{method}", "{path}"],\n' for method, path, one in operations)
    kind = "as const satisfies { readonly [Each in Operation]: readonly [method: string, path: string] }"
    said = "/** Method and address of each operation, below the API's prefix. */"
    return f"{said}\nexport const ROUTES = {{\n{rows}}} {kind};\n"


def main() -> None:
    FILE.write_text(client_types(described(), refusal_codes()), encoding="utf-8")


if __name__ == "__main__":
    main()
