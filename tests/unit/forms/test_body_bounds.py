"""A body may be as large, deep and odd as it likes; what is read of it is bounded, and said."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.forms.body import MAX_FIELDS, MAX_VALUE, BodyUnreadable, read_fields


def test_more_fields_than_a_form_has_are_left_out_and_said() -> None:
    body = "&".join(f"f{place}=1" for place in range(MAX_FIELDS + 50)).encode()
    fields = read_fields(body, "")
    assert len(fields.values) == MAX_FIELDS
    assert "the rest were not read" in fields.left_out["fields"]


def test_an_overlong_value_is_cut_and_said() -> None:
    fields = read_fields(b"comment=" + b"x" * (MAX_VALUE + 5), "")
    assert len(fields.values[("comment",)]) == MAX_VALUE
    assert "was cut" in fields.left_out["length"]


def test_what_is_nested_too_deep_is_passed_over() -> None:
    deep: object = "89990000003"
    for _ in range(40):
        deep = {"a": deep}
    fields = read_fields(json.dumps({"phone": "89990000003", "deep": deep}).encode(), "")
    assert list(fields.values) == [("phone",)]


def test_nesting_made_to_break_the_reader_is_unreadable() -> None:
    with pytest.raises(BodyUnreadable, match="nested too deep"):
        read_fields(b"[" * 200_000, "application/json")


def test_files_are_named_and_not_read() -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="phone"\r\n\r\n89990000003\r\n'
        b'--x\r\nContent-Disposition: form-data; name="plan"; filename="a.png"\r\n\r\n\x89PNG\r\n--x--\r\n'
    )
    fields = read_fields(body, "multipart/form-data; boundary=x")
    assert (fields.files, dict(fields.values)) == (("plan",), {("phone",): "89990000003"})


def test_reasons_never_quote_the_body() -> None:
    with pytest.raises(BodyUnreadable) as unreadable:
        read_fields(b'{"phone": "89990000003" oops', "application/json")
    assert "8999" not in str(unreadable.value)


NAMES = st.text(st.characters(exclude_characters="~"), min_size=1, max_size=5)
VALUES = st.one_of(st.text(max_size=5), st.sampled_from(["\x00", "\ud800", "a\ud83d", "x" * (MAX_VALUE + 1)]))


@given(st.dictionaries(NAMES, VALUES, min_size=1, max_size=4))
def test_a_flat_form_reads_the_same_with_a_list_beside_it(form: dict[str, str]) -> None:
    beside = {**form, "~rooms": {"": "1"}}
    read = read_fields(json.dumps(beside).encode(), "application/json")
    values = {path: value for path, value in read.values.items() if path != ("~rooms", "0")}
    if not any(values.values()):
        return
    alone = read_fields(json.dumps(form).encode(), "application/json")
    assert (dict(alone.values), dict(alone.left_out)) == (values, dict(read.left_out))
