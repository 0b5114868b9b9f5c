#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Debian's redis-py, unmodified and in its default settings: python_client_test.py TOOL"""
import sys
import threading
import unittest

# Debian installs it for its own Python alone.
sys.path.append("/usr/lib/python3/dist-packages")
import redis  # noqa: E402

from resp import ours  # noqa: E402

TOOL = sys.argv.pop(1)


class PythonClientTest(unittest.TestCase):
    options = []

    def setUp(self):
        self.server = ours(TOOL, *self.options).start()
        self.client = redis.Redis(unix_socket_path=self.server.path)
        self.client.flushall()

    def tearDown(self):
        self.client.close()
        self.server.__exit__()

    def test_reads_and_writes(self):
        client = self.client
        every_byte = bytes(range(256))
        self.assertTrue(client.set("a", every_byte))
        self.assertEqual(client.get("a"), every_byte)
        self.assertIsNone(client.get("nothing"))
        self.assertIsNone(client.set("a", "1", nx=True))
        self.assertEqual(client.set("a", "1", get=True), every_byte)
        self.assertEqual(client.incrby("a", 41), 42)
        self.assertEqual(client.incrbyfloat("a", 0.5), 42.5)
        self.assertEqual(client.append("a", "!"), 5)
        self.assertEqual(client.getrange("a", 0, 1), b"42")
        self.assertTrue(client.mset({"b": "2", "c": "3"}))
        self.assertEqual(client.mget("b", "nothing", "c"), [b"2", None, b"3"])
        self.assertEqual(client.delete("b", "c", "nothing"), 2)
        self.assertEqual(client.type("a"), b"string")

    def test_lets_keys_end(self):
        client = self.client
        client.set("a", "1", ex=100)
        self.assertIn(client.ttl("a"), (99, 100))
        self.assertTrue(client.expire("a", 200, gt=True))
        self.assertTrue(client.persist("a"))
        self.assertEqual(client.ttl("a"), -1)
        self.assertEqual(client.ttl("nothing"), -2)

    def test_scans(self):
        names = {f"key {number}".encode() for number in range(500)}
        pipeline = self.client.pipeline(transaction=False)
        for name in names:
            pipeline.set(name, "x")
        self.assertEqual(pipeline.execute(), [True] * 500)
        found = list(self.client.scan_iter(match="key *", count=50))
        self.assertEqual(len(found), 500)
        self.assertEqual(set(found), names)
        self.assertEqual(self.client.dbsize(), 500)
        self.assertEqual(self.client.info("keyspace")["db0"]["keys"], 500)

    def test_transacts(self):
        with self.client.pipeline() as pipeline:
            self.assertEqual(pipeline.set("a", "1").incr("a").get("a").execute(), [True, 2, b"2"])
        with self.client.pipeline() as pipeline:
            pipeline.watch("a")
            self.client.set("a", "changed")
            pipeline.multi()
            pipeline.set("a", "mine")
            self.assertRaises(redis.WatchError, pipeline.execute)

        def add(pipeline):
            old = int(pipeline.get("n") or 0)
            pipeline.multi()
            pipeline.set("n", old + 1)

        threads = [threading.Thread(target=lambda: [self.client.transaction(add, "n")
                                                    for _ in range(25)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.client.get("n"), b"100")

    def test_hears_messages(self):
        listener = self.client.pubsub(ignore_subscribe_messages=True)
        listener.subscribe("news")
        listener.psubscribe("n*")
        listener.get_message(timeout=5)
        listener.get_message(timeout=5)
        self.assertEqual(self.client.publish("news", "hello"), 2)
        heard = [listener.get_message(timeout=5) for _ in range(2)]
        self.assertEqual({message["type"] for message in heard}, {"message", "pmessage"})
        self.assertEqual({message["data"] for message in heard}, {b"hello"})
        listener.close()

    def test_holds_a_lock(self):
        # Its release compares and deletes by a script, which there is none of.
        lock = self.client.lock("lock", timeout=10)
        self.assertTrue(lock.acquire(blocking=False))
        self.assertFalse(self.client.lock("lock", timeout=10).acquire(blocking=False))
        self.assertRaises(redis.ResponseError, lock.release)

    def test_is_told_what_is_wrong(self):
        self.client.set("a", "text")
        with self.assertRaisesRegex(redis.ResponseError, "value is not an integer or out of range"):
            self.client.incr("a")
        with self.assertRaisesRegex(redis.ResponseError, "unknown command 'LPUSH'"):
            self.client.lpush("a", "b")

    def test_asks_for_what_tools_ask_for(self):
        client = self.client
        self.assertTrue(client.ping())
        self.assertEqual(client.info()["redis_mode"], "standalone")
        self.assertTrue(client.client_setname("python"))
        # Who asked whether the server is there may be listed still.
        names = {each["id"]: each["name"] for each in client.client_list()}
        self.assertEqual(names[str(client.client_id())], "python")
        self.assertEqual(client.config_get("maxclients"), {"maxclients": "10000"})
        self.assertIn("get", client.command())
        client.config_set("slowlog-log-slower-than", -1)
        client.slowlog_reset()
        self.assertEqual(client.slowlog_len(), 0)
        self.assertTrue(client.bgsave())
        self.assertGreater(client.memory_usage("a") or client.set("a", "1"), 0)


class TableTest(PythonClientTest):
    options = ["--store", "table:t", "--threads", "2"]


if __name__ == "__main__":
    unittest.main(warnings="ignore")
