"""What every section of the policy is."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of ``leadloop.yaml``: unknown keys are refused, and nothing changes once it is read."""

    # hide_input: whatever prints a raw validation error must not print a secret put in a wrong place.
    # defer_build: a function reads what was checked when it was packaged, and never needs what checks it.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)
