"""Commands as processes of their own: start, work beside each other, stop, and go on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.servers.program import free_port, until

SLUSS = (sys.executable, "-m", "sluss.cli")
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("SLUSS_")}


def sluss(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run([*SLUSS, *words], input=stdin, capture_output=True, text=True, check=False, timeout=60, env=ENVIRONMENT)


@contextmanager
def started(log: Path, *words: str) -> Generator[subprocess.Popen[bytes]]:
    """A command that stays, until it says that it can be stopped."""
    with log.open("wb") as out:
        process = subprocess.Popen([*SLUSS, *words], stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=ENVIRONMENT)
    try:
        until(lambda: process.poll() is not None or "Ctrl-C" in log.read_text(), "the command to be ready", 60)
        yield process
    finally:
        process.kill()
        process.wait()


def end(process: subprocess.Popen[bytes], how: signal.Signals) -> int:
    process.send_signal(how)
    return process.wait(20)


def test_the_demo_opens_stops_cleanly_and_goes_on(tmp_path: Path) -> None:
    data, log = tmp_path / "data", tmp_path / "log"
    with started(log, "demo", "--data", str(data), "--port", "0", "--seed", "7") as demo:
        said = log.read_text()
        url, site = [word for word in said.split() if word.startswith("http://")][:2]
        assert f'src="{url}/embed/v1.js" data-key="chat-' in httpx.get(f"{site}/sv/", timeout=30).text
        assert "johan@norrsken.example" in said
        assert "norrsken-demo" in said
        assert httpx.get(f"{url}/sign-in").status_code == 200
        assert sluss("outbox", "show", "--data", str(data)).returncode == 0
        assert end(demo, signal.SIGINT) in {0, 130}
    assert "Traceback" not in log.read_text()
    assert not (data / "control.sock").exists()
    with started(log, "demo", "--data", str(data), "--port", "0") as again:
        assert "Founding" not in log.read_text()
        assert end(again, signal.SIGTERM) in {0, -signal.SIGTERM, 143}
    assert "Traceback" not in log.read_text()


def test_an_empty_start_prints_one_link_and_a_second_process_refuses(tmp_path: Path) -> None:
    """F12: two processes on one folder."""
    data, log = tmp_path / "data", tmp_path / "log"
    with started(log, "demo", "--empty", "--data", str(data), "--port", "0"):
        link = next(word for word in log.read_text().split() if "/setup/" in word)
        assert httpx.get(link).status_code == 200
        for words in (("serve", "--port", "0"), ("demo", "--port", "0"), ("migrate",), ("restore", str(log))):
            refused = sluss(*words, "--data", str(data))
            assert "Traceback" not in refused.stderr
            assert words[0] == "migrate" or (refused.returncode, "in use by a running Sluss" in refused.stderr) == (5, True)
        fresh = json.loads(sluss("setup-link", "--json", "--data", str(data)).stdout)["url"]
        assert httpx.get(fresh).status_code == 200
        assert httpx.get(link).status_code != 200


def test_a_killed_server_leaves_a_folder_that_goes_on(tmp_path: Path) -> None:
    data, log = tmp_path / "data", tmp_path / "log"
    sluss("init", "--data", str(data))
    with started(log, "serve", "--data", str(data), "--port", "0") as server:
        end(server, signal.SIGKILL)
    assert (data / "control.sock").exists()
    assert sluss("outbox", "show", "--data", str(data)).returncode == 0
    with started(log, "serve", "--data", str(data), "--port", "0"):
        assert "Sluss serves http://" in log.read_text()


def test_a_taken_port_is_a_sentence(tmp_path: Path) -> None:
    port = free_port()
    sluss("init", "--data", str(tmp_path / "a"))
    sluss("init", "--data", str(tmp_path / "b"))
    with started(tmp_path / "log", "serve", "--data", str(tmp_path / "a"), "--port", str(port)):
        refused = sluss("serve", "--data", str(tmp_path / "b"), "--port", str(port))
    assert refused.returncode == 5
    assert f"127.0.0.1:{port}" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_password_comes_by_standard_input_and_never_shows(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with started(tmp_path / "log", "demo", "--data", str(data), "--port", "0", "--seed", "7"):
        words = ("nils@norrsken.example", "--password-file", "-", "--data", str(data))
        added = sluss("agent", "add", "--name", "Nils Öberg", *words, stdin="fyra ord räcker\n")
        assert added.returncode == 0, added.stderr
        assert "fyra ord" not in added.stdout + added.stderr
        weak = sluss("agent", "reset", *words, stdin="kort\n")
    assert weak.returncode == 2
    assert "12 characters" in weak.stderr
