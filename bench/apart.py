# SPDX-License-Identifier: MIT
"""The environment of measuring scripts: a network namespace, a tmpfs and a keyring of their own, and
servers in it."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path("/dev/shm")

# A tmpfs and a session keyring that disappear with the last process that uses them.
_APART = (
    "unshare", "--mount", "sh", "-c", 'mount -t tmpfs bench /dev/shm && exec "$0" "$@"',
    "keyctl", "session", "-",
)


class Wrong(Exception):
    """A process failed, or its result is wrong."""


def enter(script, arguments):
    """Restarts the script in that environment, with --inside before its arguments."""
    wrapper = str(ROOT / "scripts/in-private-namespace")
    os.execv(wrapper, [wrapper, *_APART, str(Path(script).resolve()), "--inside", *arguments])


def find_tool(name):
    path = shutil.which(name)
    if not path:
        raise Wrong(f"{name} is missing; scripts/install-deps --bench installs it")
    return path


class Server:
    """A process that listens on a unix socket. It is killed when this process ends, unless it has changed
    its user, because the kernel then clears that setting (PR_SET_PDEATHSIG, prctl(2))."""

    def __init__(self, command, path):
        self.path = str(path)
        self.command = ["setpriv", "--pdeathsig", "KILL", *command]
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)

    def _listens(self):
        with socket.socket(socket.AF_UNIX) as client:
            return client.connect_ex(self.path) == 0

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        self.start()
        for _ in range(5000):
            if self._listens():
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.002)
        raise Wrong(f"{' '.join(self.command)} does not start")

    def __exit__(self, *_):
        self.kill()


def redis_server(folder):
    """A Redis server that saves nothing to disk."""
    path = folder / "socket"
    return Server(["redis-server", "--port", "0", "--unixsocket", str(path), "--dir", str(folder),
                   "--save", "", "--appendonly", "no"], path)
