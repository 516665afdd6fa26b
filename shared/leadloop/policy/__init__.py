"""``leadloop.yaml`` → validated, documented models."""

from leadloop.policy.faults import Fault, PolicyInvalid
from leadloop.policy.loader import PolicySource, load_policy, read_policy
from leadloop.policy.models import AmoCrm, ContactMode, Defaults, Goal, GoalEvent, Policy

__all__ = [
    "AmoCrm",
    "ContactMode",
    "Defaults",
    "Fault",
    "Goal",
    "GoalEvent",
    "Policy",
    "PolicyInvalid",
    "PolicySource",
    "load_policy",
    "read_policy",
]
