"""``leadloop.yaml`` as documented models. Files are read by ``leadloop.policy.loader``."""

from leadloop.policy.amocrm import AmoCrm
from leadloop.policy.faults import Fault, PolicyInvalid
from leadloop.policy.models import ContactMode, Defaults, Goal, GoalEvent, Policy

__all__ = [
    "AmoCrm",
    "ContactMode",
    "Defaults",
    "Fault",
    "Goal",
    "GoalEvent",
    "Policy",
    "PolicyInvalid",
]
