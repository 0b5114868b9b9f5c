# SPDX-License-Identifier: MIT
"""Section: memory of keys and values, compared with other stores, from ipsetkv_footprint_bench."""

from statistics import median

from reporting.contestants import CONTESTANTS
from reporting.section import Section
from reporting.text import figure, size, span, table

TITLE = "Memory, beside other stores"

INTRODUCTION = """\
The growth of memory in use: the kernel's (slabs, vmalloc, per-processor memory, files in tmpfs) and a
server's own. The median of {rounds} rounds, each with a new namespace, folder, keyring or server; below
it the least and the most. The kernel's accounts are those of the whole machine. Values are random
printable characters. [Kernel memory](#kernel-memory) compares ipsetkv's layouts.

"""
REMARK = """
An empty {rest} of its own memory.
A set of the `ipset` tool's default size has a hash of 1,024 buckets, whatever its content; ipsetkv's sets
have as many as the value needs, at least 64. A file takes whole pages.
"""


def _forms(bytes_used):
    return sorted({tuple(map(int, name.split("/")[:2])) for name in bytes_used
                   if not name.startswith("rest/")})


def _cell(used, form):
    """The memory for each key if values are short, otherwise for each byte."""
    if not used:
        return ""
    count, keys = form
    by = keys if count == _SHORT else keys * count
    costs = [each / by for each in used]
    return f"{figure(median(costs))}<br>{span(min(costs), max(costs))}"


_SHORT = 8


def make(measurement):
    used = measurement["bytes"]
    forms = _forms(used)
    rows = []
    for who, contestant in CONTESTANTS.items():
        cells = [_cell(used.get(f"{count}/{keys}/{who}"), (count, keys)) for count, keys in forms]
        if any(cells):
            rows.append([contestant.name, *cells])
    heads = [f"{size(count)}, {keys:,} keys: bytes for each {'key' if count == _SHORT else 'byte'}"
             for count, keys in forms]
    rounds = max(len(each) for name, each in used.items() if not name.startswith("rest/"))
    rest = " and ".join(
        f"{CONTESTANTS[name.split('/')[1]].name} has {figure(median(each) / (1 << 20))} MiB"
        for name, each in sorted(used.items()) if name.startswith("rest/"))
    remark = REMARK.format(rest=rest)
    return Section(TITLE, INTRODUCTION.format(rounds=rounds) + table(["", *heads], rows) + remark,
                   [], used, unit="bytes")
