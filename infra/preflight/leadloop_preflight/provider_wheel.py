"""Opens the wheel with the generated bindings and takes the schema of some resources out. Nothing is installed.

The wheel is a Python package around an npm package (``*.jsii.tgz``), in which each resource has a folder of its own.
The last schema read is kept in a folder of the caller's, because unpacking takes a second.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile, ZipFile

from leadloop_preflight import bindings, provider_schema
from leadloop_preflight.bindings import Source
from leadloop_preflight.faults import BindingsUnreadable, ToolMissing
from leadloop_preflight.provider_schema import ProviderSchema

PIN = Path(__file__).resolve().parents[1] / "provider.txt"
"""Names the wheel and its version, for pip and for us."""

_READERS = (__file__, bindings.__file__, provider_schema.__file__)


class Wanted(NamedTuple):
    """The resources and data sources that a configuration names."""

    resources: frozenset[str]
    data_sources: frozenset[str]


def pinned_wheel(folder: Path) -> Path:
    """Where the wheel lies that ``provider.txt`` names. Raises ``ToolMissing`` when it is not there."""
    name, _, version = PIN.read_text(encoding="utf-8").split()[-1].partition("==")
    wheel = folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    if not wheel.is_file():
        raise ToolMissing(f"the provider's schema is missing: expected {wheel.name} in {folder}; run `make preflight`")
    return wheel


def schema_of(wheel: Path, wanted: Wanted, cache: Path) -> ProviderSchema:
    """The schema of what is wanted; a name the provider does not know is left out, for Terraform to refuse.

    Raises ``BindingsUnreadable``.
    """
    kept = cache / f"schema-{_fingerprint(wheel, wanted)}.json"
    if kept.is_file():
        return ProviderSchema.model_validate_json(kept.read_bytes())
    read = _read(wheel, wanted)
    cache.mkdir(parents=True, exist_ok=True)
    beside = kept.with_suffix(f".{os.getpid()}")
    beside.write_text(read.model_dump_json(exclude_defaults=True), encoding="utf-8")
    os.replace(beside, kept)
    return read


def _fingerprint(wheel: Path, wanted: Wanted) -> str:
    facts = [wheel.name, str(wheel.stat().st_size), *sorted(wanted.resources), "data", *sorted(wanted.data_sources)]
    code = b"".join(Path(reader).read_bytes() for reader in _READERS)
    return hashlib.sha256("\n".join(facts).encode() + code).hexdigest()[:16]


def _read(wheel: Path, wanted: Wanted) -> ProviderSchema:
    resources = {name: name.partition("_")[2].replace("_", "-") for name in wanted.resources}
    data_sources = {name: f"data-{name.replace('_', '-')}" for name in wanted.data_sources}
    sources = _sources(wheel, ["provider", *resources.values(), *data_sources.values()])
    if "provider" not in sources:
        raise BindingsUnreadable(f"{wheel.name}: expected the provider's own bindings in it, found none")
    return ProviderSchema(
        version=bindings.version_in(sources["provider"]),
        configuration=bindings.block_in(sources["provider"]),
        resources=_blocks(resources, sources),
        data_sources=_blocks(data_sources, sources),
    )


def _blocks(folders: Mapping[str, str], sources: Mapping[str, Source]) -> dict[str, provider_schema.Block]:
    return {name: bindings.block_in(sources[at]) for name, at in sorted(folders.items()) if at in sources}


def _sources(wheel: Path, folders: Iterable[str]) -> dict[str, Source]:
    """Code and declarations of each folder that is there."""
    wanted = {f"package/lib/{folder}/index.{kind}" for folder in folders for kind in ("js", "d.ts")}
    found: dict[str, str] = {}
    try:
        with ZipFile(wheel) as archive:
            [package] = [name for name in archive.namelist() if name.endswith(".jsii.tgz")]
            with archive.open(package) as packed, tarfile.open(fileobj=packed, mode="r|gz") as members:
                for member in members:
                    if member.name in wanted and (content := members.extractfile(member)):
                        found[member.name] = content.read().decode("utf-8")
    except (BadZipFile, tarfile.TarError, ValueError) as fault:
        raise BindingsUnreadable(
            f"{wheel.name} cannot be opened ({fault}); remove it, `make preflight` loads it anew"
        ) from None
    return {
        name.split("/")[2]: Source(code, found.get(name.removesuffix("js") + "d.ts", ""))
        for name, code in found.items()
        if name.endswith(".js")
    }
