"""A decision is true or false by its answer, never by being a tuple of three."""

from leadloop.verdict import Verdict


def test_a_verdict_means_its_answer() -> None:
    refused = Verdict(False, "window.expired", "too old")
    assert not refused
    assert Verdict(True, "window.will_link", "")
    assert (refused.ok, refused.rule, refused.reason) == (False, "window.expired", "too old")
