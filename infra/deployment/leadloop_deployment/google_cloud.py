"""What is asked of gcloud: the project, the programming interfaces, the bucket of the state, values of secrets."""

from __future__ import annotations

from collections.abc import Sequence

from leadloop_deployment.bundle import Bundle
from leadloop_deployment.faults import DeploymentRefused, ProgramFailed
from leadloop_deployment.programs import Program

_FIRST_APIS = ("serviceusage", "cloudresourcemanager", "iam", "storage", "secretmanager")
"""What Terraform and this tool need before infra/terraform can switch on the rest."""

_SWITCHED_OFF = "SERVICE_DISABLED"
"""The reason Google gives for refusing a call to an API that the project has never used."""


class GoogleCloud:
    """One project, as the person who is signed in may see it. Raises ``ProgramFailed`` when gcloud does."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._gcloud = Program("gcloud", "https://cloud.google.com/sdk/docs/install")

    def check_signed_in(self) -> None:
        """Both gcloud and Terraform have somebody's credentials. Raises ``DeploymentRefused``."""
        if not self._gcloud.ask("auth", "list", "--filter=status:ACTIVE", "--format=value(account)"):
            raise DeploymentRefused("nobody is signed in to gcloud: gcloud auth login")
        try:
            self._gcloud.ask("auth", "application-default", "print-access-token")
        except ProgramFailed:
            text = "Terraform has no credentials: gcloud auth application-default login"
            raise DeploymentRefused(text) from None

    def check_project(self) -> None:
        """The project is there and pays its bills. Raises ``DeploymentRefused``."""
        project = self._bundle.project
        try:
            state = self._gcloud.ask("projects", "describe", project, "--format=value(lifecycleState)")
        except ProgramFailed as fault:
            create = f"correct PROJECT, ask for the right to it, or create it: gcloud projects create {project}"
            raise DeploymentRefused(f"the project {project} cannot be seen; {create}\n{fault.said}") from None
        if state != "ACTIVE":
            raise DeploymentRefused(f"the project {project}: expected it ACTIVE, found {state or 'nothing'}")
        try:
            billing = self._gcloud.ask("billing", "projects", "describe", project, "--format=value(billingEnabled)")
        except ProgramFailed:
            return  # who may deploy need not be allowed to look at bills; without billing the first API says so
        if billing != "True":
            link = f"gcloud billing projects link {project} --billing-account=ID (gcloud billing accounts list)"
            raise DeploymentRefused(f"the project {project} has no billing account, and functions need one: {link}")

    def switch_on_first_apis(self) -> None:
        """Those that all further steps need; what is on stays on."""
        apis = [f"{name}.googleapis.com" for name in _FIRST_APIS]
        self._gcloud.ask("services", "enable", *apis, self._in_project)

    def home(self) -> str | None:
        """The region that this bundle lives in, by the bucket of its state; nothing while there is none."""
        listing = ("storage", "buckets", "list", self._in_project, "--format=value(name,location)")
        places = dict(line.split() for line in self._listed(*listing))
        found = places.get(self._bundle.state_bucket)
        return found and found.lower()

    def check_region(self, home: str | None) -> None:
        """A bundle stays where it lives: a database cannot move, and the plan would be to make everything anew.

        Raises ``DeploymentRefused``.
        """
        bundle = self._bundle
        if home not in (None, bundle.region):
            raise DeploymentRefused(
                f"the bundle {bundle.prefix} of {bundle.project} lives in {home}, and its database cannot move; found "
                f"REGION={bundle.region}: write REGION={home}, or give another bundle a PREFIX of its own"
            )

    def keep_state_bucket(self, home: str | None) -> None:
        """The bucket of Terraform's state is there, private and with versions, whatever stopped an earlier run."""
        address = f"gs://{self._bundle.state_bucket}"
        closed = ("--uniform-bucket-level-access", "--public-access-prevention")
        if home is None:
            place = f"--location={self._bundle.region}"
            self._gcloud.ask("storage", "buckets", "create", address, self._in_project, place, *closed)
        self._gcloud.ask("storage", "buckets", "update", address, "--versioning", *closed)

    def secrets(self) -> set[str]:
        """The ids of the secrets there are."""
        listed = self._gcloud.ask("secrets", "list", self._in_project, "--format=value(name)").split()
        return {name.rpartition("/")[2] for name in listed}

    def without_value(self, variables: Sequence[str]) -> list[str]:
        """Those of these variables whose secret has no value that can be read."""
        return [name for name in variables if not self._has_value(name)]

    def add_value(self, variable: str, value: str) -> None:
        """A new version of a secret. The value is in no argument, file or state."""
        where = ("secrets", "versions", "add", self._bundle.secret(variable))
        self._gcloud.ask(*where, "--data-file=-", self._in_project, standard_input=value)

    def refuses_deletion(self) -> bool:
        """Whether the database is there and protected."""
        listing = ("firestore", "databases", "list", self._in_project, "--format=value(name,deleteProtectionState)")
        states = dict(line.split()[:2] for line in self._listed(*listing) if len(line.split()) > 1)
        place = f"projects/{self._bundle.project}/databases/{self._bundle.database}"
        return states.get(place) == "DELETE_PROTECTION_ENABLED"

    def _has_value(self, variable: str) -> bool:
        """Whether what functions read, the newest version, can be read; an older one does not count."""
        newest = ("secrets", "versions", "describe", "latest", f"--secret={self._bundle.secret(variable)}")
        try:
            return self._gcloud.ask(*newest, self._in_project, "--format=value(state)").upper() == "ENABLED"
        except ProgramFailed as fault:
            if "NOT_FOUND" in fault.said:
                return False
            raise

    def _listed(self, *words: str) -> list[str]:
        """The lines of a listing; none of an API that nobody has switched on yet."""
        try:
            return [line for line in self._gcloud.ask(*words).splitlines() if line.strip()]
        except ProgramFailed as fault:
            if _SWITCHED_OFF in fault.said:
                return []
            raise

    @property
    def _in_project(self) -> str:
        return f"--project={self._bundle.project}"
