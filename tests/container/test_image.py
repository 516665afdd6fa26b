"""The Dockerfile does what it says: built and run without an engine, on a stand-in for the image of Python."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from py_compile import PycInvalidationMode

import pytest
from packaging.utils import canonicalize_name

from container.bytecode import compile_one, uncompiled
from container.conftest import OF_THE_HOST, PINS, as_it_is, context
from container.dockerfile import Context, health_check_of, stages_of
from container.image import Image
from container.running import Container, owner_of, running
from container.sandbox import command
from leadloop_packaging.staging import RUNTIME

NEVER_IMPORTED = ("geodata", "carrierdata", "tzdata")

ASK = (
    "import sys; from http.client import HTTPConnection as C; c = C(sys.argv[1], int(sys.argv[2]), timeout=20); "
    "c.request(sys.argv[3], sys.argv[4]); a = c.getresponse(); print(a.status, a.read().decode())"
)
ELSEWHERE = "127.0.0.2"
"""An address of the container that nobody listens on who listens on 127.0.0.1 only."""


class TestWhatIsInIt:
    def test_every_module_has_bytecode(self, image: Image) -> None:
        own = image.root / "opt" / "leadloop"
        missing = uncompiled(own, unchecked=True)
        assert [path for path in missing if not set(NEVER_IMPORTED) & set(path.parts)] == []
        assert len(list((own / "functions").glob("*/__pycache__/main.*.pyc"))) > 10

    def test_the_library_of_python_has_bytecode(self, image: Image) -> None:
        [library] = image.root.with_name("image.local").glob("lib/python3.*")
        assert (library / "os.py").exists()
        assert [path for path in uncompiled(library, unchecked=False) if "site-packages" not in path.parts] == []

    @pytest.mark.parametrize("mode", [None, PycInvalidationMode.TIMESTAMP])
    def test_a_module_without_would_be_noticed(self, mode: PycInvalidationMode | None, tmp_path: Path) -> None:
        (tmp_path / "a.py").write_text("A = 1\n")
        compile_one(tmp_path / "a.py", PycInvalidationMode.UNCHECKED_HASH)
        assert list(uncompiled(tmp_path, unchecked=True)) == []
        (tmp_path / "b.py").write_text("B = 1\n")
        if mode:
            compile_one(tmp_path / "b.py", mode)
        assert list(uncompiled(tmp_path, unchecked=True)) == [Path("b.py")]

    def test_what_the_host_needs_is_installed_as_it_was_tested_and_nothing_else(self, image: Image) -> None:
        [packages] = (image.root / "opt" / "leadloop" / ".venv").glob("lib/python3.*/site-packages")
        installed = {path.name.removesuffix(".dist-info") for path in packages.glob("*.dist-info")}
        pins = {canonicalize_name(name): version for name, _, version in (one.rpartition("-") for one in installed)}
        assert pins.pop(canonicalize_name("leadloop"))
        assert pins == {name: PINS[name].partition("==")[2] for name in OF_THE_HOST}

    def test_its_user_can_write_nothing_but_the_volume(self, image: Image) -> None:
        user, _ = owner_of(image)
        assert user != 0
        looked_at = [path for folder in ("opt", "etc", "var") for path in (image.root / folder).rglob("*")]
        owned = {path for path in looked_at if path.lstat().st_uid != 0}
        open_to_all = {path for path in looked_at if not path.is_symlink() and path.stat().st_mode & 0o022}
        assert owned == {image.root / image.stage.last("VOLUME")[1:]}
        assert open_to_all == set()

    def test_its_python_is_the_one_the_packages_for_the_cloud_ask_for(self) -> None:
        major, minor = RUNTIME.removeprefix("python")[:1], RUNTIME.removeprefix("python")[1:]
        assert stages_of(as_it_is())[0].base.startswith(f"python:{major}.{minor}-slim-")


class TestWhatIsSentToTheEngine:
    @pytest.mark.parametrize(
        "kept_back", [".env", ".git/config", "tests/conftest.py", "functions/.env", "shared/leadloop/__pycache__/a.pyc"]
    )
    def test_what_is_not_for_it_stays_here(self, kept_back: str) -> None:
        assert context().is_ignored(Path(kept_back))

    @pytest.mark.parametrize(
        "sent", ["functions/functions.yaml", "infra/host/leadloop_host/host.py", "constraints.txt"]
    )
    def test_what_it_is_made_of_is_sent(self, sent: str) -> None:
        assert not context().is_ignored(Path(sent))

    def test_a_file_that_is_kept_back_cannot_be_copied(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_text("")
        assert [below for _, below in Context(tmp_path, "*\n!a").files("a")] == [Path("a")]
        assert list(Context(tmp_path, "*").files("a")) == []


class TestTheHostInAContainer:
    def test_it_is_process_1_without_rights_on_a_root_it_cannot_write(self, container: Container) -> None:
        status = Path(f"/proc/{container.pid}/status").read_text()
        fields = dict(line.split(":\t", 1) for line in status.splitlines())
        assert fields["NSpid"].split()[-1] == "1"
        assert fields["Uid"].split() == [str(owner_of(container.image)[0])] * 4
        assert {fields[name] for name in ("CapEff", "CapPrm", "CapBnd")} == {"0" * 16}
        assert container.run("touch", "/opt/leadloop/functions/x").returncode != 0
        assert container.run("touch", "/tmp/x", "/var/lib/leadloop/x").returncode == 0

    def test_its_health_check_passes_at_an_address_with_a_proxy_in_the_environment(self, container: Container) -> None:
        proxied = {**container.setting.environment, "http_proxy": "http://127.0.0.1:9"}
        assert replace(container, setting=replace(container.setting, environment=proxied)).is_healthy()

    def test_the_public_port_is_reached_from_elsewhere_and_the_other_is_not(self, container: Container) -> None:
        [public] = container.image.stage.last("EXPOSE").split()
        answer = container.run("python", "-c", ASK, ELSEWHERE, public, "GET", "/capture-visit/tag.js")
        assert answer.stdout.startswith("200 "), answer
        assert container.run("python", "-c", ASK, ELSEWHERE, public, "POST", "/sync-crm").stdout.startswith("403 ")
        assert "ConnectionRefusedError" in container.run("python", "-c", ASK, ELSEWHERE, "8080", "GET", "/").stderr
        assert container.run("python", "-c", ASK, "127.0.0.1", "8080", "GET", "/").stdout.startswith("200 ")

    def test_a_command_beside_it_reads_what_it_keeps(self, container: Container) -> None:
        words = ("--policy", "/etc/leadloop/leadloop.yaml", "--data", "/var/lib/leadloop")
        report = container.run("leadloop", "report", *words)
        assert report.returncode == 0, report.stderr

    def test_told_to_stop_it_stops_and_its_health_check_fails(self, image: Image, tmp_path: Path) -> None:
        with running(image, tmp_path) as container:
            assert container.stop() == 0, container.said()
            [ended] = [json.loads(line) for line in container.said().splitlines() if "host_stopped" in line]
            assert ended["everything_ended"] is True
        down = command(image.root, image.setting, health_check_of(image.stage).command)
        assert subprocess.run(down, capture_output=True, check=False).returncode == 1

    def test_the_check_gives_up_before_the_engine_does(self) -> None:
        check = health_check_of(stages_of(as_it_is())[-1])
        [own_timeout] = re.findall(r"timeout=(\d+)", check.command[-1])
        assert float(own_timeout) < check.timeout <= check.interval


class TestTheReadingOfADockerfile:
    def test_an_instruction_that_is_not_understood_is_no_silence(self) -> None:
        with pytest.raises(ValueError, match="understands no ADD"):
            stages_of("FROM a\nADD b c\n")

    def test_an_entry_point_for_a_shell_which_no_signal_would_reach_is_refused(self) -> None:
        [stage] = stages_of("FROM a\nENTRYPOINT leadloop serve\n")
        with pytest.raises(ValueError):
            stage.listed("ENTRYPOINT")
