"""A page of ``examples/html-form`` as a browser sees it: its form, its fields, and what a person would post."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Self

PAGES = Path(__file__).parents[2] / "examples" / "html-form"


@dataclass
class ExamplePage:
    """The only form of a page. ``fields`` are the names that are posted, with the values the HTML gives them."""

    source: str
    attributes: dict[str, str] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    scripts: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, name: str) -> Self:
        page = cls((PAGES / name).read_text(encoding="utf-8"))
        _Reader(page).feed(page.source)
        return page

    def filled_in(self, **typed: str) -> dict[str, str]:
        """What is posted when a person, or a script, has typed these values; a name the form lacks is a mistake."""
        assert typed.keys() <= self.fields.keys(), f"the form has no {typed.keys() - self.fields.keys()}"
        return {**self.fields, **typed}


def visit_fields() -> set[str]:
    """The names that ``visit.js`` gives a form."""
    answer = re.search(r"return \{\n((?: +\w+: .*\n)+) +\};", (PAGES / "visit.js").read_text(encoding="utf-8"))
    assert answer is not None
    return set(re.findall(r"^ +(\w+):", answer[1], re.MULTILINE))


def fields_added_by_script(page: ExamplePage) -> set[str]:
    """The names that the page's own script writes beside what was typed, in its one ``JSON.stringify``."""
    added = re.search(r"JSON\.stringify\(\{ (.+) \}\)", page.source)
    assert added is not None
    spread = visit_fields() if "...(await leadloopVisit())" in added[1] else set()
    return spread | set(re.findall(r"\b(\w+): ", added[1]))


class _Reader(HTMLParser):
    def __init__(self, page: ExamplePage) -> None:
        super().__init__()
        self._page = page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            assert not self._page.attributes, "one form a page"
            self._page.attributes = given
            self._page.attributes.setdefault("method", "get")
        elif tag == "script" and "src" in given:
            self._page.scripts.append(given["src"])
        elif tag in ("input", "textarea") and "name" in given:
            self._page.fields[given["name"]] = given.get("value", "")
            if given.get("type") == "hidden":
                self._page.hidden.add(given["name"])
