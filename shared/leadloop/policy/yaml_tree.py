"""YAML as an owner means it: plain values, the line of each, and every fault of form at once.

Scalars follow the core schema of YAML 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema), not 1.1:
``on``, ``no`` and ``12:30`` are text and ``0142`` keeps its zero. Keys are always text, as written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from leadloop.json_types import Json
from leadloop.policy.faults import Fault
from leadloop.policy.tree import Path, Tree, path_text
from leadloop.policy.yaml_words import syntax_fault

_NULL, _BOOL, _INT, _FLOAT, _STR, _MERGE = (
    f"tag:yaml.org,2002:{kind}" for kind in ("null", "bool", "int", "float", "str", "merge")
)


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = {}  # noqa: RUF012 - PyYAML declares it so


def _resolve(tag: str, pattern: str, first: list[str]) -> None:
    _Loader.add_implicit_resolver(tag, re.compile(rf"^(?:{pattern})$"), first)


_resolve(_NULL, r"~|null|Null|NULL|", ["~", "n", "N", ""])
_resolve(_BOOL, r"true|True|TRUE|false|False|FALSE", list("tTfF"))
_resolve(_INT, r"-?(?:0|[1-9][0-9]*)", list("-0123456789"))
_resolve(_FLOAT, r"[-+]?[0-9]*\.?[0-9]+[eE][-+]?[0-9]+|[-+]?[0-9]*\.[0-9]+|[-+]?[0-9]+\.", list("-+.0123456789"))
_resolve(_MERGE, r"<<", ["<"])


def read_tree(text: str) -> Tree:
    """Read YAML. Never raises for what the file holds: see ``faults``."""
    tree = Tree()
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        tree.faults.append(syntax_fault(error, text))
        return tree
    if node is not None:
        tree.values = _Reading(tree).value(node, ())
    return tree


class _Reading:
    """One walk over the nodes of a file."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._open: set[int] = set()

    def value(self, node: yaml.Node, path: Path) -> Json:
        self._tree.lines.setdefault(path, _line(node))
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        if id(node) in self._open:
            self._fault(node, path, "an anchor (&) here contains itself; write the value out instead")
            return None
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, path)
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        finally:
            self._open.discard(id(node))

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> Json:
        text: str = node.value
        try:
            match node.tag:
                case tag if tag == _NULL:
                    return None
                case tag if tag == _BOOL:
                    return text.lower() == "true"
                case tag if tag == _INT:
                    return int(text)
                case tag if tag == _FLOAT:
                    return float(text)
                case tag if tag == _STR:
                    return text
        except ValueError:
            pass
        tag = node.tag.replace("tag:yaml.org,2002:", "!!")
        self._fault(node, path, f"the tag {tag} has no meaning in a policy; write the plain value")
        return None

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Json]:
        values: dict[str, Json] = {}
        first: dict[str, int] = {}
        for key, item in self._pairs(node, path):
            if key.value in first:
                self._fault(
                    key,
                    (*path, key.value),
                    f"stands twice in the same section, first on line {first[key.value]}; keep one of them",
                )
                continue
            first[key.value] = _line(key)
            self._tree.lines[*path, key.value] = _line(key)
            values[key.value] = self.value(item, (*path, key.value))
        return self._merged(node, path) | values

    def _pairs(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
        for key, item in node.value:
            if key.tag == _MERGE:
                continue
            if isinstance(key, yaml.ScalarNode):
                yield key, item
            else:
                self._fault(key, path, "expected a key that is one word, found a list or a section as a key")

    def _merged(self, node: yaml.MappingNode, path: Path) -> dict[str, Json]:
        """What ``<<: *anchor`` brings in; keys written in the section itself win."""
        brought: dict[str, Json] = {}
        for source in (item for key, item in node.value if key.tag == _MERGE):
            for part in source.value if isinstance(source, yaml.SequenceNode) else [source]:
                value = self.value(part, path)
                if isinstance(value, dict):
                    brought = value | brought
                else:
                    self._fault(part, path, "expected `<<` to name a section, such as `<<: *common`")
        return brought

    def _fault(self, node: yaml.Node, path: Path, text: str) -> None:
        self._tree.faults.append(Fault(path_text(path), _line(node), text))


def _line(node: yaml.Node) -> int:
    line: int = node.start_mark.line
    return line + 1
