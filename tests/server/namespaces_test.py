#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A server whose sets are in another network namespace than its clients: namespaces_test.py TOOL"""
import ctypes
import os
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from resp import Connection, ours

TOOL = sys.argv.pop(1)
CLONE_NEWNS = 0x00020000
THREADS = 4


def setUpModule():
    # `ip netns` keeps its names in /run/netns: a mount namespace keeps them from the machine.
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    run("mount", "--make-rprivate", "/")
    run("mount", "-t", "tmpfs", "none", "/run")
    run("ip", "link", "set", "lo", "up")


def run(*words):
    return subprocess.run(words, check=True, capture_output=True).stdout


def inside(*words):
    return run("nsenter", "--net=/run/netns/blue", *words)


def sets(listing):
    """The names of the sets that are no locks at rest."""
    return [name for name in listing.decode().split() if not name.startswith("~lock-")]


def namespace(path):
    found = os.stat(path)
    return found.st_dev, found.st_ino


class NamespaceTest(unittest.TestCase):
    store = []
    value_sets = ["drawer"]

    def setUp(self):
        run("ip", "netns", "add", "blue")

    def tearDown(self):
        if os.path.exists("/run/netns/blue"):
            run("ip", "netns", "del", "blue")
        # A set that is in another one cannot be destroyed.
        run("ipset", "flush")
        run("ipset", "destroy")

    def serve(self, *options):
        return ours(TOOL, "--netns", "blue", *self.store, *options)

    def test_writes_there_and_not_where_it_was_started(self):
        with self.serve() as server:
            client = Connection(server.path)
            self.assertEqual(client.ask("SET", "drawer", "inside"), "+OK")
            self.assertEqual(run(TOOL, *self.store, "--netns", "blue", "get", "drawer"), b"inside")
            self.assertEqual(inside(TOOL, *self.store, "get", "drawer"), b"inside")
            self.assertTrue(set(self.value_sets) <= set(sets(inside("ipset", "list", "-n"))))
            self.assertEqual(run("ipset", "list", "-n"), b"")
            outside = subprocess.run([TOOL, *self.store, "get", "drawer"], capture_output=True,
                                     check=False)
            self.assertEqual(outside.returncode, 1, outside)

    def test_reads_there_and_not_where_it_was_started(self):
        with self.serve() as server:
            client = Connection(server.path)
            run(TOOL, *self.store, "set", "drawer", "outside")
            self.assertIsNone(client.ask("GET", "drawer"))
            self.assertEqual(client.ask("DBSIZE"), ":0")
            inside(TOOL, *self.store, "set", "drawer", "inside")
            self.assertEqual(client.ask("GET", "drawer"), ("$", b"inside"))
            self.assertEqual(client.ask("FLUSHALL"), "+OK")
            self.assertEqual(run(TOOL, *self.store, "get", "drawer"), b"outside")

    def test_has_all_of_its_threads_there(self):
        with self.serve("--threads", str(THREADS)) as server:
            folder = f"/proc/{server.process.pid}/task"
            there = namespace("/run/netns/blue")
            self.assertNotEqual(namespace("/proc/self/ns/net"), there)
            # The first one answers before the last one is there.
            end = time.monotonic() + 60
            while len(os.listdir(folder)) < 1 + THREADS and time.monotonic() < end:
                time.sleep(0.001)
            found = [namespace(f"{folder}/{thread}/ns/net") for thread in os.listdir(folder)]
            self.assertEqual(found, [there] * (1 + THREADS))
            # Whichever of them each of these comes to.
            clients = [Connection(server.path) for _ in range(8 * THREADS)]
            for number, client in enumerate(clients):
                client.send("INCR", "n")
                client.send("SET", f"key {number}", number)
            answers = [client.read() for client in clients]
            self.assertEqual({client.read() for client in clients}, {"+OK"})
            self.assertEqual(sorted(int(answer[1:]) for answer in answers),
                             list(range(1, len(clients) + 1)))
            self.assertEqual(inside(TOOL, *self.store, "get", "n"), b"%d" % len(clients))
            self.assertEqual(len(inside(TOOL, *self.store, "keys").splitlines()), 1 + len(clients))
            self.assertEqual(run("ipset", "list", "-n"), b"")

    def test_listens_where_it_was_started(self):
        with self.serve("--bind", "127.0.0.1", "--port", "7003"):
            client = socket.create_connection(("127.0.0.1", 7003), timeout=60)
            client.sendall(b"SET drawer inside\r\n")
            self.assertEqual(client.recv(100), b"+OK\r\n")
            client.close()
            self.assertEqual(inside(TOOL, *self.store, "get", "drawer"), b"inside")
            self.assertEqual(inside("ss", "-Hltn"), b"")

    def test_stays_there_when_its_name_is_gone(self):
        with self.serve("--threads", "2") as server:
            client = Connection(server.path)
            self.assertEqual(client.ask("SET", "drawer", "inside"), "+OK")
            run("ip", "netns", "del", "blue")
            for other in [client] + [Connection(server.path) for _ in range(4)]:
                self.assertEqual(other.ask("GET", "drawer"), ("$", b"inside"))
                self.assertEqual(other.ask("APPEND", "other", "x")[0], ":")
            self.assertEqual(run("ipset", "list", "-n"), b"")


class TableTest(NamespaceTest):
    store = ["--store", "table:t"]
    value_sets = []


class RefusalTest(unittest.TestCase):
    def refusal(self, name, status, text):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([TOOL, "serve", "--unix", f"{folder}/socket", "--netns", name],
                                  capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(done.returncode, status, done)
            self.assertEqual(done.stdout, "")
            self.assertEqual(done.stderr.count("\n"), 1, done)
            self.assertIn(f"{name}: {text}", done.stderr)
            self.assertEqual(os.listdir(folder), [])

    def test_says_that_there_is_no_such_name(self):
        self.refusal("nowhere", 2, "no such network namespace")

    def test_says_that_a_file_is_no_namespace(self):
        os.makedirs("/run/netns", exist_ok=True)
        with open("/run/netns/file", "w", encoding="ascii") as file:
            file.write("text")
        self.refusal("file", 3, "entering the network namespace failed: Invalid argument")
        os.remove("/run/netns/file")


if __name__ == "__main__":
    unittest.main(warnings="ignore")
