#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a program at a terminal, answers each of its prompts with the next line of standard input,
and prints all that was shown: interactive.py PROMPT PROGRAM [ARGUMENT...]"""
import os
import pty
import sys

prompt = sys.argv[1].encode()
lines = sys.stdin.buffer.read().splitlines(keepends=True)
process, terminal = pty.fork()
if process == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
shown = b""
answered = 0
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    shown += part
    # The editor of the line shows the prompt again with each key.
    if lines and prompt in shown[answered:]:
        answered = len(shown)
        os.write(terminal, lines.pop(0))
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
