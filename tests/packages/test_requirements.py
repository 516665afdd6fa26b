"""What a function pins is what its code can reach in the cloud: nothing missing, nothing for nobody."""

from __future__ import annotations

from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from leadloop_packaging.faults import PackagingRefused
from leadloop_packaging.requirements import Pins, read_pins, staged
from support.packages import FUNCTIONS, files_of
from support.reach import imports_of
from support.sayings import ROOT

TESTED = read_pins(ROOT / "constraints.txt")

COMES_FROM = {
    "flask": "functions-framework",
    "functions_framework": "functions-framework",
    "pydantic": "pydantic",
    "pydantic_core": "pydantic",
    "typing_extensions": "pydantic",
    "requests": "requests",
    "urllib3": "requests",
    "nacl": "pynacl",
    "phonenumbers": "phonenumbers",
    "google.cloud.firestore_v1": "google-cloud-firestore",
    "google.pubsub_v1": "google-cloud-pubsub",
}
"""What is imported → the requirement it comes with."""

COMES_WITH_ANY_CLIENT = ("google.api_core", "google.auth", "google.protobuf", "google.rpc", "grpc", "grpc_status")

ONLY_OUTSIDE_PACKAGES = ("yaml",)
"""A policy is YAML where people write it; a package carries it as JSON."""


def pins_of(function: str) -> Pins:
    return read_pins(ROOT / "functions" / function.replace("-", "_") / "requirements.txt")


def under(dotted: str, names: tuple[str, ...] | str) -> bool:
    return any(
        dotted == name or dotted.startswith(f"{name}.") for name in ([names] if isinstance(names, str) else names)
    )


def requirement_of(dotted: str) -> str:
    [found] = {requirement for name, requirement in COMES_FROM.items() if under(dotted, name)}
    return found


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_pins_exactly_what_its_code_can_import(function: str) -> None:
    reached = {dotted for dotted in imports_of(function) if not under(dotted, ONLY_OUTSIDE_PACKAGES)}
    direct = {requirement_of(dotted) for dotted in reached if not under(dotted, COMES_WITH_ANY_CLIENT)}
    assert set(pins_of(function)) == direct
    if any(under(dotted, COMES_WITH_ANY_CLIENT) for dotted in reached):
        assert direct & {"google-cloud-firestore", "google-cloud-pubsub"}


def test_who_needs_what() -> None:
    """Said once by hand, so that the reading of the code is itself checked."""
    who = {
        requirement: {function for function in FUNCTIONS if requirement in pins_of(function)}
        for requirement in ("google-cloud-pubsub", "requests", "phonenumbers", "pynacl")
    }
    calls_a_crm = {"deliver-lead", "read-crm", "sync-crm"}
    edges = {"capture-lead", "capture-visit", "receive-crm-event", "receive-verdict"}
    assert who == {
        "google-cloud-pubsub": edges | calls_a_crm | {"register-lead", "drain-spool"},
        "requests": calls_a_crm | {"upload-conversions", "check-uploads"},
        "phonenumbers": calls_a_crm | {"capture-lead"},
        "pynacl": set(FUNCTIONS) - {"capture-visit", "upload-conversions", "check-uploads", "expire-contacts"},
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_package_pins_the_whole_closure_as_it_was_tested(function: str, tmp_path: Path) -> None:
    written = tmp_path / "requirements.txt"
    written.write_bytes(files_of(function)["requirements.txt"])
    pins = read_pins(written)
    assert pins_of(function).items() <= pins.items()
    assert {name: line.lower() for name, line in pins.items()} == {name: TESTED[name].lower() for name in pins}
    for name in pins:
        for needed in map(Requirement, requires(name) or ()):
            if needed.marker is None:
                assert canonicalize_name(needed.name) in pins, f"{name} needs {needed.name}"


def test_a_package_names_no_place_that_packages_come_from() -> None:
    for function in FUNCTIONS:
        lines = files_of(function)["requirements.txt"].decode().splitlines()
        assert all(line.startswith("# ") or "==" in line for line in lines)
        assert not any(sign in line for line in lines for sign in ("--", "://", "@"))


class TestWhatDoesNotAgreeIsRefused:
    def test_a_pin_that_was_not_tested(self) -> None:
        with pytest.raises(PackagingRefused, match=r"pydantic==1\.0: expected pydantic==.*, as in constraints\.txt"):
            staged({"pydantic": "pydantic==1.0"}, TESTED)

    def test_a_dependency_that_is_not_pinned(self) -> None:
        without = {name: line for name, line in TESTED.items() if name != "annotated-types"}
        with pytest.raises(PackagingRefused, match=r"no pin of annotated-types in constraints\.txt"):
            staged({"pydantic": TESTED["pydantic"]}, without)

    def test_a_requirement_that_is_not_installed(self) -> None:
        with pytest.raises(PackagingRefused, match="nobody-has-this is not installed"):
            staged({"nobody-has-this": "nobody-has-this==1"}, {"nobody-has-this": "nobody-has-this==1"})

    @pytest.mark.parametrize(
        "line", ["pydantic", "pydantic>=2", "-e .", "https://host.example/x.whl", "pydantic==2,>1", "pydantic==2.*"]
    )
    def test_a_line_that_is_no_pin(self, line: str, tmp_path: Path) -> None:
        written = tmp_path / "requirements.txt"
        written.write_text(f"# direct\n{line}\n")
        with pytest.raises(PackagingRefused, match="write an exact pin"):
            read_pins(written)
