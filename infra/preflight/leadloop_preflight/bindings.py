"""Reads a provider's schema out of code that was generated from it: the bindings of CDK Terrain for JavaScript.

Four places of a generated ``index.js`` and ``index.d.ts`` tell the schema whole:

- above each member of a class stands ``// NAME - computed: …, optional: …, required: …``;
- the member after it holds a nested block, ``new …OutputReference(`` for one, ``new …List(`` for several, or nothing;
- tables named ``…ToHclTerraform`` give the type of each argument, the getters the type of what is only exported;
- the comments of the declarations name the texts that are allowed: ``Possible values: ["A", "B"]``.

https://github.com/open-constructs/cdk-terrain. A form that is not known here is refused, never guessed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from leadloop_preflight.faults import BindingsUnreadable
from leadloop_preflight.provider_schema import Attribute, Block, NestedBlock, ValueType

_CLASS = re.compile(r"\nclass (\w+) extends cdktn\.(\w+) \{(.*?)\n\}(?=\n)", re.DOTALL)
_ROOTS = {"TerraformResource", "TerraformDataSource", "TerraformProvider"}
_VERSION = re.compile(r"providerVersion: '([^']+)'")
_MEMBER = re.compile(
    r"""
    //\ (?P<name>\w+)\ -
    \ computed:\ (?P<computed>\w+),\ optional:\ (?P<optional>\w+),\ required:\ (?P<required>\w+)\n
    (?:\s+_\w+(?:\ =\ new\ (?P<holder>[\w.]+)\(this,\ "\w+"(?:,\ (?P<of_set>\w+))?\))?;\n)?
    (?:\s+/\*\*\n\s+\*\ @deprecated\ (?P<write_only>Write-only)?[^\n]*\n\s+\*/\n)?
    \s+get\ \w+\(\)\ \{\n\s+return\ (?P<getter>[^\n]*);\n""",
    re.VERBOSE,
)
_ROW = re.compile(r'(\w+): \{\s+value: [^\n]*\n\s+isBlock: \w+,\s+type: "(\w+)",\s+storageClassType: "(\w+)"')
_INTERFACE = re.compile(r"\nexport interface (\w+)[^\n]* \{\n(.*?)\n\}", re.DOTALL)
_COMMENT = re.compile(r"/\*\*(.*?)\*/", re.DOTALL)
_ALLOWED = re.compile(r'Possible values: (\["[^\]]*"\])')
_DOCUMENTED = re.compile(r"#(\w+) \w+#\1\}")

_OF_ARGUMENT: dict[str, ValueType] = {
    "string": "string",
    "number": "number",
    "boolean": "bool",
    "stringMap": ["map", "string"],
    "stringList": ["list", "string"],
    "numberList": ["list", "number"],
}
_OF_GETTER: dict[str, ValueType] = {
    "this.getStringAttribute": "string",
    "this.getNumberAttribute": "number",
    "this.getBooleanAttribute": "bool",
    "this.getStringMapAttribute": ["map", "string"],
    "this.getListAttribute": ["list", "string"],
    "this.getNumberListAttribute": ["list", "number"],
    "cdktn.Fn.tolist(this.getListAttribute": ["set", "string"],
}
_OF_HOLDER: dict[str, ValueType] = {
    "cdktn.StringMap": ["map", "string"],
    "cdktn.StringMapList": ["list", ["map", "string"]],
}


class Source(NamedTuple):
    """The two files of one resource."""

    code: str
    declarations: str


def version_in(source: Source) -> str:
    """The version of the provider that the bindings were generated from."""
    found = _VERSION.search(source.code)
    if not found:
        raise BindingsUnreadable("the bindings do not say which version of the provider they are of")
    return found[1]


def block_in(source: Source) -> Block:
    """The outermost block of a resource, a data source or the provider. Raises ``BindingsUnreadable``.

    The provider's own nested blocks are left out, for they have no classes.
    """
    return _Bindings(source).outermost()


class _Member(NamedTuple):
    name: str
    computed: bool
    optional: bool
    required: bool
    write_only: bool
    holder: str
    of_set: bool
    getter: str

    @property
    def is_block(self) -> bool:
        return bool(self.holder) and not self.holder.startswith("cdktn.") and (self.optional or self.required)


class _Row(NamedTuple):
    """What a table says of one argument."""

    collection: str
    kind: str


class _Bindings:
    def __init__(self, source: Source) -> None:
        self._code = source.code.rpartition("//# sourceMappingURL")[0] or source.code
        self._declarations = source.declarations
        self._classes = {name: (parent, body) for name, parent, body in _CLASS.findall(self._code)}

    def outermost(self) -> Block:
        [(root, parent)] = [(name, parent) for name, (parent, _) in self._classes.items() if parent in _ROOTS]
        block = self._block(root, f"{root}Config")
        if parent != "TerraformProvider":
            return block
        # Every provider has aliases; they are Terraform's, and no provider's schema holds them.
        return Block(attributes={name: one for name, one in block.attributes.items() if name != "alias"})

    def _block(self, class_name: str, interface: str) -> Block:
        rows = self._rows(class_name, interface)
        members = list(self._members(class_name))
        allowed = self._allowed.get(interface, {})
        return Block(
            attributes={
                one.name: Attribute(
                    type=self._type(one, rows.get(one.name)),
                    required=one.required,
                    optional=one.optional,
                    computed=one.computed,
                    write_only=one.write_only,
                    allowed=allowed.get(one.name, ()),
                )
                for one in members
                if not one.is_block and not self._is_block_of_the_provider(rows.get(one.name))
            },
            blocks={one.name: self._nested(one, rows[one.name]) for one in members if one.is_block},
        )

    @staticmethod
    def _is_block_of_the_provider(row: _Row | None) -> bool:
        return row is not None and row.kind[0].isupper()

    def _nested(self, member: _Member, row: _Row) -> NestedBlock:
        several = member.holder.endswith("List")
        struct = member.holder.removesuffix("List").removesuffix("OutputReference")
        single = row.collection == "struct"
        return NestedBlock(
            block=self._block(f"{struct}OutputReference", struct),
            nesting="single" if single else "set" if row.collection == "set" else "list",
            min_items=int(member.required),
            max_items=0 if several or single else 1,
        )

    def _members(self, class_name: str) -> Iterator[_Member]:
        for found in _MEMBER.finditer(self._classes[class_name][1]):
            yield _Member(
                name=found["name"],
                computed=found["computed"] == "true",
                optional=found["optional"] == "true",
                required=found["required"] == "true",
                write_only=found["write_only"] is not None,
                holder=found["holder"] or "",
                of_set=found["of_set"] == "true",
                getter=found["getter"],
            )

    def _rows(self, class_name: str, interface: str) -> dict[str, _Row]:
        """The table of a nested block is a function, that of an outermost one is in its class."""
        function = f"function {interface[0].lower()}{interface[1:]}ToHclTerraform(struct) {{"
        table = self._code.partition(function)[2].partition("\n}\n")[0] or self._classes[class_name][1]
        return {name: _Row(collection, kind) for name, collection, kind in _ROW.findall(table)}

    def _type(self, member: _Member, row: _Row | None) -> ValueType:
        if row is None:
            return self._exported_type(member)
        if row == ("set", "stringList"):
            return ["set", "string"]
        if row.kind not in _OF_ARGUMENT:
            raise BindingsUnreadable(f"{member.name}: expected one of {', '.join(_OF_ARGUMENT)}, found {row.kind}")
        return _OF_ARGUMENT[row.kind]

    def _exported_type(self, member: _Member) -> ValueType:
        if member.holder in _OF_HOLDER:
            return _OF_HOLDER[member.holder]
        if member.holder.endswith("List"):
            reference = f"{member.holder.removesuffix('List')}OutputReference"
            of: ValueType = {one.name: self._exported_type(one) for one in self._members(reference)}
            return ["set" if member.of_set else "list", ["object", of]]
        call = member.getter.partition("('")[0]
        if call not in _OF_GETTER:
            raise BindingsUnreadable(f"{member.name}: expected one of {', '.join(_OF_GETTER)}, found {member.getter}")
        return _OF_GETTER[call]

    @cached_property
    def _allowed(self) -> dict[str, dict[str, tuple[str, ...]]]:
        return {name: dict(_allowed_texts(body)) for name, body in _INTERFACE.findall(self._declarations)}


def _allowed_texts(body: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for comment in _COMMENT.findall(body):
        values, name = _ALLOWED.search(comment), _DOCUMENTED.search(comment)
        if values and name:
            yield name[1], tuple(json.loads(values[1]))
