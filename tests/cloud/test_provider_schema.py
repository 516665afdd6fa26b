"""The schema as it is read out of generated bindings, and as a value that it does not allow is found."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from zipfile import ZipFile

import msgpack
import pytest

from cloud.planted import BUILD, needed
from leadloop_preflight import bindings, wire
from leadloop_preflight.allowed_texts import refusals
from leadloop_preflight.bindings import Source
from leadloop_preflight.faults import BindingsUnreadable
from leadloop_preflight.provider_schema import Attribute, Block, NestedBlock
from leadloop_preflight.provider_wheel import Wanted, pinned_wheel, schema_of

LAMP = dedent("""
    function lampBulbToHclTerraform(struct) {
        const attrs = {
            watts: {
                value: cdktn.numberToHclTerraform(struct.watts),
                isBlock: false,
                type: "simple",
                storageClassType: "number",
            },
        };
    }
    class LampBulbOutputReference extends cdktn.ComplexObject {
        // watts - computed: false, optional: false, required: true
        _watts;
        get watts() {
            return this.getNumberAttribute('watts');
        }
    }
    class LampStateOutputReference extends cdktn.ComplexObject {
        // lit - computed: true, optional: false, required: false
        get lit() {
            return this.getBooleanAttribute('lit');
        }
    }
    class Lamp extends cdktn.TerraformResource {
        // colour - computed: false, optional: true, required: false
        _colour;
        get colour() {
            return this.getStringAttribute('colour');
        }
        // owners - computed: false, optional: true, required: false
        _owners;
        get owners() {
            return cdktn.Fn.tolist(this.getListAttribute('owners'));
        }
        // state - computed: true, optional: false, required: false
        _state = new LampStateList(this, "state", false);
        get state() {
            return this._state;
        }
        // bulb - computed: false, optional: false, required: true
        _bulb = new LampBulbList(this, "bulb", true);
        get bulb() {
            return this._bulb;
        }
        synthesizeHclAttributes() {
            const attrs = {
                colour: {
                    value: cdktn.stringToHclTerraform(this._colour),
                    isBlock: false,
                    type: "simple",
                    storageClassType: "string",
                },
                owners: {
                    value: cdktn.listMapperHcl(cdktn.stringToHclTerraform, false)(this._owners),
                    isBlock: false,
                    type: "set",
                    storageClassType: "stringList",
                },
                bulb: {
                    value: cdktn.listMapperHcl(lampBulbToHclTerraform, true)(this._bulb.internalValue),
                    isBlock: true,
                    type: "set",
                    storageClassType: "LampBulbList",
                },
            };
        }
    }
    """)
LAMP_DECLARED = dedent("""
    export interface LampConfig extends cdktn.TerraformMetaArguments {
        /**
        * What it shines in. Possible values: ["RED", "GREEN"]
        *
        * {@link https://example.com/lamp#colour Lamp#colour}
        */
        readonly colour?: string;
    }
    """)


def test_arguments_exports_and_nested_blocks_are_told_apart() -> None:
    assert bindings.block_in(Source(LAMP, LAMP_DECLARED)) == Block(
        attributes={
            "colour": Attribute(type="string", optional=True, allowed=("RED", "GREEN")),
            "owners": Attribute(type=["set", "string"], optional=True),
            "state": Attribute(type=["list", ["object", {"lit": "bool"}]], computed=True),
        },
        blocks={
            "bulb": NestedBlock(
                block=Block(attributes={"watts": Attribute(type="number", required=True)}), nesting="set", min_items=1
            )
        },
    )


@pytest.mark.parametrize(
    ("known", "unknown"),
    [("this.getBooleanAttribute('lit')", "this.getTriStateAttribute('lit')"), ('Type: "string"', 'Type: "tristate"')],
)
def test_a_form_that_is_not_known_is_refused_and_not_guessed(known: str, unknown: str) -> None:
    with pytest.raises(BindingsUnreadable, match="expected one of"):
        bindings.block_in(Source(LAMP.replace(known, unknown), LAMP_DECLARED))


def test_a_wheel_that_is_something_else_is_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "lamps-1.0-py3-none-any.whl"
    with ZipFile(wheel, "w") as archive:
        archive.writestr("lamps/__init__.py", "")
    with pytest.raises(BindingsUnreadable, match=r"lamps-1\.0"):
        schema_of(wheel, Wanted(frozenset(), frozenset()), tmp_path)


def test_the_pinned_wheel_says_what_google_documents(tmp_path: Path) -> None:
    wheel = needed(lambda: pinned_wheel(BUILD / "wheels"))
    wanted = Wanted(frozenset({"google_storage_bucket", "google_lamp"}), frozenset({"google_project"}))
    schema = schema_of(wheel, wanted, tmp_path)
    assert schema == schema_of(wheel, wanted, tmp_path)  # the second time from what was kept
    assert schema.version == "8.7.0"
    assert set(schema.resources) == {"google_storage_bucket"}
    bucket = schema.resources["google_storage_bucket"]
    assert bucket.attributes["location"].required
    assert bucket.attributes["url"] == Attribute(type="string", computed=True)
    rule = bucket.blocks["lifecycle_rule"]
    assert (rule.nesting, rule.max_items) == ("list", 0)
    assert (rule.block.blocks["action"].nesting, rule.block.blocks["action"].min_items) == ("set", 1)
    assert schema.data_sources["google_project"].attributes["number"] == Attribute(type="string", computed=True)
    assert "project" in schema.configuration.attributes
    assert "alias" not in schema.configuration.attributes


COLOUR = Attribute(type="string", optional=True, allowed=("RED", "GREEN"))
SHELF = Block(
    attributes={
        "colour": COLOUR,
        "stripes": Attribute(type=["list", "string"], allowed=("RED",)),
        "name": Attribute(type="string"),
    },
    blocks={"lamp": NestedBlock(block=Block(attributes={"colour": COLOUR}), nesting="list")},
)
UNKNOWN = msgpack.ExtType(0, b"\0")


@pytest.mark.parametrize(
    ("configured", "refused"),
    [
        ({"colour": "RED", "stripes": ["RED"], "name": "MAUVE", "lamp": [{"colour": "GREEN"}]}, []),
        ({"colour": None, "stripes": None, "lamp": []}, []),
        ({"colour": "", "stripes": UNKNOWN, "lamp": UNKNOWN}, []),
        ({"colour": UNKNOWN, "stripes": [UNKNOWN], "lamp": [UNKNOWN]}, []),
        ({"colour": "MAUVE"}, [("colour",)]),
        ({"stripes": ["RED", "GREEN"]}, [("stripes",)]),
        ({"lamp": [{"colour": "RED"}, {"colour": "MAUVE"}]}, [("lamp", 1, "colour")]),
    ],
)
def test_only_a_text_that_is_known_and_not_allowed_is_refused(
    configured: dict[str, object], refused: list[tuple[str | int, ...]]
) -> None:
    assert [one.path for one in refusals(SHELF, configured)] == refused


def test_what_is_written_for_the_plugin_protocol_is_what_protocol_buffers_say() -> None:
    # https://protobuf.dev/programming-guides/encoding/: the examples of that page
    assert wire.field(1, 150) == b"\x08\x96\x01"
    assert wire.field(2, "testing") == b"\x12\x07testing"
    assert wire.field(3, wire.field(1, 150)) == b"\x1a\x03\x08\x96\x01"
    assert wire.field(1, 0) == wire.field(2, "") == b""
    assert wire.present(1, 0) == b"\x08\x00"
    assert wire.contents(wire.field(1, 150) + wire.field(2, "testing") + b"\x1d\1\2\3\4" + wire.present(5, b"")) == {
        2: b"testing",
        5: b"",
    }
