"""Checks ``infra/terraform`` without an account and without the provider: ``python -m leadloop_preflight``.

Terraform refuses what does not fit the provider's schema, and needs only the schema for that. ``provider_wheel`` reads
it out of published bindings that were generated from it, ``provider`` serves it to Terraform on this machine, and
``terraform`` then formats, validates and tests as it would anywhere. ``policy_scan`` asks checkov, ``module_tables``
writes what each module takes and gives into its README.

What this cannot see is told in docs/decisions/0012-terraform-without-an-account.md.
"""
