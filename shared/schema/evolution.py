"""Evolution rules: what a new version of a schema may change so that old readers and old records keep working.

Full compatibility in both directions, checked structurally: stricter than Avro's own checker where that one is silent
(logical types, enum symbols without a default, fields without doc).
"""

from typing import Any


def incompatibilities(new: Any, old: Any) -> list[str]:
    """Why ``new`` may not follow ``old``, as sentences; empty if it may."""
    problems: list[str] = []
    _compare(new, old, _names(new), _names(old), "", problems, set())
    return problems


def _names(schema: Any) -> dict[str, dict[str, Any]]:
    """Named types by full name."""
    found: dict[str, dict[str, Any]] = {}

    def walk(node: Any) -> None:
        if isinstance(node, list):
            for item in node:
                walk(item)
        elif isinstance(node, dict):
            if node.get("type") in ("record", "enum"):
                found[f"{node.get('namespace', '')}.{node['name']}"] = node
            for field in node.get("fields", ()):
                walk(field["type"])
            for key in ("items", "values"):
                if key in node:
                    walk(node[key])

    walk(schema)
    return found


def _compare(
    new: Any,
    old: Any,
    new_names: dict[str, dict[str, Any]],
    old_names: dict[str, dict[str, Any]],
    path: str,
    problems: list[str],
    done: set[str],
) -> None:
    new = new_names.get(new, new) if isinstance(new, str) else new
    old = old_names.get(old, old) if isinstance(old, str) else old
    where = path or "record"
    if isinstance(new, list) != isinstance(old, list) or _kind(new) != _kind(old):
        problems.append(f"{where}: type changed from {_kind(old)} to {_kind(new)}")
        return
    if isinstance(new, list):
        if [_kind(arm) for arm in new] != [_kind(arm) for arm in old]:
            problems.append(f"{where}: union changed")
            return
        for new_arm, old_arm in zip(new, old, strict=True):
            _compare(new_arm, old_arm, new_names, old_names, path, problems, done)
        return
    if _logical(new) != _logical(old):
        problems.append(f"{where}: logical type changed from {_logical(old)} to {_logical(new)}")
    if not isinstance(new, dict) or not isinstance(old, dict):
        return
    if new["type"] == "record":
        _compare_records(new, old, new_names, old_names, path, problems, done)
    elif new["type"] == "enum":
        _compare_enums(new, old, where, problems)
    elif new["type"] in ("array", "map"):
        key = "items" if new["type"] == "array" else "values"
        _compare(new[key], old[key], new_names, old_names, f"{path}[]", problems, done)


def _compare_records(
    new: dict[str, Any],
    old: dict[str, Any],
    new_names: dict[str, dict[str, Any]],
    old_names: dict[str, dict[str, Any]],
    path: str,
    problems: list[str],
    done: set[str],
) -> None:
    if new["name"] != old["name"] or new.get("namespace") != old.get("namespace"):
        problems.append(f"{path or 'record'}: renamed from {old['name']} to {new['name']}")
    if new["name"] in done:
        return
    done.add(new["name"])
    new_fields = {field["name"]: field for field in new["fields"]}
    old_fields = {field["name"]: field for field in old["fields"]}
    for name, field in new_fields.items():
        where = f"{path}.{name}".lstrip(".")
        if not field.get("doc"):
            problems.append(f"{where}: no doc")
        if name not in old_fields:
            if "default" not in field:
                problems.append(f"{where}: new field without a default")
            continue
        _compare(field["type"], old_fields[name]["type"], new_names, old_names, where, problems, done)
        if "default" in old_fields[name] and "default" not in field:
            problems.append(f"{where}: default removed")
    for name, field in old_fields.items():
        if name not in new_fields and "default" not in field:
            problems.append(f"{path}.{name}".lstrip(".") + ": field without a default removed")


def _compare_enums(new: dict[str, Any], old: dict[str, Any], where: str, problems: list[str]) -> None:
    if removed := [symbol for symbol in old["symbols"] if symbol not in new["symbols"]]:
        problems.append(f"{where}: enum symbols removed: {', '.join(removed)}")
    if new["symbols"] != old["symbols"] and new.get("default") is None:
        problems.append(f"{where}: enum changed without a default")


def _kind(schema: Any) -> str:
    if isinstance(schema, list):
        return "union"
    return str(schema["type"]) if isinstance(schema, dict) else str(schema)


def _logical(schema: Any) -> Any:
    """Logical type with its parameters: a change of unit or scale is a change of meaning."""
    if not isinstance(schema, dict) or "logicalType" not in schema:
        return None
    return tuple(schema.get(key) for key in ("logicalType", "precision", "scale"))
