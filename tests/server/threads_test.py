#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Clients of all threads of a server use everything that the threads share:
threads_test.py TOOL. With the thread sanitizer the server ends at the first race."""
import multiprocessing
import os
import random
import sys
import time
import unittest

from resp import Connection, ours

TOOL = sys.argv.pop(1)
SECONDS = 5
CLIENTS = 6

REQUESTS = (
    ("SET", "a", "1"), ("SET", "b", "2", "PX", "20"), ("GET", "a"), ("GET", "b"), ("INCR", "n"),
    ("MSET", "a", "3", "c", "4"), ("MGET", "a", "b", "c"), ("DEL", "c", "b"), ("APPEND", "a", "x"),
    ("RENAME", "a", "c"), ("COPY", "c", "a"), ("KEYS", "*"), ("SCAN", "0"), ("DBSIZE",),
    ("RANDOMKEY",), ("EXPIRE", "a", "10"), ("LCS", "a", "c"), ("NOSUCH",),
    ("INCRBY", "a", "none"),
    ("CLIENT", "LIST"), ("CLIENT", "INFO"), ("CLIENT", "SETNAME", "some"),
    ("CLIENT", "KILL", "ID", "0"), ("CLIENT", "KILL", "TYPE", "pubsub"),
    ("INFO",), ("INFO", "commandstats"), ("INFO", "errorstats"), ("INFO", "latencystats"),
    ("CONFIG", "GET", "*"), ("CONFIG", "SET", "slowlog-log-slower-than", "0"),
    ("CONFIG", "SET", "latency-monitor-threshold", "1"), ("CONFIG", "RESETSTAT"),
    ("SLOWLOG", "GET"), ("SLOWLOG", "LEN"), ("SLOWLOG", "RESET"), ("LATENCY", "LATEST"),
    ("LATENCY", "HISTOGRAM"), ("LATENCY", "RESET"), ("MEMORY", "USAGE", "a"), ("OBJECT", "FREQ", "a"),
    ("PUBLISH", "news", "text"), ("PUBSUB", "CHANNELS"), ("PUBSUB", "NUMPAT"),
    ("PUBSUB", "NUMSUB", "news"), ("LASTSAVE",), ("SAVE",), ("COMMAND", "COUNT"), ("TIME",),
)

# After these all have to wait: for the end of a pause, or of a new table's first notice of deadlines.
DISTURBANCES = (("FLUSHDB",), ("CLIENT", "PAUSE", "1"), ("CLIENT", "UNPAUSE"))


def transaction(connection, chance):
    connection.ask("WATCH", "a", "n")
    connection.ask("MULTI")
    for _ in range(3):
        connection.ask(*chance.choice(REQUESTS[:19]))
    connection.ask("EXEC" if chance.random() < 0.8 else "DISCARD")
    connection.ask("UNWATCH")


def listen(path, chance):
    """Subscribes or monitors for a moment."""
    listener = Connection(path)
    for words in ((("SUBSCRIBE", "news"), ("PSUBSCRIBE", "n*")) if chance.random() < 0.7
                  else (("MONITOR",),)):
        listener.send(*words)
        listener.read()
    speaker = Connection(path)
    for _ in range(3):
        speaker.ask("PUBLISH", "news", "text")
        listener.read()
    speaker.close()
    listener.close()


def work(path, seed, until):
    """One client after the other, each for some requests."""
    chance = random.Random(seed)
    requests = 0
    while time.monotonic() < until:
        try:
            connection = Connection(path)
            for _ in range(30):
                connection.ask(*chance.choice(REQUESTS))
                requests += 1
            if chance.random() < 0.05:
                connection.ask(*chance.choice(DISTURBANCES))
            transaction(connection, chance)
            if seed % CLIENTS == 0:
                listen(path, chance)
            connection.close()
        except (EOFError, ConnectionError):
            # Another client has killed it.
            pass
    os._exit(0 if requests > 100 else 1)


class ThreadsTest(unittest.TestCase):
    def check(self, *store):
        with ours(TOOL, *store, "--threads", "4") as server:
            until = time.monotonic() + SECONDS
            clients = [multiprocessing.Process(target=work, args=(server.path, seed, until))
                       for seed in range(CLIENTS)]
            for client in clients:
                client.start()
            for client in clients:
                client.join()
            self.assertEqual([client.exitcode for client in clients], [0] * CLIENTS, server.log())
            connection = Connection(server.path)
            self.assertEqual(connection.ask("FLUSHALL"), "+OK")
            connection.close()
            self.assertEqual(server.stop(), 0, server.log())

    def test_share_drawers(self):
        self.check()

    def test_share_a_table(self):
        self.check("--store", "table:t")


if __name__ == "__main__":
    multiprocessing.set_start_method("fork")
    unittest.main(warnings="ignore")
