#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""README.md's session with redis-cli and its lines in Python print what is shown there:
readme_test.py TOOL"""
import os
import re
import subprocess
import sys
import tempfile
import time

TOOL = sys.argv[1]
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SHOWN_PATH = "/run/sessions.sock"


def block(text, begin):
    """The lines in the fence behind `begin`."""
    return re.search(re.escape(begin) + r".*?\n(.*?)^```$", text, re.S | re.M).group(1)


def steps(session):
    """Each command with what is shown of its output."""
    found = []
    for line in session.splitlines():
        if line.startswith("# ") or line.startswith(f"redis {SHOWN_PATH}> "):
            found.append((line, []))
        else:
            found[-1][1].append(line)
    return found


def output_of(line, environment, path):
    prompt = f"redis {SHOWN_PATH}> "
    if line.startswith(prompt):
        command = ["redis-cli", "--no-raw", "-s", path] + line[len(prompt):].split()
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return subprocess.run(["sh", "-c", line[2:]], env=environment, capture_output=True, text=True,
                          check=True).stdout


def main():
    with open(os.path.join(TOP, "README.md"), encoding="utf-8") as file:
        readme = file.read()
    with tempfile.TemporaryDirectory() as folder:
        # The server is another user by the time that it removes its socket.
        os.chmod(folder, 0o777)
        path = os.path.join(folder, "sessions.sock")
        os.symlink(TOOL, os.path.join(folder, "ipsetkv"))
        environment = dict(os.environ, PATH=folder + ":" + os.environ["PATH"])
        session = steps(block(readme, "<!-- redis-session: run by tests/server/readme_test.py -->\n"
                              "```console"))
        start, shown = session[0]
        assert start.endswith(" &") and not shown, start
        words = start[2:-2].replace(SHOWN_PATH, path).split()
        with subprocess.Popen(words, env=environment, stderr=subprocess.DEVNULL) as server:
            try:
                while not os.path.exists(path):
                    assert server.poll() is None, "the server ended"
                    time.sleep(0.01)
                for line, expected in session[1:]:
                    if line == f"# redis-cli -s {SHOWN_PATH}":
                        continue
                    got = output_of(line, environment, path).splitlines()
                    if "TTL" in line:
                        got = [re.sub("359[0-9]", "3600", part) for part in got]
                    assert got == expected, (line, got, expected)
                program = block(readme, "```python").replace(SHOWN_PATH, path)
                got = subprocess.run(["/usr/bin/python3", "-c", program], capture_output=True,
                                     text=True, check=True).stdout.split("\n")
                expected = re.findall(r"print\(.*#\s*(.*)$", program, re.M)
                assert expected and got[:-1] == expected, (got, expected)
            finally:
                server.terminate()
    print("readme_test: good")


main()
