"""The smallest acceptable body of an operation, made from its OpenAPI, so that no operation can be forgotten."""

import re
from collections.abc import Mapping
from typing import Any

# Texts to try against a pattern; the first that fits is taken.
TEXTS = ("1", "1250.00", "USD", "DE", "2026-02", "abcdefabcdef", "0.2", "x1")


def smallest_body(operation: Mapping[str, Any], openapi: Mapping[str, Any], known: Mapping[str, Any]) -> Any:
    """`known`: what to write into a field of that name, wherever it stands and even where it may be left out."""
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return None
    return _value("", content["application/json"]["schema"], openapi, known)


def _value(  # noqa: PLR0911  (a return for each kind of schema)
    name: str, schema: Mapping[str, Any], openapi: Mapping[str, Any], known: Mapping[str, Any]
) -> Any:
    schema = _resolved(schema, openapi)
    if name in known and (not isinstance(known[name], str) or _takes_text(schema, openapi)):
        return known[name]
    for variants in ("anyOf", "oneOf"):
        if variants in schema:
            return _value(name, schema[variants][0], openapi, known)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        wanted = set(schema.get("required", ()))
        fields = schema.get("properties", {})
        return {
            field: _value(field, inner, openapi, known)
            for field, inner in fields.items()
            if field in wanted or field in known
        }
    if kind == "array":
        return [_value(name, schema.get("items", {}), openapi, known)] * max(1, schema.get("minItems", 0))
    if kind == "integer":
        return int(schema.get("minimum", 1))
    if kind == "boolean":
        return True
    return _text(schema)


def _text(schema: Mapping[str, Any]) -> str:
    dated = {"date": "2026-02-01", "date-time": "2026-02-01T09:00:00Z"}
    if schema.get("format") in dated:
        return dated[schema["format"]]
    if schema.get("examples"):
        return str(schema["examples"][0])
    pattern = schema.get("pattern", "")
    fitting = (text for text in TEXTS if re.search(pattern, text) and len(text) >= schema.get("minLength", 0))
    return next(fitting, "x" * max(1, schema.get("minLength", 1)))


def _takes_text(schema: Mapping[str, Any], openapi: Mapping[str, Any]) -> bool:
    variants = [schema, *(_resolved(one, openapi) for one in schema.get("anyOf", ()))]
    return any(one.get("type") == "string" for one in variants)


def _resolved(schema: Mapping[str, Any], openapi: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = openapi["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema
