"""An image built without an engine: each line of the Dockerfile carried out, in a container of ``sandbox``."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from container.dockerfile import Context, Stage, stages_of, with_environment
from container.sandbox import BASE_ENVIRONMENT, Mount, Setting, command, copy_base, make_base


class Image(NamedTuple):
    """What a build leaves: the files, the last stage, and how a process of it is run."""

    root: Path
    stage: Stage
    setting: Setting


class Build:
    """A build in an empty folder. pip finds its wheels in ``wheels`` and asks nobody."""

    def __init__(self, folder: Path, context: Context, wheels: Path) -> None:
        self._folder = folder
        self._context = context
        self._pip = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/wheels", "PIP_NO_CACHE_DIR": "1"}
        self._wheels = Mount(wheels, "/wheels")
        self._images: dict[str, Image] = {}

    def of(self, dockerfile: str) -> Image:
        """The image. Raises ``AssertionError`` when a line of it fails, with what was said."""
        for stage in stages_of(dockerfile):
            image = self._images[stage.name] = self._begun(stage)
            for instruction in stage.instructions:
                image = self._images[stage.name] = self._after(image, instruction.name, instruction.value)
        return image

    def _begun(self, stage: Stage) -> Image:
        root = self._folder / stage.name
        if stage.base in self._images:
            base = self._images[stage.base]
            copy_base(base.root, root)
            return Image(root, stage, base.setting)
        make_base(root)
        return Image(root, stage, Setting(BASE_ENVIRONMENT))

    def _after(self, image: Image, name: str, value: str) -> Image:
        setting = image.setting
        if name == "RUN":
            self._run(image, value)
        elif name == "COPY":
            self._copy(image, value)
        elif name == "ENV":
            setting = replace(setting, environment=with_environment(dict(setting.environment), value))
        elif name == "WORKDIR":
            (image.root / value.lstrip("/")).mkdir(parents=True, exist_ok=True)
            setting = replace(setting, folder=value)
        elif name == "USER":
            setting = replace(setting, user=value)
        return image._replace(setting=setting)

    def _run(self, image: Image, line: str) -> None:
        environment: Mapping[str, str] = {**image.setting.environment, **self._pip}
        setting = replace(image.setting, environment=environment, mounts=[self._wheels])
        run = command(image.root, setting, ["/bin/sh", "-c", line])
        done = subprocess.run(run, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"RUN {line}\n{done.stdout}{done.stderr}"

    def _copy(self, image: Image, value: str) -> None:
        *options, sources_and_target = value.split("--from=")
        if options:
            stage, source, target = sources_and_target.split()
            shutil.copytree(self._images[stage].root / source[1:], image.root / target[1:], symlinks=True)
            return
        *sources, target = value.split()
        for source in sources:
            into = (
                image.root / image.setting.folder[1:] / target.lstrip("/")
                if target[0] != "/"
                else image.root / target[1:]
            )
            files = list(self._context.files(source))
            assert files, f"COPY {value}: nothing of {source} is sent to the engine"
            for file, below in files:
                (into / below).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(file, into / below)
