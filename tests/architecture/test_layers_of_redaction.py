"""Redaction is built in layers, each of those below alone: names, rules, layout, and the call as a whole on top."""

from tests.architecture.test_import_rules import imports, inside

_LOGIC = "services.ingest_redactor.logic"
_LAYERS = ("names", "rules", "layout")
_OF_ALL = f"{_LOGIC}.mentions"
"""What was found: every layer gives it to the next."""


def _height(module: str) -> int:
    layer = module.removeprefix(f"{_LOGIC}.").partition(".")[0]
    return _LAYERS.index(layer) if layer in _LAYERS else len(_LAYERS)


def test_no_layer_imports_from_one_above() -> None:
    within = [one for one in imports() if inside(one.module, _LOGIC) and inside(one.imported, _LOGIC)]
    assert {_height(one.module) for one in within} == {0, 1, 2, 3}
    broken = [one for one in within if one.imported != _OF_ALL and _height(one.imported) > _height(one.module)]
    assert not broken, "\n".join(map(str, broken))
