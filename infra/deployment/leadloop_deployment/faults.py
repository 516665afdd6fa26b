"""Why nothing, or nothing more, was deployed."""


class DeploymentRefused(Exception):
    """Something stands in the way; the text says what was expected, what was found and what to do."""


class ProgramFailed(DeploymentRefused):
    """gcloud or terraform ended with an error of its own."""

    def __init__(self, words: str, code: int, said: str) -> None:
        super().__init__(f"`{words}` ended with {code}" + (f": {said}" if said else "; see what it says above"))
        self.said = said


class NotAgreed(DeploymentRefused):
    """The person did not say yes."""
