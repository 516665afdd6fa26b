"""``make destroy``: a bundle is taken away, and its leads with it."""

from __future__ import annotations

from pathlib import Path

from leadloop.policy.loader import PolicySource
from leadloop_deployment.bundle import VARIABLES, Bundle
from leadloop_deployment.faults import DeploymentRefused
from leadloop_deployment.google_cloud import GoogleCloud
from leadloop_deployment.terminal import agree, say
from leadloop_deployment.terraform import Terraform
from leadloop_packaging.checkout import ROOT, packages_of
from leadloop_packaging.staging import stage


def destroy(bundle: Bundle, work: Path) -> None:
    """Show what would be deleted, and delete it after the project's id was written. Raises as ``deploy``."""
    packages = work / "packages"
    stage(packages_of(ROOT, PolicySource.of_file(bundle.policy).policy), packages)
    cloud = GoogleCloud(bundle)
    cloud.check_signed_in()
    cloud.check_project()
    if cloud.home() != bundle.region:
        raise DeploymentRefused(
            f"expected the bucket {bundle.state_bucket} in {bundle.region}, where Terraform keeps what it made, found "
            f"none, so {bundle} was never deployed; nothing was deleted: correct PROJECT, REGION or PREFIX"
        )
    if cloud.refuses_deletion():
        raise DeploymentRefused(
            f"the database {bundle.database} is protected, and nothing was deleted: write `protect = false` into "
            f"{VARIABLES} beside {bundle.policy.name}, run make deploy, then make destroy again"
        )
    with Terraform(bundle, ROOT / "infra" / "terraform", packages, work) as terraform:
        terraform.init()
        if not terraform.plan(destroy=True):
            say("Nothing was left to delete.")
        else:
            agree(f"All leads, uploads and secrets of {bundle} will be deleted, for ever.", bundle.project)
            terraform.apply()
            say("Deleted.")
    say(f"What Terraform knew remains: gcloud storage rm --recursive gs://{bundle.state_bucket}")
