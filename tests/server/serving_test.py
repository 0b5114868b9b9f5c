#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Start, access, concurrent clients and end of a server:
serving_test.py TOOL"""
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from resp import Connection, Server, ours

TOOL = sys.argv.pop(1)


def tool(*words):
    return subprocess.run([TOOL, *words], check=True, capture_output=True).stdout


def status_of(process, name):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return re.search(rf"^{name}:\s*(\S+)", status.read(), re.M).group(1)


def password_file(folder, text, mode=0o600):
    path = os.path.join(folder, "password")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)
    return path


def failure_of(*words):
    done = subprocess.run([TOOL, "serve", *words], capture_output=True, text=True, timeout=60,
                          check=False)
    return done.returncode, done.stderr


def wait_until(holds):
    end = time.monotonic() + 30
    while not holds():
        if time.monotonic() > end:
            raise AssertionError("it did not come about")
        time.sleep(0.005)


class StartTest(unittest.TestCase):
    def test_listens_for_its_own_user_alone(self):
        with ours(TOOL) as server:
            self.assertEqual(stat.S_IMODE(os.stat(server.path).st_mode), 0o600)

    def test_drops_all_capabilities_but_one(self):
        with ours(TOOL) as server:
            for name in ["CapPrm", "CapEff"]:
                self.assertEqual(int(status_of(server.process, name), 16), 1 << 12, name)
            self.assertEqual(status_of(server.process, "NoNewPrivs"), "1")
            if os.geteuid() == 0 and open("/proc/self/uid_map").read().split()[2] != "1":
                self.assertNotEqual(status_of(server.process, "Uid"), "0")
                self.assertEqual(int(status_of(server.process, "CapBnd"), 16), 0)

    def test_does_not_replace_a_live_server(self):
        with ours(TOOL) as server:
            code, text = failure_of("--unix", server.path)
            self.assertEqual(code, 3)
            self.assertIn("Address already in use", text)
            self.assertEqual(text.count("\n"), 1)
            self.assertEqual(Connection(server.path).ask("PING"), "+PONG")

    def test_does_not_replace_other_sockets(self):
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/socket"
            other = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            other.bind(path)
            code, text = failure_of("--unix", path)
            self.assertEqual(code, 3)
            self.assertIn("Protocol wrong type for socket", text)
            self.assertTrue(os.path.exists(path))
            other.close()

    def test_replaces_a_dead_server_with_all_keys(self):
        with ours(TOOL) as server:
            self.assertEqual(Connection(server.path).ask("SET", "a", "1"), "+OK")
            server.kill()
            self.assertTrue(os.path.exists(server.path))
            server.start()
            self.assertEqual(Connection(server.path).ask("GET", "a"), ("$", b"1"))

    def test_ends_for_a_signal_and_for_shutdown(self):
        with ours(TOOL, "--threads", "2") as server:
            Connection(server.path).ask("PING")
            self.assertEqual(server.stop(), 0)
            self.assertIn("the keys stay in the kernel", server.log())
            server.start()
            Connection(server.path).send("SHUTDOWN")
            self.assertEqual(server.process.wait(30), 0)
            server.process = None

    def test_serves_inherited_sockets_and_notifies_the_service_manager(self):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o777)
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(f"{folder}/given")
            listener.listen()
            manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            manager.bind(f"{folder}/manager")
            manager.settimeout(10)
            script = "exec 3<&$0; LISTEN_PID=$$ LISTEN_FDS=1 exec \"$1\" serve"
            descriptor = listener.fileno()
            process = subprocess.Popen(["bash", "-c", script, str(descriptor), TOOL],
                                       pass_fds=[descriptor],
                                       env={**os.environ, "NOTIFY_SOCKET": f"{folder}/manager"})
            self.assertEqual(manager.recv(100), b"READY=1")
            client = Connection(f"{folder}/given")
            self.assertEqual(client.ask("PING"), "+PONG")
            path = f"{folder}/given".encode()
            self.assertEqual(client.ask("CONFIG", "GET", "unixsocket")[2], ("$", path))
            self.assertIn(b"addr=%s:0 laddr=%s:0 " % (path, path), client.ask("CLIENT", "LIST")[1])
            process.terminate()
            self.assertEqual(manager.recv(100), b"STOPPING=1")
            self.assertEqual(process.wait(30), 0)
            manager.close()
            listener.close()

    def test_marks_lines_for_the_journal(self):
        with Server(lambda path: ["env", "JOURNAL_STREAM=1:2", TOOL, "serve", "--unix", path]) as one:
            Connection(one.path).ask("DEBUG", "LOG", "hello")
            self.assertRegex(one.log(), r"^<5>ready for Redis clients on .*\n<5>DEBUG LOG: hello\n$")

    def test_reports_wrong_arguments(self):
        for words in (["--port", "0"], ["--port", "x"], ["--threads", "0"], ["--nosuch"],
                      ["--enable-debug-command", "perhaps"]):
            code, text = failure_of(*words)
            self.assertEqual(code, 2, words)
            self.assertNotEqual(text, "")
        code, text = failure_of("--unix", "/nosuch/folder/socket")
        self.assertEqual(code, 3)
        self.assertIn("/nosuch/folder/socket", text)


class PasswordTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()

    def tearDown(self):
        self.folder.cleanup()

    def test_requires_the_password(self):
        file = password_file(self.folder.name, "hidden word\nmore\n")
        with ours(TOOL, "--requirepass-file", file) as server:
            client = Connection(server.path)
            for request in (["GET", "a"], ["SET", "a", "1"], ["CLIENT", "ID"], ["PUBLISH", "a", "b"]):
                self.assertEqual(client.ask(*request), "-NOAUTH Authentication required.", request)
            self.assertTrue(client.ask("HELLO", "3").startswith("-NOAUTH HELLO must be called"))
            wrong = "-WRONGPASS invalid username-password pair or user is disabled."
            self.assertEqual(client.ask("AUTH", "hidden wor"), wrong)
            self.assertEqual(client.ask("AUTH", "somebody", "hidden word"), wrong)
            self.assertEqual(client.ask("AUTH", "hidden word"), "+OK")
            self.assertEqual(client.ask("SET", "a", "1"), "+OK")
            self.assertEqual(client.ask("RESET"), "+RESET")
            self.assertEqual(client.ask("GET", "a"), "-NOAUTH Authentication required.")
            reply = client.ask("HELLO", "3", "AUTH", "default", "hidden word", "SETNAME", "me")
            self.assertEqual(reply[0], "%")
            self.assertEqual(client.ask("GET", "a"), ("$", b"1"))

    def test_limits_requests_before_authentication(self):
        file = password_file(self.folder.name, "hidden")
        with ours(TOOL, "--requirepass-file", file) as server:
            for raw, text in ((b"*11\r\n", "unauthenticated multibulk length"),
                              (b"*1\r\n$16385\r\n", "unauthenticated bulk length")):
                client = Connection(server.path)
                client.socket.sendall(raw)
                self.assertEqual(client.read(), f"-ERR Protocol error: {text}")
                self.assertRaises(EOFError, client.read)

    def test_does_not_show_the_password(self):
        file = password_file(self.folder.name, "hidden")
        with ours(TOOL, "--requirepass-file", file) as server:
            watcher = Connection(server.path)
            watcher.ask("AUTH", "hidden")
            watcher.ask("CONFIG", "SET", "slowlog-log-slower-than", "0")
            watcher.ask("MONITOR")
            other = Connection(server.path)
            other.ask("AUTH", "hidden")
            other.ask("HELLO", "3", "AUTH", "default", "hidden")
            other.ask("ECHO", "end")
            self.assertIn('"ECHO" "end"', watcher.read())
            other.ask("AUTH", "wrong hidden")
            self.assertNotIn("hidden", str(other.ask("SLOWLOG", "GET", "100")))
            self.assertNotIn("hidden", str(other.ask("CONFIG", "GET", "*")).replace(file, ""))
            self.assertNotIn("hidden", server.log())

    def test_rejects_a_file_that_is_readable_or_empty(self):
        for text, mode in (("hidden", 0o644), ("", 0o600), ("\nhidden", 0o600), ("x" * 513, 0o600)):
            file = password_file(self.folder.name, text, mode)
            code, said = failure_of("--requirepass-file", file)
            self.assertEqual(code, 2, (text[:10], mode))
            self.assertIn("password", said)
            self.assertNotIn("hidden", said)

    def test_reads_the_password_from_credentials(self):
        password_file(self.folder.name, "hidden")
        make = lambda path: ["env", f"CREDENTIALS_DIRECTORY={self.folder.name}", TOOL, "serve",
                             "--unix", path, "--requirepass-file", "password"]
        with Server(make) as server:
            self.assertEqual(Connection(server.path).ask("AUTH", "hidden"), "+OK")

    def test_refuses_other_machines_without_a_password(self):
        address = "10.11.12.13"
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        subprocess.run(["ip", "addr", "replace", f"{address}/32", "dev", "lo"], check=True)
        file = password_file(self.folder.name, "hidden")
        for options in ([], ["--requirepass-file", file]):
            with ours(TOOL, "--bind", "0.0.0.0", "--port", "7000", *options):
                inside = socket.create_connection(("127.0.0.1", 7000))
                inside.sendall(b"AUTH hidden\r\nPING\r\n")
                outside = socket.create_connection((address, 7000), source_address=(address, 0))
                outside.settimeout(10)
                first = outside.recv(10_000) if not options else b""
                if options:
                    outside.sendall(b"AUTH hidden\r\n")
                    self.assertEqual(outside.recv(100), b"+OK\r\n")
                else:
                    self.assertTrue(first.startswith(b"-DENIED Redis is running in protected mode"))
                    self.assertEqual(outside.recv(100), b"")
                    self.assertIn(b"+PONG\r\n", inside.recv(1000))
                inside.close()
                outside.close()


class DebugTest(unittest.TestCase):
    ADDRESS = "10.11.12.14"

    def ask(self, socket_, text):
        socket_.settimeout(10)
        socket_.sendall(text)
        return socket_.recv(1000)

    def test_debug_is_for_clients_that_the_option_allows(self):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        subprocess.run(["ip", "addr", "replace", f"{self.ADDRESS}/32", "dev", "lo"], check=True)
        with tempfile.TemporaryDirectory() as folder:
            file = password_file(folder, "hidden")
            # By the unix socket, the loopback address, and from elsewhere.
            for options, allowed in (([], (True, True, False)),
                                     (["--enable-debug-command", "local"], (True, True, False)),
                                     (["--enable-debug-command", "yes"], (True, True, True)),
                                     (["--enable-debug-command", "no"], (False, False, False))):
                with Server(lambda path: [TOOL, "serve", "--unix", path, "--bind", "0.0.0.0",
                                          "--port", "7000", "--requirepass-file", file,
                                          *options]) as server:
                    here = socket.socket(socket.AF_UNIX)
                    here.connect(server.path)
                    near = socket.create_connection(("127.0.0.1", 7000))
                    far = socket.create_connection((self.ADDRESS, 7000),
                                                   source_address=(self.ADDRESS, 0))
                    for client, is_allowed in zip((here, near, far), allowed):
                        self.assertEqual(self.ask(client, b"AUTH hidden\r\n"), b"+OK\r\n")
                        for request in (b"DEBUG SLEEP 0\r\n", b"DEBUG NOSUCH\r\n"):
                            refused = b"-ERR DEBUG command not allowed." in self.ask(client, request)
                            self.assertNotEqual(refused, is_allowed, (options, request))
                        client.close()


class ClientsTest:
    """Concurrent clients; each class below has other options."""
    options = []
    table = []

    def setUp(self):
        self.server = ours(TOOL, *self.options).start()
        self.path = self.server.path
        self.ask("FLUSHALL")

    def tearDown(self):
        self.server.__exit__()

    def ask(self, *words):
        connection = Connection(self.path)
        reply = connection.ask(*words)
        connection.close()
        return reply

    def test_hear_messages_whichever_worker_they_belong_to(self):
        listeners = [Connection(self.path) for _ in range(8)]
        for number, listener in enumerate(listeners):
            if number % 2 == 0:
                listener.ask("HELLO", "3")
                self.assertEqual(listener.ask("SUBSCRIBE", "news")[0], ">")
            else:
                self.assertEqual(listener.ask("PSUBSCRIBE", "n*s")[0], "*")
        speaker = Connection(self.path)
        self.assertEqual(speaker.ask("PUBLISH", "news", "hello"), ":8")
        for number, listener in enumerate(listeners):
            expected = [">", ("$", b"message"), ("$", b"news"), ("$", b"hello")]
            if number % 2 == 1:
                expected = ["*", ("$", b"pmessage"), ("$", b"n*s"), ("$", b"news"),
                            ("$", b"hello")]
            self.assertEqual(listener.read(), expected)
            listener.close()
        wait_until(lambda: speaker.ask("PUBLISH", "news", "x") == ":0")

    def test_see_a_transaction_as_one_step(self):
        stop = threading.Event()
        wrong = []

        def look():
            client = Connection(self.path)
            while not stop.is_set():
                client.ask("MULTI")
                client.ask("GET", "a")
                client.ask("GET", "b")
                pair = client.ask("EXEC")
                if pair[1] != pair[2]:
                    wrong.append(pair)

        watchers = [threading.Thread(target=look) for _ in range(3)]
        for watcher in watchers:
            watcher.start()
        client = Connection(self.path)
        for number in range(500):
            client.ask("MULTI")
            client.ask("SET", "a", number)
            client.ask("SET", "b", number)
            self.assertEqual(client.ask("EXEC"), ["*", "+OK", "+OK"])
        stop.set()
        for watcher in watchers:
            watcher.join()
        self.assertEqual(wrong, [])

    def test_notice_by_watch_what_others_change(self):
        watcher, other = Connection(self.path), Connection(self.path)
        other.ask("SET", "a", "1")
        options = self.table
        changes = [
            lambda: other.ask("SET", "a", "2"),
            lambda: other.ask("SET", "a", "2"),  # The same value counts as well.
            lambda: other.ask("EXPIRE", "a", "1000"),
            lambda: other.ask("PERSIST", "a"),
            lambda: other.ask("DEL", "a"),
            lambda: other.ask("FLUSHALL"),
            lambda: tool(*options, "set", "a", "by another process"),
            lambda: tool(*options, "set", "a", "by another process", "--ex", "1000"),
            lambda: tool(*options, "del", "a"),
        ]
        for number, change in enumerate(changes):
            self.assertEqual(watcher.ask("WATCH", "a"), "+OK")
            watcher.ask("MULTI")
            watcher.ask("SET", "a", "mine")
            if number == 5:
                tool(*options, "set", "a", "there")
            change()
            self.assertEqual(watcher.ask("EXEC"), "*-1", number)
        watcher.ask("WATCH", "a")
        other.ask("SET", "b", "other key")
        watcher.ask("MULTI")
        watcher.ask("SET", "a", "mine")
        self.assertEqual(watcher.ask("EXEC"), ["*", "+OK"])

    def test_flush_does_not_change_a_watched_key_that_is_absent(self):
        watcher = Connection(self.path)
        watcher.ask("WATCH", "nothing")
        self.ask("SET", "a", "1")
        self.assertEqual(self.ask("FLUSHALL"), "+OK")
        watcher.ask("MULTI")
        watcher.ask("SET", "a", "2")
        self.assertEqual(watcher.ask("EXEC"), ["*", "+OK"])

    def test_count_to_the_same_number_with_watch(self):
        def count():
            client = Connection(self.path)
            for _ in range(50):
                while True:
                    client.ask("WATCH", "n")
                    old = client.ask("GET", "n")
                    client.ask("MULTI")
                    client.ask("SET", "n", 1 if old is None else int(old[1]) + 1)
                    if client.ask("EXEC") != "*-1":
                        break

        threads = [threading.Thread(target=count) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(Connection(self.path).ask("GET", "n"), ("$", b"200"))

    def test_are_paused_and_resumed(self):
        writer, ruler = Connection(self.path), Connection(self.path)
        ruler.ask("CLIENT", "PAUSE", "100000", "WRITE")
        self.assertEqual(writer.ask("GET", "a"), None)
        writer.send("SET", "a", "1")
        time.sleep(0.05)
        self.assertEqual(ruler.ask("GET", "a"), None)
        ruler.ask("CLIENT", "UNPAUSE")
        self.assertEqual(writer.read(), "+OK")
        ruler.ask("CLIENT", "PAUSE", "50")
        start = time.monotonic()
        self.assertEqual(writer.ask("PING"), "+PONG")
        self.assertGreater(time.monotonic() - start, 0.03)

    def test_kill_each_other(self):
        victims = [Connection(self.path) for _ in range(6)]
        ids = [victim.ask("CLIENT", "ID")[1:] for victim in victims]
        ruler = Connection(self.path)
        for victim in victims:
            victim.ask("CLIENT", "SETNAME", "victim")
        self.assertEqual(str(ruler.ask("CLIENT", "LIST")).count("name=victim "), 6)
        for number in ids[:5]:
            self.assertEqual(ruler.ask("CLIENT", "KILL", "ID", number), ":1")
        for victim in victims[:5]:
            self.assertRaises((EOFError, ConnectionError), victim.ask, "PING")
        self.assertEqual(victims[5].ask("PING"), "+PONG")
        wait_until(lambda: str(ruler.ask("CLIENT", "LIST")).count("name=victim ") == 1)

    def test_turn_replies_off_and_on(self):
        client = Connection(self.path)
        client.send("CLIENT", "REPLY", "OFF")
        client.send("SET", "a", "1")
        client.send("GET", "nothing", "wrong")
        self.assertEqual(client.ask("CLIENT", "REPLY", "ON"), "+OK")
        client.send("CLIENT", "REPLY", "SKIP")
        client.send("GET", "a")
        self.assertEqual(client.ask("ECHO", "heard"), ("$", b"heard"))

    def test_hear_messages_while_replies_are_off(self):
        for mode in ("OFF", "SKIP"):
            client, speaker = Connection(self.path), Connection(self.path)
            client.ask("HELLO", "3")
            client.send("CLIENT", "REPLY", mode)
            self.assertEqual(client.ask("SUBSCRIBE", "a"),
                             [">", ("$", b"subscribe"), ("$", b"a"), ":1"])
            if mode == "OFF":
                client.send("PING")
            self.assertEqual(speaker.ask("PUBLISH", "a", "b"), ":1")
            self.assertEqual(client.read(), [">", ("$", b"message"), ("$", b"a"), ("$", b"b")])
            self.assertEqual(client.ask("UNSUBSCRIBE", "a")[1], ("$", b"unsubscribe"))
            client.ask("CLIENT", "REPLY", "ON")
            client.ask("MONITOR")
            client.send("CLIENT", "REPLY", "OFF")
            client.send("SUBSCRIBE", "c")
            lines = [client.read()]
            while lines[-1][0] == "+":
                lines.append(client.read())
            # What MONITOR shows is off with the replies.
            speaker.ask("PING")
            speaker.ask("PUBLISH", "c", "d")
            self.assertEqual(client.read()[1:], [("$", b"message"), ("$", b"c"), ("$", b"d")])
            client.close()
            speaker.close()

    def test_monitor_requests(self):
        monitor, client = Connection(self.path), Connection(self.path)
        self.assertEqual(monitor.ask("MONITOR"), "+OK")
        client.ask("SET", "a", b"b\n\x01\"")
        self.assertRegex(monitor.read(),
                         r'^\+\d+\.\d{6} \[0 unix:.*\] "SET" "a" "b\\n\\x01\\""$')

    def test_see_slow_commands(self):
        client = Connection(self.path)
        client.ask("CONFIG", "SET", "slowlog-log-slower-than", "200000",
                   "latency-monitor-threshold", "200")
        client.ask("DEBUG", "SLEEP", "0.3")
        self.assertEqual(client.ask("SLOWLOG", "LEN"), ":1")
        entry = client.ask("SLOWLOG", "GET")[1]
        self.assertGreaterEqual(int(entry[3][1:]), 300_000)
        self.assertEqual(entry[4], ["*", ("$", b"DEBUG"), ("$", b"SLEEP"), ("$", b"0.3")])
        event = client.ask("LATENCY", "LATEST")[1]
        self.assertEqual(event[1], ("$", b"command"))
        self.assertGreaterEqual(int(event[4][1:]), 300)
        for _ in range(3):
            client.ask("ECHO", "x")
        histogram = client.ask("LATENCY", "HISTOGRAM", "echo")
        self.assertEqual(histogram[2][2], ":3")
        for name in ("client|id", "CLIENT|ID"):
            client.ask("CLIENT", "ID")
            histogram = client.ask("LATENCY", "HISTOGRAM", name)
            self.assertEqual(histogram[1], ("$", b"client|id"))
        self.assertEqual(histogram[2][2], ":2")
        self.assertEqual(client.ask("LATENCY", "RESET"), ":1")
        stats = client.ask("INFO", "commandstats")[1].decode()
        self.assertIn("cmdstat_echo:calls=3,", stats)

    def test_flush_the_stores_own_keys_alone(self):
        subprocess.run(["ipset", "create", "firewall", "hash:net"], check=True)
        subprocess.run(["ipset", "add", "firewall", "10.0.0.0/8"], check=True)
        try:
            before = subprocess.run(["ipset", "save", "firewall"], check=True, capture_output=True)
            client = Connection(self.path)
            client.ask("SET", "a", "1")
            self.assertEqual(client.ask("GET", "firewall") is None, bool(self.table))
            self.assertEqual(client.ask("FLUSHALL"), "+OK")
            self.assertEqual(client.ask("DBSIZE"), ":0")
            after = subprocess.run(["ipset", "save", "firewall"], check=True,
                                   capture_output=True)
            self.assertEqual(before.stdout, after.stdout)
        finally:
            subprocess.run(["ipset", "destroy", "firewall"], check=True)

    def test_keys_expire_to_the_millisecond(self):
        client = Connection(self.path)
        self.assertEqual(client.ask("SET", "a", "1", "PX", "300"), "+OK")
        moment = int(client.ask("PEXPIRETIME", "a")[1:]) / 1000
        while time.time() < moment + 0.01:
            before = time.time()
            value = client.ask("GET", "a")
            if time.time() < moment:
                self.assertEqual(value, ("$", b"1"))
            if before >= moment:
                self.assertIsNone(value)
        self.assertEqual(client.ask("PTTL", "a"), ":-2")


class ForeignSetsTest(unittest.TestCase):
    """Sets beside the drawers that are no values, or that a rule refers to."""

    def setUp(self):
        subprocess.run(["ipset", "create", "wall", "hash:net"], check=True)
        self.server = Server(lambda path: ["env", "IPSETKV_TRACE=1", TOOL, "serve", "--unix",
                                           path]).start()
        self.client = Connection(self.server.path)

    def tearDown(self):
        self.client.close()
        self.server.__exit__()
        subprocess.run(["ipset", "destroy"], check=True)

    def test_do_not_keep_the_other_keys(self):
        ask = self.client.ask
        for command in ("DEL", "UNLINK"):
            ask("MSET", "a", "1", "c", "2", "d", "3")
            self.assertIn("-WRONGTYPE", ask(command, "a", "wall", "c"))
            self.assertEqual(ask("MGET", "a", "wall", "c", "d"), ["*", None, None, None, ("$", b"3")])
        subprocess.run(["ipset", "create", "rule", "list:set"], check=True)
        ask("MSET", "a", "1", "held", "2", "z", "3")
        subprocess.run(["ipset", "add", "rule", "held"], check=True)
        self.assertIn("-ERR", ask("FLUSHALL"))
        self.assertEqual(ask("KEYS", "*"), ["*", ("$", b"held")])
        subprocess.run(["ipset", "destroy", "rule"], check=True)
        self.assertEqual(ask("FLUSHALL"), "+OK")

    def messages_about_good(self, work):
        before = self.server.log().count("g o o d")
        work()
        return self.server.log().count("g o o d") - before

    def test_have_no_other_key_written_twice(self):
        self.client.ask("SET", "good", "1")
        once = self.messages_about_good(lambda: self.client.ask("SET", "good", "1"))
        self.assertGreater(once, 0)
        clients = [Connection(self.server.path) for _ in range(3)]

        def write_together():
            # Requests that a pause holds up are in one round when it ends.
            self.client.ask("CLIENT", "PAUSE", "100000")
            for connection, key in zip(clients, ("good", "wall", "good")):
                connection.send("SET", key, "1")
            time.sleep(0.1)
            self.client.ask("CLIENT", "UNPAUSE")
            replies = [connection.read() for connection in clients]
            self.assertEqual(replies[::2], ["+OK", "+OK"])
            self.assertIn("-WRONGTYPE", replies[1])

        self.assertEqual(self.messages_about_good(write_together), 2 * once)
        self.client.ask("DEL", "good")


class OneWorkerTest(ClientsTest, unittest.TestCase):
    pass


class SeveralWorkersTest(ClientsTest, unittest.TestCase):
    options = ["--threads", "3"]


class TableTest(ClientsTest, unittest.TestCase):
    table = ["--store", "table:t"]
    options = [*table, "--threads", "2"]


if __name__ == "__main__":
    unittest.main(warnings="ignore")
