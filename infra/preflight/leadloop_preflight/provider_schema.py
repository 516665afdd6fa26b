"""The schema of a Terraform provider: what each resource takes and gives.

The words are those of Terraform's own `providers schema`
(https://developer.hashicorp.com/terraform/cli/commands/providers/schema).
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, JsonValue

ValueType: TypeAlias = JsonValue
"""As Terraform writes types in JSON: ``"string"``, ``["set", "string"]``, ``["list", ["object", {…}]]``."""

Nesting: TypeAlias = Literal["single", "list", "set"]


class Attribute(BaseModel):
    """One argument, one exported value, or both."""

    model_config = ConfigDict(frozen=True)

    type: ValueType
    required: bool = False
    optional: bool = False
    computed: bool = False
    write_only: bool = False
    allowed: tuple[str, ...] = ()
    """The only texts it may have; empty if that is not known."""


class Block(BaseModel):
    """Attributes and the blocks nested in one."""

    model_config = ConfigDict(frozen=True)

    attributes: dict[str, Attribute] = Field(default_factory=dict)
    blocks: dict[str, NestedBlock] = Field(default_factory=dict)


class NestedBlock(BaseModel):
    """A block in a block, and how often it may stand there; ``max_items`` 0: as often as one likes."""

    model_config = ConfigDict(frozen=True)

    block: Block
    nesting: Nesting
    min_items: int = 0
    max_items: int = 0


class ProviderSchema(BaseModel):
    """A provider's version and its blocks, by the name of the resource or data source."""

    model_config = ConfigDict(frozen=True)

    version: str
    configuration: Block
    resources: dict[str, Block] = Field(default_factory=dict)
    data_sources: dict[str, Block] = Field(default_factory=dict)
