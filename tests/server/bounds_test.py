#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Clients that misbehave cost a bounded amount of memory, and do not stop other clients:
bounds_test.py TOOL"""
import re
import resource
import sys
import threading
import time
import unittest

from resp import MEBIBYTE, Connection, bound, ours, raw_connection

TOOL = sys.argv.pop(1)


def resident_bytes(server):
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:
        return int(re.search(r"^VmRSS:\s*(\d+)", status.read(), re.M).group(1)) * 1024


def send_all_it_takes(connection, data):
    """Sends until the server takes no more; returns how much of it."""
    connection.settimeout(0.2)
    sent = 0
    try:
        while sent < len(data):
            sent += connection.send(data[sent:])
    except (TimeoutError, BlockingIOError):
        pass
    return sent


def is_closed(connection):
    connection.settimeout(0.2)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


class BoundsTest(unittest.TestCase):
    def setUp(self):
        self.server = ours(TOOL).start()
        self.other = Connection(self.server.path)
        self.other.ask("FLUSHALL")

    def tearDown(self):
        self.other.close()
        self.server.__exit__()

    def test_a_client_that_never_reads(self):
        self.other.ask("SET", "long", b"x" * MEBIBYTE)
        before = resident_bytes(self.server)
        silent = raw_connection(self.server.path)
        send_all_it_takes(silent, b"*2\r\n$3\r\nGET\r\n$4\r\nlong\r\n" * 100_000)
        self.assertEqual(self.other.ask("GET", "nothing"), None)
        self.assertLess(resident_bytes(self.server) - before, bound(24 * MEBIBYTE))
        # It gets all replies as soon as it reads.
        silent.settimeout(10)
        expected = b"$1048576\r\n" + b"x" * MEBIBYTE + b"\r\n"
        for _ in range(20):
            part = b""
            while len(part) < len(expected):
                part += silent.recv(len(expected) - len(part))
            self.assertEqual(part, expected)
        silent.close()

    def test_a_listener_that_never_reads(self):
        before = resident_bytes(self.server)
        listener = Connection(self.server.path)
        listener.ask("SUBSCRIBE", "news")
        message = b"x" * MEBIBYTE
        heard = [self.other.ask("PUBLISH", "news", message) for _ in range(60)]
        self.assertEqual(heard[0], ":1")
        self.assertEqual(heard[-1], ":0", "nobody closed it")
        self.assertLess(resident_bytes(self.server) - before, bound(80 * MEBIBYTE))
        listener.close()

    def test_answers_that_the_socket_takes_in_parts_or_whole(self):
        # More than the server buffers before it waits for the client.
        for size, count in ((60_000, 60), (1_050_000, 12)):
            word = b"x" * size
            client = Connection(self.server.path)
            request = b"*2\r\n$4\r\nECHO\r\n$%d\r\n%s\r\n" % (size, word)
            sender = threading.Thread(target=client.socket.sendall, args=(request * count,))
            sender.start()
            for _ in range(count):
                self.assertEqual(client.read(), ("$", word))
            sender.join()
            client.close()

    def test_a_client_that_sends_while_its_requests_wait(self):
        held = Connection(self.server.path)
        self.other.ask("CLIENT", "PAUSE", "300")
        held.send("ECHO", "first")
        time.sleep(0.05)
        for number in range(200):
            held.send("ECHO", "x" * 400 + str(number))
        self.assertEqual(held.read(), ("$", b"first"))
        for number in range(200):
            self.assertEqual(held.read(), ("$", b"x" * 400 + str(number).encode()))
        held.close()

    def test_a_client_that_sends_faster_than_it_is_served(self):
        before = resident_bytes(self.server)
        flood = raw_connection(self.server.path)
        self.other.ask("CLIENT", "PAUSE", "2000")
        sent = send_all_it_takes(flood, b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n" * 2_000_000)
        self.assertLess(sent, 16 * MEBIBYTE)
        self.assertLess(resident_bytes(self.server) - before, bound(16 * MEBIBYTE))
        self.other.ask("CLIENT", "UNPAUSE")
        flood.close()

    def test_a_client_that_reads_nothing_does_not_delay_shutdown(self):
        silent = Connection(self.server.path)
        silent.send("ECHO", b"x" * (8 * MEBIBYTE))
        self.other.ask("PING")
        self.server.process.terminate()
        self.assertEqual(self.server.process.wait(20), 0)
        silent.close()

    def test_a_web_page(self):
        page = raw_connection(self.server.path)
        page.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\nSET http yes\r\n")
        self.assertEqual(page.recv(100), b"")
        page.close()
        self.assertEqual(self.other.ask("GET", "http"), None)

    def test_no_request_of_a_killed_client_is_executed(self):
        victim = raw_connection(self.server.path)
        victim.sendall(b"CLIENT ID\r\n")
        identifier = victim.recv(100)[1:-2].decode()
        self.other.ask("CLIENT", "PAUSE", "500", "WRITE")
        victim.sendall(b"INCR n\r\n" * 1000)
        time.sleep(0.05)
        self.assertEqual(self.other.ask("CLIENT", "KILL", "ID", identifier), ":1")
        self.other.ask("CLIENT", "UNPAUSE")
        self.assertEqual(self.other.ask("GET", "n"), None)
        victim.close()

    def test_many_that_send_a_byte_now_and_then(self):
        slow = [raw_connection(self.server.path) for _ in range(500)]
        for byte in b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1000000\r\n":
            for connection in slow:
                connection.send(bytes([byte]))
            self.assertEqual(self.other.ask("PING"), "+PONG")
        self.assertLess(resident_bytes(self.server), bound(40 * MEBIBYTE))
        for connection in slow:
            connection.close()

    def test_many_that_promise_a_lot(self):
        liars = [raw_connection(self.server.path) for _ in range(200)]
        for connection in liars:
            connection.send(b"*1000000\r\n$536870912\r\n")
        self.assertEqual(self.other.ask("PING"), "+PONG")
        self.assertLess(resident_bytes(self.server), bound(40 * MEBIBYTE))
        for connection in liars:
            connection.close()

    def test_one_whose_request_has_no_end(self):
        self.assertEqual(self.other.ask("CONFIG", "SET", "client-query-buffer-limit", MEBIBYTE), "+OK")
        endless = raw_connection(self.server.path)
        with self.assertRaises(OSError):
            for _ in range(100):
                endless.sendall(b"*1000000\r\n" if _ == 0 else b"$60000\r\n" + b"x" * 60_000 + b"\r\n")
                self.other.ask("PING")
        self.assertEqual(self.other.ask("PING"), "+PONG")
        self.assertLess(resident_bytes(self.server), bound(40 * MEBIBYTE))

    def test_all_of_them_together(self):
        self.assertEqual(self.other.ask("CONFIG", "SET", "maxmemory-clients", 8 * MEBIBYTE), "+OK")
        greedy = [raw_connection(self.server.path) for _ in range(20)]
        for connection in greedy:
            try:
                connection.sendall(b"*2\r\n$4\r\nECHO\r\n$2000000\r\n" + b"x" * 1_500_000)
            except OSError:
                pass
            self.other.ask("PING")
        closed = sum(is_closed(connection) for connection in greedy)
        self.assertGreater(closed, 10)
        self.assertLess(closed, 19)
        self.assertLess(resident_bytes(self.server), bound(60 * MEBIBYTE))
        for connection in greedy:
            connection.close()

    def test_the_largest_client_is_closed_not_the_latest(self):
        self.assertEqual(self.other.ask("CONFIG", "SET", "maxmemory-clients", 8 * MEBIBYTE), "+OK")
        half = b"*2\r\n$4\r\nECHO\r\n$8000000\r\n"
        large, protected, last = [raw_connection(self.server.path) for _ in range(3)]
        protected.sendall(b"CLIENT NO-EVICT on\r\n")
        self.assertEqual(protected.recv(10), b"+OK\r\n")
        protected.sendall(half + b"x" * 3_900_000)
        large.sendall(half + b"x" * 2_000_000)
        self.other.ask("PING")
        self.assertFalse(is_closed(large))
        last.sendall(half + b"x" * 1_900_000)
        self.other.ask("PING")
        self.assertEqual([is_closed(each) for each in (large, protected, last)],
                         [True, False, False])
        for connection in (large, protected, last):
            connection.close()

    def test_all_memory_of_a_client_counts(self):
        self.assertEqual(self.other.ask("CONFIG", "SET", "maxmemory-clients", 12 * MEBIBYTE), "+OK")
        name = b"n" * 60_000
        long_names = [b"*2\r\n$%d\r\n%s\r\n$%d\r\n%03d%s\r\n" %
                      (len(word), word, len(name) + 3, number, name)
                      for word in (b"WATCH", b"SUBSCRIBE", b"PSUBSCRIBE") for number in range(200)]
        for start in range(0, 600, 200):
            client = raw_connection(self.server.path)
            with self.assertRaises(OSError, msg=long_names[start][:20]):
                for request in long_names[start:start + 200]:
                    client.sendall(request)
                    self.other.ask("PING")
            client.close()
        # Of many words, where they are.
        client = raw_connection(self.server.path)
        with self.assertRaises(OSError):
            client.sendall(b"*2000000\r\n" + b"$1\r\nx\r\n" * 900_000)
            self.other.ask("PING")
            client.sendall(b"$1")
            self.other.ask("PING")
            client.sendall(b"\r\n")
        client.close()

    def test_memory_of_a_large_value_is_freed(self):
        self.other.ask("SETRANGE", "long", 64 * MEBIBYTE - 1, "x")
        before = resident_bytes(self.server)
        for request in (["STRLEN", "long"], ["GETBIT", "long", "1"], ["SETBIT", "long", "1", "1"]):
            self.other.ask(*request)
            self.other.ask("PING")
            self.assertLess(resident_bytes(self.server) - before, bound(16 * MEBIBYTE), request)
        self.other.ask("DEL", "long")

    def test_messages_for_a_worker_that_is_busy(self):
        with ours(TOOL, "--threads", "2") as server:
            # A client that connects while one worker sleeps is accepted by the other.
            sleeper = Connection(server.path)
            sleeper.send("DEBUG", "SLEEP", "1")
            time.sleep(0.1)
            speaker = Connection(server.path)
            speaker.ask("PING")
            sleeper.read()
            speaker.send("DEBUG", "SLEEP", "1")
            time.sleep(0.1)
            listener = Connection(server.path)
            listener.ask("SUBSCRIBE", "news")
            speaker.read()
            before = resident_bytes(server)
            sleeper.send("DEBUG", "SLEEP", "5")
            time.sleep(0.2)
            for _ in range(80):
                self.assertEqual(speaker.ask("PUBLISH", "news", b"x" * MEBIBYTE), ":1")
            self.assertLess(resident_bytes(server) - before, bound(44 * MEBIBYTE))
            self.assertEqual(sleeper.read(), "+OK")
            with self.assertRaises((EOFError, OSError)):
                while True:
                    listener.read()
            for client in (sleeper, speaker, listener):
                client.close()

    def test_clients_that_are_idle_for_long(self):
        idle = Connection(self.server.path)
        idle.ask("PING")
        listener = Connection(self.server.path)
        listener.ask("SUBSCRIBE", "a")
        self.other.ask("CONFIG", "SET", "timeout", "1")
        idle.socket.settimeout(10)
        self.assertEqual(idle.socket.recv(10), b"")
        third = Connection(self.server.path)
        self.assertEqual(third.ask("PUBLISH", "a", "b"), ":1")

    def test_ten_thousand_idle_connections(self):
        count = 10_000
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = count + 200
        if hard < wanted:
            count = hard - 200
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
        self.other.ask("CONFIG", "SET", "maxclients", count)
        before = resident_bytes(self.server)
        idle = []
        try:
            # This test's own connection is one of them.
            for _ in range(count - 1):
                idle.append(raw_connection(self.server.path))
            for connection in idle[::100]:
                connection.sendall(b"PING\r\n")
                self.assertEqual(connection.recv(10), b"+PONG\r\n")
            self.assertEqual(self.other.ask("SET", "a", "1"), "+OK")
            self.assertLess(resident_bytes(self.server) - before, count * 4096)
            refused = raw_connection(self.server.path)
            self.assertEqual(refused.recv(100), b"-ERR max number of clients reached\r\n")
            refused.close()
        finally:
            for connection in idle:
                connection.close()
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        print(f"{count} connections")


if __name__ == "__main__":
    unittest.main(warnings="ignore")
