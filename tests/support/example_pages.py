"""A page of ``examples/html-form`` as a browser sees it: its form, its fields, and what a person would post."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Self

PAGES = Path(__file__).parents[2] / "examples" / "html-form"
TAG = "https://leads.sokol.example/capture-visit/tag.js"


@dataclass
class ExamplePage:
    """The only form of a page. ``fields`` are the names that are posted, with the values the HTML gives them."""

    source: str
    attributes: dict[str, str] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    scripts: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, name: str) -> Self:
        page = cls((PAGES / name).read_text(encoding="utf-8"))
        _Reader(page).feed(page.source)
        return page

    def filled_in(self, **typed: str) -> dict[str, str]:
        """What is posted when a person has typed these values; a name the form lacks is a mistake."""
        assert typed.keys() <= self.fields.keys(), f"the form has no {typed.keys() - self.fields.keys()}"
        return {**self.fields, **typed}


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
