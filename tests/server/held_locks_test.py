#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A server while another process holds the locks of some keys: held_locks_test.py TOOL

What another process does is done with a netlink socket, which makes its port id a live one, and the
stock tool, which renames a lock as its holder would: docs/format.md has the names."""
import contextlib
import functools
import os
import re
import socket
import subprocess
import sys
import threading
import time
import unittest

from resp import Connection, ours

TOOL = sys.argv.pop(1)
TABLE = ("--store", "table:t")
NETFILTER = 12  # NETLINK_NETFILTER
# In seconds. A request that waits gives up after TIMEOUT. Other clients have their replies within some
# 10 ms meanwhile; LIMIT allows for a busy machine.
LIMIT = 0.5 if "IPSETKV_SANITIZED" in os.environ else 0.1
TIMEOUT = 1.0
HELD = "-ERR"
STRIPE = 3


def ipset(*words):
    return subprocess.run(["ipset", *words], check=True, capture_output=True, text=True).stdout


class Holder:
    """A live process' port id, and the sets that it has renamed."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETFILTER)
        self.socket.bind((0, 0))
        self.port = self.socket.getsockname()[0]
        self.renamed = []

    def rename(self, free, held):
        ipset("rename", free, held)
        self.renamed.append((held, free))

    def release(self):
        for held, free in self.renamed:
            ipset("rename", held, free)
        self.renamed = []

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.release()
        self.socket.close()


def hold_stripe(holder, stripe):
    holder.rename(f"~lock-{stripe}", f"~{holder.port}-{stripe}")


def hold_buckets(holder):
    """All buckets of the table: nobody else reads or writes its keys."""
    for name in ipset("list", "-n").splitlines():
        bucket = re.fullmatch(r"(~[0-9a-f]+)(:...t)", name)
        if bucket:
            holder.rename(name, f"{bucket[1]}-{holder.port:08x}{bucket[2]}")


@functools.cache
def keys_of_stripe(stripe):
    """A key whose lock is that of the stripe, and one whose lock is another."""
    # While the lock is held nobody writes the first, but anybody writes the second.
    outside = None
    with Holder() as holder:
        hold_stripe(holder, stripe)
        for number in range(1000):
            key = f"key{number}"
            tried = subprocess.run([TOOL, "set", key, "x"], check=False, capture_output=True)
            if tried.returncode != 0:
                break
            outside = key
    return key, outside


class OtherClient(threading.Thread):
    """Reads and writes a key of its own, and remembers how long the slowest reply took."""

    def __init__(self, path, *requests):
        super().__init__()
        self.path, self.requests = path, requests
        self.slowest = 0.0
        self.count = 0
        self.stopping = False

    def run(self):
        connection = Connection(self.path)
        while not self.stopping:
            for request in self.requests:
                begin = time.monotonic()
                reply = connection.ask(*request)
                self.slowest = max(self.slowest, time.monotonic() - begin)
                assert not str(reply).startswith("-"), reply
                self.count += 1
            time.sleep(0.001)
        connection.close()


@contextlib.contextmanager
def others_go_on(test, path, *requests):
    """While it lasts, other clients get their replies soon."""
    other = OtherClient(path, ("PING",), *requests)
    other.start()
    try:
        yield
    finally:
        other.stopping = True
        other.join()
    test.assertGreater(other.count, 0)
    print(f"{test.id().rpartition('.')[2]}: other clients waited {other.slowest * 1000:.1f} ms at most")
    test.assertLess(other.slowest, LIMIT)


class HeldLockTest(unittest.TestCase):
    def setUp(self):
        self.server = ours(TOOL)
        self.server.start()
        self.addCleanup(self.server.__exit__)
        self.connection = self.connect()
        for number in range(200):
            self.connection.ask("SET", f"warm{number}", "x")
        self.key, self.other = keys_of_stripe(STRIPE)
        for key in (self.key, self.other):
            self.connection.ask("SET", key, "first")
        self.free = (("SET", self.other, "x"), ("GET", self.other), ("GET", self.key))

    def connect(self):
        connection = Connection(self.server.path)
        self.addCleanup(connection.close)
        return connection

    def held(self):
        holder = Holder()
        hold_stripe(holder, STRIPE)
        return holder

    def test_write_succeeds_once_the_lock_is_released(self):
        writer = self.connect()
        with self.held() as holder, others_go_on(self, self.server.path, *self.free):
            writer.send("SET", self.key, "second")
            time.sleep(0.3)
            self.assertEqual(self.connect().ask("GET", self.key), ("$", b"first"))
            holder.release()
            begin = time.monotonic()
            self.assertEqual(writer.read(), "+OK")
            self.assertLess(time.monotonic() - begin, 0.1)
        self.assertEqual(writer.ask("GET", self.key), ("$", b"second"))

    def test_write_fails_after_the_timeout(self):
        writer = self.connect()
        with self.held(), others_go_on(self, self.server.path, *self.free):
            begin = time.monotonic()
            self.assertEqual(writer.ask("SET", self.key, "second")[:4], HELD)
            took = time.monotonic() - begin
            self.assertGreater(took, 0.9 * TIMEOUT)
            self.assertLess(took, 1.3 * TIMEOUT)
            self.assertEqual(writer.ask("GET", self.key), ("$", b"first"))

    def test_requests_of_a_client_stay_in_order(self):
        writer = self.connect()
        with self.held() as holder, others_go_on(self, self.server.path, *self.free):
            for value in ("1", "2"):
                writer.send("SET", self.key, value)
                writer.send("GET", self.key)
                writer.send("INCR", self.key)
                writer.send("PING")
            time.sleep(0.2)
            holder.release()
            replies = [writer.read() for _ in range(8)]
        self.assertEqual(replies, ["+OK", ("$", b"1"), ":2", "+PONG", "+OK", ("$", b"2"), ":3",
                                   "+PONG"])

    def test_many_clients_wait_for_one_lock(self):
        writers = [self.connect() for _ in range(40)]
        self.connection.ask("SET", self.key, "0")
        with self.held() as holder, others_go_on(self, self.server.path, *self.free[:2]):
            for writer in writers:
                writer.send("INCR", self.key)
                writer.send("SET", self.key + "?", "x")
            time.sleep(0.3)
            holder.release()
            replies = {writer.read() for writer in writers}
        self.assertEqual(replies, {f":{number}" for number in range(1, 41)})
        self.assertEqual({writer.read() for writer in writers}, {"+OK"})

    def test_commands_of_several_keys_wait_before_they_begin(self):
        for request, reply in ((("MSET", self.key, "a", self.other, "a"), "+OK"),
                               (("DEL", self.key, self.other), ":2"),
                               (("MSETNX", self.key, "b", self.other, "b"), ":1"),
                               (("RENAME", self.other, self.key), "+OK"),
                               (("COPY", self.key, self.other), ":1")):
            with self.subTest(request[0]):
                writer = self.connect()
                with self.held() as holder, others_go_on(self, self.server.path, ("ECHO", "x")):
                    writer.send(*request)
                    time.sleep(0.1)
                    holder.release()
                    self.assertEqual(writer.read(), reply)

    def test_commands_of_several_keys_fail_soon_once_they_have_begun(self):
        writer = self.connect()
        with self.held(), others_go_on(self, self.server.path, ("ECHO", "x")):
            begin = time.monotonic()
            self.assertEqual(writer.ask("MSET", self.other, "c", self.key, "c")[:4], HELD)
            self.assertEqual(writer.ask("DEL", self.other, self.key)[:4], HELD)
            self.assertLess(time.monotonic() - begin, 2 * LIMIT)

    def test_transaction_waits_before_it_begins(self):
        writer = self.connect()
        with self.held() as holder, others_go_on(self, self.server.path, *self.free):
            writer.ask("WATCH", self.other + "!")
            for request in (("MULTI",), ("SET", self.key, "t"), ("INCR", "n"), ("EXEC",)):
                writer.send(*request)
            self.assertEqual([writer.read() for _ in range(3)], ["+OK", "+QUEUED", "+QUEUED"])
            time.sleep(0.2)
            self.assertIsNone(self.connect().ask("GET", "n"))
            holder.release()
            self.assertEqual(writer.read(), ["*", "+OK", ":1"])

    def test_transaction_that_waits_notices_changes(self):
        writer = self.connect()
        with self.held() as holder:
            writer.ask("WATCH", self.other)
            for request in (("MULTI",), ("SET", self.key, "t"), ("EXEC",)):
                writer.send(*request)
            self.assertEqual([writer.read() for _ in range(2)], ["+OK", "+QUEUED"])
            time.sleep(0.1)
            self.assertEqual(self.connect().ask("SET", self.other, "changed"), "+OK")
            holder.release()
            self.assertEqual(writer.read(), "*-1")
        self.assertEqual(writer.ask("GET", self.key), ("$", b"first"))

    def test_transaction_that_has_begun_goes_on_with_the_error(self):
        writer = self.connect()
        with self.held(), others_go_on(self, self.server.path, *self.free):
            writer.ask("MULTI")
            writer.ask("SET", self.other, "t")
            for _ in range(20):
                writer.ask("SET", self.key, "t")
            writer.ask("GET", self.other)
            begin = time.monotonic()
            replies = writer.ask("EXEC")
            self.assertLess(time.monotonic() - begin, LIMIT)
        self.assertEqual(replies[1], "+OK")
        self.assertEqual({reply[:4] for reply in replies[2:-1]}, {HELD})
        self.assertEqual(replies[-1], ("$", b"t"))

    def test_monitor_and_statistics_count_a_request_once(self):
        writer, monitor = self.connect(), self.connect()
        self.assertEqual(monitor.ask("MONITOR"), "+OK")
        self.connection.ask("CONFIG", "RESETSTAT")
        with self.held() as holder:
            writer.send("APPEND", self.key, "x")
            time.sleep(0.1)
            holder.release()
            self.assertEqual(writer.read(), ":6")
        self.connection.ask("ECHO", "end")
        lines = []
        while not lines or "end" not in lines[-1]:
            lines.append(monitor.read())
        self.assertEqual(sum("APPEND" in line for line in lines), 1)
        statistics = self.connection.ask("INFO", "commandstats")[1].decode()
        self.assertIn("cmdstat_append:calls=1,", statistics)

    def test_client_that_waits_can_leave_and_be_killed(self):
        gone, killed = self.connect(), self.connect()
        number = killed.ask("CLIENT", "ID")[1:]
        with self.held():
            for writer in (gone, killed):
                writer.send("SET", self.key, "second")
            time.sleep(0.05)
            gone.socket.shutdown(socket.SHUT_RDWR)
            self.assertEqual(self.connection.ask("CLIENT", "KILL", "ID", number), ":1")
            with self.assertRaises((EOFError, ConnectionError)):
                killed.read()
        self.assertEqual(self.connection.ask("SET", self.key, "third"), "+OK")

    def test_replies_that_are_off_stay_off(self):
        writer = self.connect()
        with self.held() as holder:
            writer.send("CLIENT", "REPLY", "SKIP")
            writer.send("SET", self.key, "second")
            writer.send("PING")
            time.sleep(0.1)
            holder.release()
            self.assertEqual(writer.read(), "+PONG")


class HeldBucketTest(unittest.TestCase):
    def test_reads_and_writes_wait_while_others_go_on(self):
        with ours(TOOL, *TABLE) as server:
            connections = [Connection(server.path) for _ in range(6)]
            connections[0].ask("MSET", "a", "1", "b", "2")
            with Holder() as holder:
                hold_buckets(holder)
                self.assertTrue(holder.renamed)
                with others_go_on(self, server.path, ("ECHO", "x")):
                    for connection, request in zip(connections, (
                            ("GET", "a"), ("GET", "b"), ("SET", "c", "3"), ("MGET", "a", "b"),
                            ("INCR", "b"), ("EXISTS", "a", "b"))):
                        connection.send(*request)
                        connection.send("PING")
                    time.sleep(0.3)
                    holder.release()
                    replies = [connection.read() for connection in connections]
                    self.assertEqual([connection.read() for connection in connections],
                                     ["+PONG"] * len(connections))
            self.assertEqual(replies[0], ("$", b"1"))
            self.assertEqual(replies[2:3] + replies[4:], ["+OK", ":3", ":2"])
            with Holder() as holder:
                hold_buckets(holder)
                with others_go_on(self, server.path, ("ECHO", "x")):
                    for connection in connections:
                        connection.send("GET", "a")
                    self.assertEqual({connection.read()[:4] for connection in connections}, {HELD})
            for connection in connections:
                connection.close()

    def test_threads_do_not_wait_for_each_other(self):
        with ours(TOOL, *TABLE, "--threads", "3") as server:
            writer = Connection(server.path)
            writer.ask("SET", "a", "1")
            with Holder() as holder:
                hold_buckets(holder)
                with others_go_on(self, server.path, ("ECHO", "x")):
                    # Commands of several keys are executed exclusively.
                    writer.send("MSET", "a", "2", "b", "2")
                    time.sleep(0.2)
                    holder.release()
                    self.assertEqual(writer.read(), "+OK")
            writer.close()


if __name__ == "__main__":
    unittest.main(warnings="ignore")
