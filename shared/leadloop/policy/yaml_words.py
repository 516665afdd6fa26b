"""PyYAML's complaints in words an owner of a policy understands."""

from __future__ import annotations

import yaml

from leadloop.policy.faults import Fault

_WORDS = (
    ("'\\t'", "a tab indents this line and YAML allows only spaces; replace the tab with spaces"),
    (
        "mapping values are not allowed here",
        "a colon stands where YAML expects none: indent the line like its neighbours, or put a text that contains "
        "a colon in quotes",
    ),
    ("could not find expected ':'", "a key without a colon; write `key: value`"),
    ("unexpected end of stream", "a quotation mark opened here is never closed"),
    ("found undefined alias", "an alias (*) that no anchor (&) before it defines; define the anchor first"),
    ("expected a single document", "a second document begins here (---); keep one policy in the file"),
    (
        "but found",
        "this line does not fit the ones above it: look at its indentation, and for a bracket or quotation mark "
        "left open above",
    ),
)


def syntax_fault(error: yaml.YAMLError, text: str) -> Fault:
    """Where YAML stopped understanding, and the likely cause. Never quotes the line: it may hold a secret."""
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return Fault("", line, "a control character that no text contains; is this a text file saved as UTF-8?")
    if not isinstance(error, yaml.MarkedYAMLError):
        return Fault("", 1, "expected YAML, found something else")
    problem = f"{error.context or ''} {error.problem or ''}"
    mark = error.problem_mark or error.context_mark
    if "unexpected end of stream" in problem and error.context_mark is not None:
        mark = error.context_mark
    words = next((words for sign, words in _WORDS if sign in problem), "this is not YAML; look for a stray character")
    return Fault("", mark.line + 1 if mark is not None else 1, words)
