"""Why nothing, or nothing more, was deployed."""


class DeploymentRefused(Exception):
    """Something stands in the way; the text says what was expected, what was found and what to do."""


class ProgramFailed(DeploymentRefused):
    """gcloud or terraform ended with an error of its own; ``said`` is empty when it was said on the terminal."""

    def __init__(self, program: str, code: int, said: str) -> None:
        super().__init__(f"`{program}` ended with {code}; " + (f"it said: {said}" if said else "its words are above"))
        self.said = said


class NotAgreed(DeploymentRefused):
    """The person did not say yes."""
