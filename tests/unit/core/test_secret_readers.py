"""Who is handed which secret under a policy."""

from __future__ import annotations

import pytest

from leadloop.secret_readers import readers, secrets_of
from leadloop.secrets import SEAL_PRIVATE_KEY, VERDICT_SECRET
from support.knocks import MANIFEST
from support.policies import sokol


@pytest.mark.parametrize(("mode", "handed"), [("none", ()), ("hash", ()), ("keep", ("deliver-lead",))])
def test_the_owner_s_private_key_is_handed_out_only_where_contacts_are_kept(mode: str, handed: tuple[str, ...]) -> None:
    assert readers(MANIFEST, sokol(mode)).get(SEAL_PRIVATE_KEY, ()) == handed


@pytest.mark.parametrize(("providers", "handed"), [({}, ()), ({"adjust": {}}, ("receive-verdict",))])
def test_verdicts_are_signed_only_for_a_policy_that_names_services(
    providers: dict[str, object], handed: tuple[str, ...]
) -> None:
    assert readers(MANIFEST, sokol(fraud={"providers": providers})).get(VERDICT_SECRET, ()) == handed


def test_every_other_secret_is_handed_to_whoever_the_manifest_names() -> None:
    by_policy = {SEAL_PRIVATE_KEY, VERDICT_SECRET}
    for name, function in MANIFEST.functions.items():
        assert set(function.secrets) - by_policy == set(secrets_of(function, sokol("hash"))), name
