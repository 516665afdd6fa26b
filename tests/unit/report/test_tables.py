"""Tables for a terminal."""

from leadloop.report.tables import table


def test_numbers_stand_to_the_right_and_words_to_the_left() -> None:
    assert table(["кто", "n", "id"], [["Анна", 5, "a"], ["Ян", 12, "b1"], ["Ия", "?", "c"]]).splitlines() == [
        "  кто    n  id",
        "  ────  ──  ──",
        "  Анна   5  a",
        "  Ян    12  b1",
        "  Ия     ?  c",
    ]


def test_no_rows_is_a_dash() -> None:
    assert table(["lead", "goal"], []) == "  lead  goal\n  ────  ────\n  —"


def test_the_indent_is_the_callers() -> None:
    assert table(["a"], [["b"]], indent="") == "a\n─\nb"


def test_a_visitors_text_moves_no_cursor_and_turns_no_letters() -> None:
    told = table(["tag"], [["go\x1b[2J"], ["\u202eevil"], ["a\r\nFAKE LINE"]])
    assert told.replace("\n", "").isprintable()
    assert "\\x1b[2J" in told
    assert len(told.splitlines()) == 5
