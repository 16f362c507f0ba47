"""What keys say of JSON values that do not stand right under them: columns named by a header, fields told as name and value,
halves of a name and numbers beside it.
"""

import re
from collections.abc import Iterator, Sequence

from services.ingest_redactor.logic.layout.siblings import owned, resolved, tells_a_person
from services.ingest_redactor.logic.layout.tables import MAX_COLUMNS, header_kinds
from services.ingest_redactor.logic.rules.keys import kind_of, normalised
from shared.tasks.jsontext import Leaf

_ROWS = re.compile(r"\[\s*+\[|\[\s*+\{\s*+\"[fv]\"")
"""Without which no array holds rows."""
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[{}\[\]]|[^\s{}\[\]:,"]++')
_VALUES = re.compile(r'(?i)(?:value|val|values|answer|number|"no|"num|"nr|"field)"')
_NAMING_TEXT = """
key name tab_label field field_name column column_name label attribute attribute_name param parameter property path
question header system type kind document_type id_type id_doc_type identifier_type
"""
_NAMING = frozenset(_NAMING_TEXT.split())
_VALUING = frozenset("value val values answer number no num nr old_value new_value".split())  # noqa: SIM905
_NAMED_COLUMN = frozenset("name id key field column label title header".split())  # noqa: SIM905
_TYPE_OF_DOCUMENT = re.compile(r"(?i)\"(?:(?:doc|id|document|identity)_?type|tipo_?doc\w{0,6})\"")
_COMPONENTS = frozenset(("route", "street_number", "premise", "subpremise"))
_COMPONENT_TEXTS = frozenset(("long_name", "short_name", "long_text", "short_text", "text"))
_COMPONENT_LEAVES = 10
_MAX_LABEL_CHARS = 64
_WRAPPERS = frozenset(
    (
        "name",
        "properties",
        "attributes",
        "profile",
        "fields",
        "details",
        "data",
        "person",
        "personal_info",
        "contact_info",
        "traits",
    )
)
_PLACED = frozenset(("location", "geo", "home", "residence", "place", "address", "addr"))
_FIELDS = frozenset(("field", "question"))
_LABELLING = frozenset(("ref", "title", "label", "name", "key", "id"))
_ISSUED = frozenset(("issuing_country", "issuance_country", "country_of_issue"))


class Kinds:
    """The kinds of the leaves of a JSON text, by their place in the list, and who stands side by side with whom."""

    def __init__(self, text: str, leaves: Sequence[Leaf]) -> None:
        self.kinds = [
            None
            if leaf.is_key or not leaf.path
            else kind_of(leaf.path[-1], leaf.path[-2] if len(leaf.path) > 1 else "")
            for leaf in leaves
        ]
        self.rows: dict[int, int] = {}
        """Of a leaf in a row of a table, which row."""
        self.joined: dict[int, int] = {}
        """Of an object that tells where a person is, the object that tells of the person."""
        if _TYPE_OF_DOCUMENT.search(text) or any(
            kind is not None and (kind.startswith("NAME") or kind in ("DOB", "EMAIL")) for kind in self.kinds
        ):
            self._join_siblings(leaves)
        if _VALUES.search(text):
            self._pair(leaves)
        if '"route"' in text:
            self._name_components(leaves)
        if _ROWS.search(text):
            self._name_columns(_tree(text, leaves), leaves)

    def _join_siblings(self, leaves: Sequence[Leaf]) -> None:
        objects = list(_objects(leaves).values())
        for members in objects:
            keys = [leaves[at].path[-1] for at in members]
            for at, kind in zip(members, resolved(keys, [self.kinds[at] for at in members]), strict=True):
                self.kinds[at] = kind
        self._number_wrapped(leaves, objects)
        if "PLACE" in self.kinds or "ZIP" in self.kinds:
            self._join_places(leaves, objects)

    def _join_places(self, leaves: Sequence[Leaf], objects: Sequence[list[int]]) -> None:
        """``{"email": …, "location": {"city": …}}``: the town is where the person lives."""
        people: dict[tuple[str, ...], int] = {}
        for members in objects:
            first = leaves[members[0]]
            above = people.get(first.path[:-2]) if len(first.path) > 1 else None
            if above is not None and normalised(first.path[-2]) in _PLACED:
                self.joined[first.container] = above
            elif tells_a_person([self.kinds[at] for at in members]):
                people[first.path[:-1]] = first.container

    def _number_wrapped(self, leaves: Sequence[Leaf], objects: Sequence[list[int]]) -> None:
        """``{"id": 28451, "properties": {"firstname": …, "email": …}}``: the number is the person's whom the inner object
        tells."""
        people = set()
        for members in objects:
            path = leaves[members[0]].path
            is_wrapped = len(path) > 1 and normalised(path[-2]) in _WRAPPERS
            if is_wrapped and tells_a_person([self.kinds[at] for at in members]):
                people.add(path[:-2])
        for members in objects if people else ():
            if leaves[members[0]].path[:-1] in people:
                words = [normalised(leaves[at].path[-1]) for at in members]
                for at, kind in zip(members, owned(words, [self.kinds[at] for at in members]), strict=True):
                    self.kinds[at] = kind

    def _pair(self, leaves: Sequence[Leaf]) -> None:
        """``{"field": "last_name", "value": "Doe"}``"""
        told = _asked(leaves)
        for container, members in _objects(leaves).items():
            words = [normalised(leaves[at].path[-1]) for at in members]
            asked = told.get(container)
            for at, word in zip(members, words, strict=True) if asked is not None else ():
                if word not in _NAMING and self.kinds[at] is None:
                    self.kinds[at] = asked
            if _VALUING.isdisjoint(words):
                continue
            named = next((leaves[at].value for at, word in zip(members, words, strict=True) if word in _NAMING), "")
            kind = kind_of(re.split(r"[/.]", named)[-1], "") if 0 < len(named) <= _MAX_LABEL_CHARS else None
            if kind is None and not _ISSUED.isdisjoint(words):
                kind = "PASSPORT"
            for at, word in zip(members, words, strict=True):
                if kind is not None and word in _VALUING and self.kinds[at] is None:
                    self.kinds[at] = kind

    def _name_components(self, leaves: Sequence[Leaf]) -> None:
        """``{"long_name": "Old Mill Pond Ln", "types": ["route"]}``, as geocoders part an address."""
        for at, leaf in enumerate(leaves):
            if leaf.is_key or leaf.value not in _COMPONENTS:
                continue
            texts = [place for place in range(max(0, at - _COMPONENT_LEAVES), at) if _is_component(leaves[place])]
            for place in texts:
                if leaves[place].container == leaves[texts[-1]].container:
                    self.kinds[place] = "ADDRESS.any"

    def _name_columns(self, root: "_Node", leaves: Sequence[Leaf]) -> None:
        for header, rows in _tables(root, leaves):
            kinds = header_kinds([leaves[at].value for at in header])
            for row in rows if kinds is not None else ():
                cells = _cells(row)
                if kinds is None or len(cells) != len(kinds):
                    continue
                for at, kind in zip(cells, kinds, strict=True):
                    if at is not None:
                        self.kinds[at], self.rows[at] = kind, id(row)


def _asked(leaves: Sequence[Leaf]) -> dict[int, str | None]:
    """What an object's field is called in an object of its own: ``{"field": {"ref": "birthday"}, "date": …}``."""
    found: dict[int, str | None] = {}
    parents: dict[tuple[str, ...], int] = {}
    for leaf in leaves:
        path = leaf.path
        if leaf.is_key:
            parents[path[:-1]] = leaf.container
        elif len(path) > 1 and path[-2] in _FIELDS and normalised(path[-1]) in _LABELLING:
            parent = parents.get(path[:-2])
            if parent is not None and 0 < len(leaf.value) <= _MAX_LABEL_CHARS:
                found.setdefault(parent, kind_of(leaf.value, ""))
    return found


def _is_component(leaf: Leaf) -> bool:
    return not leaf.is_key and bool(leaf.path) and normalised(leaf.path[-1]) in _COMPONENT_TEXTS


class _Node:
    """An object or an array."""

    __slots__ = ("is_array", "items", "keys")

    def __init__(self, is_array: bool) -> None:
        self.is_array = is_array
        self.items: list[_Item] = []
        self.keys: list[str] = []


_Item = int | _Node | None
"""A leaf by its place, an object or array, or a literal such as ``null``."""


def _objects(leaves: Sequence[Leaf]) -> dict[int, list[int]]:
    """Values under keys, by the object that holds them."""
    found: dict[int, list[int]] = {}
    for at, leaf in enumerate(leaves):
        if leaf.path and not leaf.is_key:
            found.setdefault(leaf.container, []).append(at)
    return found


def _tree(text: str, leaves: Sequence[Leaf]) -> _Node:
    root = _Node(True)
    stack = [root]
    at = 0
    for match in _TOKEN.finditer(text):
        sign = match.group()
        if sign in ("{", "["):
            node = _Node(sign == "[")
            stack[-1].items.append(node)
            stack.append(node)
        elif sign in ("}", "]"):
            stack.pop()
        elif at < len(leaves) and leaves[at].start == match.start():
            if leaves[at].is_key:
                stack[-1].keys.append(leaves[at].value)
            else:
                stack[-1].items.append(at)
            at += 1
        else:
            stack[-1].items.append(None)
    return root


def _cells(row: "_Item") -> list[int | None]:
    """The leaves of a row: an array, or an object that holds nothing else. A cell of several leaves is none of them."""
    if not isinstance(row, _Node):
        return []
    if not row.is_array:
        return _cells(row.items[0]) if len(row.items) == 1 else []
    return [_cell(item) for item in row.items]


def _cell(item: "_Item") -> int | None:
    if not isinstance(item, _Node):
        return item
    return _cell(item.items[0]) if len(item.items) == 1 and not item.is_array else None


def _tables(root: _Node, leaves: Sequence[Leaf]) -> Iterator[tuple[list[int], Sequence["_Item"]]]:
    """Headers with the rows whose columns they name: an array beside the rows, or their own first."""
    pending = [root]
    while pending:
        node = pending.pop()
        nodes = [item for item in node.items if isinstance(item, _Node)]
        pending += nodes
        for child in nodes:
            width = len(_cells(child.items[0])) if child.is_array and child.items else 0
            if not 2 <= width <= MAX_COLUMNS:
                continue
            beside = [] if node.is_array else [one for one in nodes if one is not child]
            header = next((names for one in beside if len(names := _names(one, leaves)) == width), None)
            if header is not None:
                yield header, child.items
            else:
                yield _names(child.items[0], leaves), child.items[1:]


def _names(node: "_Item", leaves: Sequence[Leaf]) -> list[int]:
    """Strings that may name columns: an array of them, of objects that each bear a name, or an object around one."""
    if not isinstance(node, _Node):
        return []
    if not node.is_array:
        inner = [item for item in node.items if isinstance(item, _Node) and item.is_array]
        return _names(inner[0], leaves) if len(inner) == 1 else []
    found = [_name_of(item) if isinstance(item, _Node) else item for item in node.items[: MAX_COLUMNS + 1]]
    names = [at for at in found if at is not None and leaves[at].is_string]
    return names if len(names) == len(node.items) else []


def _name_of(column: _Node) -> int | None:
    if column.is_array:
        return None
    return next(
        (
            item
            for key, item in zip(column.keys, column.items, strict=False)
            if isinstance(item, int) and normalised(key) in _NAMED_COLUMN
        ),
        None,
    )
