#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Servers that are killed, and several processes on one store: survival_test.py TOOL

IPSETKV_TEST_FULL=1 in the environment has the server killed a hundred times instead of ten."""
import os
import random
import subprocess
import sys
import threading
import time
import unittest

from resp import MEBIBYTE, Connection, bound, ours

TOOL = sys.argv.pop(1)
ROUNDS = 100 if os.environ.get("IPSETKV_TEST_FULL") == "1" else 10
TABLE = ["--store", "table:t"]


class Counter(threading.Thread):
    """Increments a key of its own and remembers what was acknowledged."""

    def __init__(self, path, key):
        super().__init__()
        self.path, self.key = path, key
        self.acknowledged = 0
        self.asked = 0

    def run(self):
        connection = Connection(self.path)
        try:
            while True:
                self.asked = self.acknowledged + 1
                reply = connection.ask("SET", self.key, f"{self.asked} " + "x" * (self.asked % 400))
                assert reply == "+OK", reply
                self.acknowledged = self.asked
        except (OSError, EOFError):
            pass
        finally:
            connection.close()


class KillTest(unittest.TestCase):
    def check(self, *options):
        acknowledged = 0
        with ours(TOOL, *options) as server:
            connection = Connection(server.path)
            connection.ask("FLUSHALL")
            connection.close()
            for _ in range(ROUNDS):
                writers = [Counter(server.path, f"key {number}") for number in range(8)]
                for writer in writers:
                    writer.start()
                while min(writer.acknowledged for writer in writers) == 0:
                    time.sleep(0.001)
                time.sleep(random.random() * 0.05)
                server.kill()
                for writer in writers:
                    writer.join()
                server.start()
                connection = Connection(server.path)
                for writer in writers:
                    value = connection.ask("GET", writer.key)[1].decode()
                    number = int(value.split(" ")[0])
                    self.assertEqual(value, f"{number} " + "x" * (number % 400))
                    self.assertIn(number, (writer.acknowledged, writer.asked))
                    acknowledged += writer.acknowledged
                connection.ask("FLUSHALL")
                connection.close()
        print(f"{ROUNDS} kills, {acknowledged} acknowledged writes")

    def test_loses_nothing_of_drawers(self):
        self.check()

    def test_loses_nothing_of_a_table(self):
        self.check(*TABLE)

    def test_loses_nothing_of_several_workers(self):
        self.check(*TABLE, "--threads", "3")

    def test_answers_again_at_once(self):
        count = 100_000
        with ours(TOOL, *TABLE) as server:
            connection = Connection(server.path)
            connection.ask("FLUSHALL")
            for first in range(0, count, 1000):
                pairs = [word for number in range(first, first + 1000)
                         for word in (f"key {number}", number)]
                self.assertEqual(connection.ask("MSET", *pairs), "+OK")
            self.assertEqual(connection.ask("DBSIZE"), f":{count}")
            server.kill()
            times = []
            for _ in range(5):
                begin = time.monotonic()
                server.start()
                answer = Connection(server.path).ask("GET", "key 77777")
                times.append(time.monotonic() - begin)
                self.assertEqual(answer, ("$", b"77777"))
                server.kill()
            server.start()
            print(f"first answer after {sorted(times)[2] * 1000:.0f} ms")
            # With sanitizers it takes longer.
            if "IPSETKV_SANITIZED" not in os.environ:
                self.assertLess(min(times), 0.1)
            Connection(server.path).ask("FLUSHALL")

    def test_takes_no_more_memory_for_more_keys(self):
        def resident(server):
            with open(f"/proc/{server.process.pid}/statm", encoding="ascii") as statm:
                return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")

        with ours(TOOL, *TABLE) as server:
            connection = Connection(server.path)
            connection.ask("FLUSHALL")
            sizes = []
            for part in range(10):
                for first in range(0, 10_000, 500):
                    pairs = [word for number in range(first, first + 500)
                             for word in (f"key {part} {number}", "x" * 32)]
                    connection.ask("MSET", *pairs)
                for number in range(0, 1000):
                    connection.ask("GET", f"key {part} {number}")
                sizes.append(resident(server))
            print("resident KiB by 10,000 keys:", [size // 1024 for size in sizes])
            self.assertLess(sizes[-1] - sizes[1], bound(MEBIBYTE))
            connection.ask("FLUSHALL")


class CompanyTest(unittest.TestCase):
    """Two servers and the tool on one store."""

    def check(self, *store):
        with ours(TOOL, *store) as one, ours(TOOL, *store, "--threads", "2") as other:
            Connection(one.path).ask("FLUSHALL")
            answers = []

            def by_server(path):
                connection = Connection(path)
                for _ in range(300):
                    answers.append(int(connection.ask("INCR", "n")[1:]))

            def by_tool():
                for _ in range(30):
                    done = subprocess.run([TOOL, *store, "incr", "n"], check=True,
                                          capture_output=True)
                    answers.append(int(done.stdout))

            threads = [threading.Thread(target=by_server, args=(server.path,))
                       for server in (one, other) for _ in range(3)]
            threads += [threading.Thread(target=by_tool) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(sorted(answers), list(range(1, 6 * 300 + 2 * 30 + 1)))
            for server in (one, other):
                self.assertEqual(Connection(server.path).ask("GET", "n"), ("$", b"1860"))
            Connection(one.path).ask("FLUSHALL")

    def test_counts_each_increment_once_in_drawers(self):
        self.check()

    def test_counts_each_increment_once_in_a_table(self):
        self.check(*TABLE)


if __name__ == "__main__":
    unittest.main(warnings="ignore")
