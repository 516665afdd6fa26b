"""A URL of the usual form is read at one look, and read the same as by the standard library."""

from __future__ import annotations

from urllib.parse import urlsplit

from hypothesis import given
from hypothesis import strategies as st

from leadloop.forms.page_url import read_url

SIGNS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x80), max_size=12)
HOSTS = st.from_regex(r"[a-z0-9.-]{1,12}", fullmatch=True)
TAILS = st.tuples(SIGNS, SIGNS, SIGNS).map(lambda part: f"/{part[0]}?a={part[1]}&B={part[2]}#c")


@given(host=HOSTS, tail=st.one_of(st.just(""), SIGNS.map("/{}".format), SIGNS.map("?a={}".format), TAILS))
def test_a_user_before_the_host_changes_nothing_of_what_is_read(host: str, tail: str) -> None:
    assert read_url(f"https://{host}{tail}") == read_url(f"https://somebody@{host}{tail}")


@given(host=HOSTS, tail=TAILS)
def test_host_and_path_are_those_of_the_standard_library(host: str, tail: str) -> None:
    url = f"http://{host}{tail}".strip()
    read, split = read_url(url), urlsplit(url)
    assert (read.host, read.path) == (split.hostname, split.path)
