"""JupyterLab as a student has it, driven in a real browser."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ("--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync")
START_SECONDS = 60


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium; the system's, because none is downloaded."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on PATH: install your system's chromium package to run the browser tests")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        instance = driver.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, "--no-sandbox"])
        yield instance
        instance.close()


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab."""

    folder: Path
    port: int
    token: str

    def url(self, notebook: Path) -> str:
        """The address at which the lab opens a notebook below its folder."""
        return f"http://127.0.0.1:{self.port}/lab/tree/{notebook.relative_to(self.folder)}?token={self.token}"


@pytest.fixture
def lab(tmp_path):
    """Start a JupyterLab with an empty home, in the folder ``tmp_path / "workspace"``."""
    folder, home = tmp_path / "workspace", tmp_path / "home"
    folder.mkdir()
    # Otherwise a question about news covers a corner of the page.
    settings = (
        home / ".jupyter/lab/user-settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"
    )
    settings.parent.mkdir(parents=True)
    settings.write_text('{"fetchNews": "false", "checkForUpdates": false}')
    port, token = _free_port(), secrets.token_hex(16)
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER", "IPYTHON"))},
        "HOME": str(home),
        "JUPYTER_TOKEN": token,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    log = tmp_path / "jupyterlab.log"
    with log.open("wb") as sink:
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=sink, stderr=subprocess.STDOUT)
    try:
        _wait_until_up(port, server, log)
        yield Lab(folder, port, token)
    finally:
        server.terminate()
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:  # a kernel that is just starting holds it up
            server.kill()
            server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_up(port: int, server: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api", timeout=5)
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text(errors='replace')[-2000:]}")
