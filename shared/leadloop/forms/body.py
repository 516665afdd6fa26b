"""Bytes of a form post → named fields, whatever the sender calls its content type.

Content types lie: builders post JSON as a form, ``sendBeacon`` posts either as ``text/plain``, and
some send none. So the declared type is a hint, the bytes decide. Names are paths (``payment[amount]``
and nested JSON both give ``("payment", "amount")``), values are text: a JSON number keeps its literal
digits, because an id read as a number is another id.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from leadloop.forms.charsets import clean_text, decode
from leadloop.forms.json_fields import JsonUnreadable, fields_of_json
from leadloop.forms.multipart import MultipartUnreadable, boundary_of, parts
from leadloop.forms.urlencoded import pairs_of_form

Path: TypeAlias = tuple[str, ...]

MAX_FIELDS = 500
MAX_DEPTH = 8
MAX_NAME = 200
MAX_VALUE = 10_000
"""Characters of one value; the rest is cut off, and noted."""

_BRACKETS = re.compile(r"\[([^\[\]]*)\]")


class BodyUnreadable(ValueError):
    """A body holds no fields that can be read; the reason never quotes it."""


class Fields(NamedTuple):
    """The fields of a body, in the order they came; of a name sent twice, the first with a value."""

    values: Mapping[Path, str]
    files: tuple[str, ...] = ()
    """Names of the fields that held files; files are not read."""
    left_out: Mapping[str, str] = {}
    """What of the body was not taken, with the reason."""


def read_fields(body: bytes, content_type: str) -> Fields:
    """Read the fields of a body. Raises ``BodyUnreadable`` saying why it cannot be."""
    if not body.strip(b"\x00\r\n\t "):
        raise BodyUnreadable("the body is empty")
    kind, charset = _declared(content_type)
    fields = _read_as(_kind_of(body, kind), body, content_type, charset)
    if not any(fields.values.values()):
        raise BodyUnreadable("no field with a value was found")
    return fields


@lru_cache(maxsize=64)
def media_type(content_type: str) -> str:
    """The declared type without parameters, or nothing when it is not one."""
    found = re.match(r"\s*([\w.+-]{1,60}/[\w.+-]{1,60})\s*(?:;|$)", content_type)
    return found[1].lower() if found else ""


@lru_cache(maxsize=64)
def _declared(content_type: str) -> tuple[str, str]:
    charset = re.search(r"charset\s*=\s*\"?([\w.:-]{1,40})", content_type, re.IGNORECASE)
    return media_type(content_type), charset[1] if charset else ""


def _kind_of(body: bytes, declared: str) -> str:
    start = body.lstrip(b"\xef\xbb\xbf\xff\xfe\x00\r\n\t ")[:1]
    if start in (b"{", b"["):
        return "json"
    if (start == b"-" or declared.startswith("multipart/")) and b"content-disposition" in body.lower():
        return "multipart"
    return "urlencoded" if b"=" in body or not declared.endswith("json") else "json"


def _read_as(kind: str, body: bytes, content_type: str, charset: str) -> Fields:
    try:
        if kind == "json":
            return _bounded(fields_of_json(decode(body, charset), MAX_DEPTH))
        if kind == "multipart":
            return _read_multipart(body, content_type, charset)
    except (JsonUnreadable, MultipartUnreadable) as fault:
        raise BodyUnreadable(str(fault)) from None
    return _bounded([(_path(name), value) for name, value in pairs_of_form(body, charset)])


def _read_multipart(body: bytes, content_type: str, charset: str) -> Fields:
    found = list(parts(body, boundary_of(content_type, body)))
    text = [part for part in found if not part.is_file]
    # One page has one charset, so all its parts are read in the same one.
    whole = b"".join(part.name + part.content for part in text)
    values = [(decode(part.name, charset, whole), decode(part.content, charset, whole)) for part in text]
    files = tuple(clean_text(decode(part.name, charset))[:MAX_NAME] for part in found if part.is_file)
    return _bounded([(_path(name), value) for name, value in values], files)


def _path(name: str) -> Path:
    stem, bracket, _ = name.partition("[")
    if not bracket or not stem:
        return (name,)
    return (stem, *_BRACKETS.findall(name))


@lru_cache(maxsize=512)
def _clean_path(path: Path) -> Path:
    return tuple(clean_text(segment).strip()[:MAX_NAME] for segment in path[:MAX_DEPTH])


def _bounded(pairs: Sequence[tuple[Path, str]], files: tuple[str, ...] = ()) -> Fields:
    """The fields under clean names, as many and as long as a form may have."""
    if 0 < len(pairs) <= MAX_FIELDS:
        paths, texts = zip(*pairs, strict=True)
        names, whole = _distinct(paths), "".join(texts)
        if names and len(whole) <= MAX_VALUE and clean_text(whole) == whole:
            return Fields(dict(zip(names, texts, strict=True)), files)
    return _bounded_one_by_one(pairs, files)


# The fields of a form have the same names in every post; see ``leadloop.forms.field_names``.


@lru_cache(maxsize=16)
def _distinct(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """The clean names, if each is the name of one field; else none."""
    names = tuple(map(_clean_path, paths))
    are_distinct = len(set(names)) == len(names) and not any(map(_is_next_of_list, names))
    return names if are_distinct else ()


def _is_next_of_list(name: Path) -> bool:
    """PHP's ``rooms[]``."""
    return len(name) > 1 and not name[-1]


def _bounded_one_by_one(pairs: Sequence[tuple[Path, str]], files: tuple[str, ...]) -> Fields:
    values: dict[Path, str] = {}
    left_out: dict[str, str] = {}
    listed: dict[Path, int] = {}
    for path, raw in pairs:
        name = _clean_path(path)
        if _is_next_of_list(name):
            place = listed[name] = listed.get(name, -1) + 1
            name = (*name[:-1], str(place))
        value = clean_text(raw)
        if name not in values and len(values) >= MAX_FIELDS:
            left_out["fields"] = f"a form may have {MAX_FIELDS} fields; the rest were not read"
            break
        if len(value) > MAX_VALUE:
            value = value[:MAX_VALUE]
            left_out["length"] = f"a value was cut at {MAX_VALUE} characters"
        if name not in values or not values[name].strip():
            values[name] = value
    return Fields(values, files, left_out)
