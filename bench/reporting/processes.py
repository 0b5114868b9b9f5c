# SPDX-License-Identifier: MIT
"""Section: the tool compared with other tools, as processes, from bench/processes."""

from statistics import median

from reporting.numbers import quartiles, ratio
from reporting.section import Section, at_most
from reporting.text import figure, measured, size, span, table

TITLE = "In a shell: the tool"
WHO = {
    ("get", "ipsetkv"): "**`ipsetkv get`**",
    ("get", "ipset"): "`ipset list`",
    ("get", "redis"): "`redis-cli -s SOCKET get`",
    ("get", "keyring"): "`keyctl pipe`",
    ("get", "file"): "`cat`, a file in tmpfs",
    ("get", "true"): "`true`, which does nothing",
    ("set", "ipsetkv"): "**`ipsetkv set`**",
    ("set", "ipset"): "`ipset create -exist`, `flush`, `add` for each four bytes",
    ("set", "redis"): "`redis-cli -s SOCKET set`",
    ("set", "keyring"): "`keyctl add`",
}

INTRODUCTION = """\
The time from before a process is started until it has ended, with its output in a file in memory and
without a shell. Microseconds; the median of {rounds} rounds, in each of which every command runs once,
in shuffled order, in a network namespace of its own. `true` shows the cost of starting a process.
Servers are running already. `memcached` is missing because it has no such tool, LMDB because its tools
print everything.

"""


def _table(times):
    rows = []
    for name, own in times.items():
        operation, count, who = name.split("/")
        ipset = times[f"{operation}/{count}/ipset"]
        rows.append([
            size(int(count)),
            WHO[operation, who],
            figure(median(own)),
            span(*quartiles(own)),
            f"{median(ipset) / median(own):.2f}",
        ])
    return table(["value", "", "median, us", "quartiles, us", "`ipset` takes, times"], rows)


def _target(times, count):
    found = ratio(times[f"get/{count}/ipsetkv"], times[f"get/{count}/ipset"])
    return at_most(
        f"the process `ipsetkv get` takes no longer than `ipset list`, {size(count)}",
        found,
        1,
        measured(found),
    )


def make(measurement):
    times = measurement["times"]
    sizes = sorted({int(name.split("/")[1]) for name in times})
    rounds = len(next(iter(times.values())))
    return Section(
        TITLE,
        INTRODUCTION.format(rounds=rounds) + _table(times),
        [_target(times, count) for count in sizes],
        times,
    )
