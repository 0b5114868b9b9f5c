# SPDX-License-Identifier: MIT
"""Section: what keys and values cost in memory, beside other stores, from ipsetkv_footprint_bench."""

from statistics import median

from reporting.contestants import CONTESTANTS
from reporting.section import Section
from reporting.text import figure, size, span, table

TITLE = "Memory, beside other stores"

INTRODUCTION = """\
What so many keys add to the memory in use: the kernel's (slabs, vmalloc, per-processor memory, files
in tmpfs) and, of a server, its own. The median of {rounds} rounds, each with a new namespace, folder,
keyring or server, and below it the least and the most; the kernel's accounts are the whole machine's.
Values are random printable characters. [Kernel memory](#kernel-memory) has ipsetkv's layouts one by
one.

"""
REMARK = """
With nothing in it {rest} of its own.
A set of the `ipset` tool's default size has a table of 1,024 buckets, whatever is in it; ipsetkv's have
as many as the value needs, 64 at least. A file takes whole pages.
"""


def _forms(bytes_used):
    return sorted({tuple(map(int, name.split("/")[:2])) for name in bytes_used
                   if not name.startswith("rest/")})


def _cell(used, form):
    """For a short value by key, for a longer one by byte."""
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
