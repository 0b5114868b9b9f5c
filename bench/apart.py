# SPDX-License-Identifier: MIT
"""Where scripts measure: a network namespace, a tmpfs and a keyring of their own, and servers there."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path("/dev/shm")

# A tmpfs and a session keyring that are gone with the last process that has them.
_APART = (
    "unshare", "--mount", "sh", "-c", 'mount -t tmpfs bench /dev/shm && exec "$0" "$@"',
    "keyctl", "session", "-",
)


class Wrong(Exception):
    """A process failed, or its answer is not what it should be."""


def enter(script, arguments):
    """Starts the script anew, in such a place, with --inside before its arguments."""
    wrapper = str(ROOT / "scripts/in-private-namespace")
    os.execv(wrapper, [wrapper, *_APART, str(Path(script).resolve()), "--inside", *arguments])


def find_tool(name):
    path = shutil.which(name)
    if not path:
        raise Wrong(f"{name} is not there; scripts/install-deps --bench installs it")
    return path


class Server:
    """A process that listens on a unix socket. It ends with this process at the latest, unless it has
    become another user, for whom the kernel forgets that."""

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
    """It saves nothing."""
    path = folder / "socket"
    return Server(["redis-server", "--port", "0", "--unixsocket", str(path), "--dir", str(folder),
                   "--save", "", "--appendonly", "no"], path)
