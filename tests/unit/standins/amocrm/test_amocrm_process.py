"""The stand-in as a process of its own."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import leadloop_standins
from unit.standins.amocrm.driver import TOKEN, AmoCrmDriver, filled
from unit.standins.amocrm.receiver import Receiver

PACKAGES = str(Path(leadloop_standins.__file__).parents[1])
START = (sys.executable, "-m", "leadloop_standins.amocrm", "--port", "0", "--token", TOKEN)


def test_it_serves_posts_webhooks_by_itself_and_ends_cleanly(
    tmp_path: Path, clock_file: Path, receiver: Receiver
) -> None:
    seed = tmp_path / "seed.json"
    hook = {"destination": receiver.url, "settings": ["add_lead"]}
    seed.write_text(json.dumps({"fields": [{"name": "LEADLOOP_ID", "code": "LEADLOOP_ID"}], "webhooks": [hook]}))
    options = ("--clock-file", str(clock_file), "--seed", str(seed), "--subdomain", "sokol")
    environment = {**os.environ, "PYTHONPATH": PACKAGES}
    with subprocess.Popen(
        [*START, *options], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as started:
        try:
            assert started.stdout is not None
            amocrm = AmoCrmDriver(json.loads(started.stdout.readline())["listening"], clock_file)
            with amocrm.session:
                assert amocrm.read("account")["subdomain"] == "sokol"
                lead = amocrm.lead(custom_fields_values=filled(LEADLOOP_ID="L-anna"))
                assert receiver.arrived.acquire(timeout=120)
                assert str(lead).encode() in receiver.bodies[0]
            started.send_signal(signal.SIGTERM)
            rest, complaints = started.communicate(timeout=120)
        finally:
            if started.poll() is None:
                started.kill()
    assert (started.returncode, rest, complaints) == (0, "", "")


def test_it_does_not_start_on_a_seed_it_does_not_understand(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps({"leads": [{"name": "Анна", "colour": "red"}]}))
    ended = subprocess.run(
        [*START, "--seed", str(seed)],
        env={**os.environ, "PYTHONPATH": PACKAGES},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "Row 1 of leads is not understood: colour" in ended.stderr
