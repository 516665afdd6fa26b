"""The tag that is committed is the tag that is written, small, and fit for a strict page."""

from __future__ import annotations

import re

import pytest

from leadloop import tag
from leadloop_packaging.browser_tag import LIMIT, TagTooLarge, built

SOURCE = tag.SOURCE.read_text(encoding="utf-8")


def test_what_is_served_is_a_fresh_build() -> None:
    assert tag.script() == built(SOURCE), "tag.js was changed and not built: make tag"


def test_it_is_smaller_than_promised() -> None:
    assert len(tag.script()) < LIMIT == 4096


def test_one_that_outgrows_the_promise_is_not_built() -> None:
    with pytest.raises(TagTooLarge, match="expected fewer than 4096"):
        built(f'window.more = "{"x" * LIMIT}"')


def test_nobody_who_reads_it_in_another_charset_is_misled() -> None:
    assert tag.script().isascii()


@pytest.mark.parametrize("sink", ["eval", "Function(", "innerHTML", "document.write", ".style", "console", "alert"])
def test_it_needs_nothing_that_a_strict_policy_forbids(sink: str) -> None:
    assert sink not in tag.script().decode()


def test_its_etag_is_quoted_and_follows_the_content() -> None:
    assert re.fullmatch(r'"[0-9a-f]{20}"', tag.etag())
