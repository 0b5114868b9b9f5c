#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Bytes that clients send, well and badly formed, whole and in pieces: protocol_test.py TOOL"""
import socket
import sys
import threading
import unittest

from resp import Connection, ours, raw_connection, redis

TOOL = sys.argv.pop(1)

RAW = [
    b"PING\r\n", b"PING\n", b"\r\n\r\nPING\r\n", b"  PING  hello  \r\n", b'ECHO "a b\\x41\\n"\r\n',
    b"ECHO 'it\\'s'\r\n", b'ECHO "open\r\n', b"ECHO 'a'b\r\n", b'SET a "x"\r\nGET a\r\n',
    b"*1\r\n$4\r\nPING\r\n", b"*0\r\nPING\r\n", b"*-1\r\nPING\r\n", b"*-10\r\nPING\r\n",
    b"*x\r\n", b"*1x\r\n", b"*\r\nPING\r\n", b"* 1\r\n", b"*01\r\n", b"*2147483648\r\n",
    b"*99999999999999999999\r\n", b"*1\r\n+PING\r\n", b"*1\r\n$-1\r\n", b"*1\r\n$x\r\n",
    b"*1\r\n$536870913\r\n", b"*1\r\n$99999999999999999999\r\n", b"*1\r\n$\r\n", b"*1\r\n*1\r\n",
    b"*2\r\n$3\r\nGET\r\n*1\r\n$1\r\na\r\n", b"*1\r\n$4\r\nPINGxx*1\r\n$4\r\nPING\r\n",
    b"*1\r\n$0\r\n\r\nPING\r\n", b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$3\r\n\r\n\x00\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\n",
    b"GET / HTTP/1.1\r\n\r\n", b"*" + b"1" * 70_000, b"A" * 70_000,
    b"*1\r\n$" + b"1" * 70_000, b"$4\r\nPING\r\n", b"QUIT\r\nPING\r\n", b"*1\r\n$4\r\nping\r\n",
]

STREAM = (b"*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$8\r\nva\r\n\x00lue\r\n*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n"
          b"ECHO 'in line'\r\n*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nECHO\r\n$0\r\n\r\n")
ANSWERS = b"+OK\r\n$8\r\nva\r\n\x00lue\r\n$7\r\nin line\r\n+PONG\r\n$0\r\n\r\n"


def read_exactly(connection, count):
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            break
        data += part
    return data


def read_to_end(connection):
    data = b""
    while True:
        part = connection.recv(65_536)
        if not part:
            return data
        data += part


def answers_to(path, raw):
    """All bytes until the server or a last command closes the connection."""
    connection = raw_connection(path)
    try:
        connection.sendall(raw + b"\r\nQUIT\r\n")
    except OSError:
        pass
    try:
        return read_to_end(connection)
    except ConnectionResetError:
        return b"reset"
    finally:
        connection.close()


class ProtocolTest(unittest.TestCase):
    def test_answers_bad_bytes_as_redis_does(self):
        with ours(TOOL) as one, redis() as other:
            for raw in RAW:
                with self.subTest(raw=raw[:60]):
                    self.assertEqual(answers_to(one.path, raw), answers_to(other.path, raw))

    def test_takes_requests_cut_at_every_byte(self):
        with ours(TOOL) as server:
            for cut in range(1, len(STREAM)):
                connection = raw_connection(server.path)
                connection.sendall(STREAM[:cut])
                # After another client's reply the first part has been parsed.
                Connection(server.path).ask("PING")
                connection.sendall(STREAM[cut:])
                self.assertEqual(read_exactly(connection, len(ANSWERS)), ANSWERS, f"cut at {cut}")
                connection.close()

    def test_takes_requests_byte_by_byte(self):
        with ours(TOOL) as server:
            connection = raw_connection(server.path)
            for byte in STREAM:
                connection.sendall(bytes([byte]))
            self.assertEqual(read_exactly(connection, len(ANSWERS)), ANSWERS)
            connection.close()

    def test_takes_a_pipeline_of_a_hundred_thousand(self):
        count = 100_000
        for options in ([], ["--store", "table:t"]):
            with ours(TOOL, *options) as server:
                connection = raw_connection(server.path)
                requests = b"".join(b"*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n" if number % 10 == 0 else
                                    b"*2\r\n$4\r\nECHO\r\n$6\r\n%06d\r\n" % number
                                    for number in range(count))
                expected = b"".join(b":%d\r\n" % (number // 10 + 1) if number % 10 == 0 else
                                    b"$6\r\n%06d\r\n" % number for number in range(count))
                thread = threading.Thread(target=connection.sendall, args=(requests,))
                thread.start()
                self.assertEqual(read_exactly(connection, len(expected)), expected)
                thread.join()
                connection.close()

    def test_keeps_each_clients_requests_in_order(self):
        with ours(TOOL, "--store", "table:t") as server:
            clients = [Connection(server.path) for _ in range(20)]
            for number in range(200):
                for client in clients:
                    client.send("SET", f"key {number % 7}", number)
                    client.send("GET", f"key {number % 7}")
            for number in range(200):
                for client in clients:
                    self.assertEqual(client.read(), "+OK")
                    self.assertEqual(client.read()[0], "$")
            last = {name: clients[0].ask("GET", name) for name in ["key 0", "key 1"]}
            self.assertEqual(last, {"key 0": ("$", b"196"), "key 1": ("$", b"197")})

    def test_answers_what_came_before_the_end(self):
        with ours(TOOL) as server:
            connection = raw_connection(server.path)
            connection.sendall(STREAM)
            connection.shutdown(socket.SHUT_WR)
            self.assertEqual(read_to_end(connection), ANSWERS)


if __name__ == "__main__":
    unittest.main(warnings="ignore")
