"""Why a step could not be taken at all, apart from what it found."""


class ToolMissing(Exception):
    """Something that a step runs is not on this machine. The text says what, and what to do."""


class BindingsUnreadable(Exception):
    """The provider's bindings are written in a form that is not known here. The text says where."""
