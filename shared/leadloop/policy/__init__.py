"""``leadloop.yaml`` → validated, documented models."""

from leadloop.policy.models import AmoCrm, ContactMode, Defaults, Goal, GoalEvent, Policy

__all__ = ["AmoCrm", "ContactMode", "Defaults", "Goal", "GoalEvent", "Policy"]
