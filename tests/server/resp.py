# SPDX-License-Identifier: MIT
"""A client of the Redis protocol; replies include their type bytes."""
import os
import socket
import subprocess
import tempfile
import time


MEBIBYTE = 1024 * 1024


def bound(memory):
    """A limit in bytes, raised for a tool with sanitizers, which use memory of their own."""
    return 4 * memory + 32 * MEBIBYTE if "IPSETKV_SANITIZED" in os.environ else memory


class Connection:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(path)
        self.file = self.socket.makefile("rb")

    def send(self, *words):
        parts = [b"*%d\r\n" % len(words)]
        for word in words:
            word = word if isinstance(word, bytes) else str(word).encode()
            parts.append(b"$%d\r\n%s\r\n" % (len(word), word))
        self.socket.sendall(b"".join(parts))

    def read(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise EOFError("the server closed the connection")
        kind, text = chr(line[0]), line[1:-2]
        if kind in "+-:,_#(":
            return kind + text.decode("latin-1")
        if kind in "$=":
            length = int(text)
            return None if length < 0 else (kind, self.file.read(length + 2)[:-2])
        if kind in "*~>":
            length = int(text)
            return "*-1" if length < 0 else [kind] + [self.read() for _ in range(length)]
        if kind == "%":
            return [kind] + [(self.read(), self.read()) for _ in range(int(text))]
        raise ValueError(f"no reply begins with {line!r}")

    def ask(self, *words):
        self.send(*words)
        return self.read()

    def close(self):
        self.file.close()
        self.socket.close()


def raw_connection(path):
    """A plain socket, for bytes that no client library would send."""
    connection = socket.socket(socket.AF_UNIX)
    # Blocks while the queue of the listening socket is full.
    connection.connect(path)
    connection.settimeout(10)
    return connection


class Server:
    """A server process at a unix socket of its own; a context manager."""

    def __init__(self, make_command):
        self.folder = tempfile.TemporaryDirectory(prefix="ipsetkv-server-")
        # The server is another user by the time that it removes its socket.
        os.chmod(self.folder.name, 0o777)
        self.path = os.path.join(self.folder.name, "socket")
        self.command = make_command(self.path)
        self.process = None

    def start(self):
        log = open(os.path.join(self.folder.name, "log"), "ab")
        self.process = subprocess.Popen(self.command, stdout=log, stderr=log, cwd=self.folder.name)
        log.close()
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                connection = Connection(self.path)
                if connection.ask("PING")[:5] in ("+PONG", "-NOAU"):
                    connection.close()
                    return self
            except (OSError, EOFError):
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.002)
        raise RuntimeError(f"{self.command[0]} did not start: {self.log()}")

    def log(self):
        with open(os.path.join(self.folder.name, "log"), encoding="utf-8") as log:
            return log.read()

    def stop(self):
        self.process.terminate()
        status = self.process.wait(60)
        self.process = None
        return status

    def kill(self):
        self.process.kill()
        self.process.wait(60)
        self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *ignored):
        if self.process is not None:
            self.stop()
        self.folder.cleanup()


def ours(tool, *options):
    return Server(lambda path: [tool, "serve", "--unix", path, *options])


def redis():
    return Server(lambda path: ["redis-server", "--port", "0", "--unixsocket", path, "--save", "",
                                "--appendonly", "no", "--databases", "1",
                                "--enable-debug-command", "yes"])
