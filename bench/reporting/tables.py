# SPDX-License-Identifier: MIT
"""Section: a table beside Redis and drawers, by the number of keys, from ipsetkv_table_bench."""

from statistics import median

from reporting.numbers import quartiles, ratio
from reporting.plot import plot
from reporting.section import Section, Target, at_most
from reporting.text import figure, measured, multiple, span, table

TITLE = "Tables"
WHO = {"table": "ipsetkv, table", "bare": "bare netlink loop", "drawers": "ipsetkv, drawers",
       "redis": "Redis"}
OPERATIONS = {"get": "Reading a value", "set": "Replacing a value"}
BATCHES = {"mget": "reading", "mset": "replacing"}
# Keys: at most so many times Redis' round trip, for get and set; kernel bytes for each key.
MOST = {1_000: (0.3, 0.3, None), 100_000: (0.75, 0.4, 300), 1_000_000: (2, 0.9, 300)}
MOST_WAIT = 100  # ordinary writes
FEWEST = 10_000  # keys, below which the accounts' own noise is larger than what they cost

INTRODUCTION = """\
Keys of 16 bytes, values of 32, one process, keys at random: a table, the bare netlink
loop about such a table (one listing of the key's bucket, or one `add`, prepared beforehand), drawers (a
set for each key), and Redis over a unix socket without pipelining. The median of {rounds} turns, in each round each has
one; below it the quartiles. Microseconds for one operation.

"""
BOUND = """\

What a table costs is the kernel's: to find a set it walks over all there are, and it cannot show one
element without the others of its set. [design.md](design.md#tables) has what each of the two costs, and why
the number of sets is what it is. Of a read's time the bare conversation is {shares}:
the rest is the library's. Redis finds a key by its hash; what it takes here is nearly all the
way to another process and back, whatever the number of keys.

"""
GROWTH = """\

### While a table grows

Keys written one by one into a table that is empty at first: the longest that any of these writes took,
the median of the last thousand, and how many took longer than {most} of those. Beside it the longest of so
many bare `create`s as the table has sets in the end, of nothing else: where the kernel's list of sets is
full it waits for a grace period of RCU before it goes on (ip_set_create in
net/netfilter/ipset/ip_set_core.c), after each 64 sets, and keeps everybody's commands waiting
meanwhile. A table cannot grow without it.

"""


def _counts(times, kind):
    return sorted({int(name.split("/")[1]) for name in times if name.startswith(f"{kind}/")})


def _cell(own):
    return f"{figure(median(own))}<br>{span(*quartiles(own))}" if own else ""


def _operation_table(times, operation):
    rows = []
    for count in _counts(times, operation):
        own = times[f"{operation}/{count}/table"]
        found = ratio(own, times[f"{operation}/{count}/redis"])
        rows.append([f"{count:,}", *(_cell(times.get(f"{operation}/{count}/{who}")) for who in WHO),
                     measured(found)])
    return table(["keys", *WHO.values(), "table, times Redis"], rows)


def _shares(times):
    """How much of the table's time the bare conversation takes."""
    told = [f"{multiple(median(times[f'get/{count}/bare']) / median(times[f'get/{count}/table']))}"
            f" with {count:,} keys" for count in _counts(times, "get")
            if f"get/{count}/bare" in times]
    return ", ".join(told)


def _picture(times, operation):
    lines = {}
    for who, name in WHO.items():
        points = [(count, median(own), *quartiles(own)) for count in _counts(times, operation)
                  if (own := times.get(f"{operation}/{count}/{who}"))]
        lines[who] = (name, points)
    ticks = {count: f"{count:,}" for count in _counts(times, operation)}
    return plot(f"{OPERATIONS[operation]}, by the number of keys", ("keys", "microseconds"), ticks,
                lines)


def _batch_table(times):
    rows = []
    for batch, words in BATCHES.items():
        for count in _counts(times, batch):
            rates = [1000 / median(times[f"{batch}/{count}/{who}"]) * 1e6
                     for who in ("table", "redis")]
            rows.append([f"{words}, of {count:,}", *map(figure, rates),
                         multiple(rates[0] / rates[1])])
    return table(["a thousand keys in one call", "table, keys/s", "Redis, keys/s", "times Redis"],
                 rows)


def _memory_table(times):
    stores = {who: name for who, name in WHO.items() if who != "bare"}
    rows = [[f"{count:,}", *(figure(median(own)) if (own := times.get(f"memory/{count}/{who}"))
                             else "" for who in stores)]
            for count in _counts(times, "memory") if count >= FEWEST]
    return table(["keys", *stores.values()], rows)


def _growth_table(times):
    rows = []
    for count in _counts(times, "wait"):
        longest, usual = (median(times[f"{kind}/{count}/table"]) for kind in ("wait", "usual"))
        late = sum(times.get(f"late/{count}/table", []))
        create = times.get(f"create/{count}/bare")
        rows.append([f"{count:,}", figure(longest), figure(usual), figure(longest / usual),
                     f"{late:,.0f}", figure(median(create)) if create else ""])
    return table(["keys", "longest, us", "usual, us", "times the usual",
                  f"longer than {MOST_WAIT} usual", "longest `create`, us"], rows)


def _targets(times):
    targets = []
    for count, (get, set_, memory) in MOST.items():
        for operation, limit in (("get", get), ("set", set_)):
            if f"{operation}/{count}/table" not in times:
                continue
            found = ratio(times[f"{operation}/{count}/table"], times[f"{operation}/{count}/redis"])
            targets.append(at_most(
                f"table of {count:,} keys: {operation} within {limit} of a round trip of Redis",
                found, limit, measured(found)))
        if memory and f"memory/{count}/table" in times:
            cost = median(times[f"memory/{count}/table"])
            targets.append(Target(f"table of {count:,} keys: at most {memory} kernel bytes a key",
                                  figure(cost), cost <= memory))
    count = max(_counts(times, "wait"))
    wait = ratio(times[f"wait/{count}/table"], times[f"usual/{count}/table"])
    targets.append(at_most(f"no write waits for growth longer than {MOST_WAIT} usual ones take,"
                           f" {count:,} keys", wait, MOST_WAIT, figure(wait.value)))
    return targets


def make(measurement):
    times = measurement["times"]
    rounds = len(next(iter(times.values())))
    text = [INTRODUCTION.format(rounds=rounds)]
    pictures = {}
    for operation, name in OPERATIONS.items():
        file = f"table-{operation}-by-keys.svg"
        pictures[file] = _picture(times, operation)
        text.append(f"### {name} in a table\n\n![{name} in a table](performance/{file})\n\n"
                    + _operation_table(times, operation) + "\n")
    text += [
        BOUND.format(shares=_shares(times)),
        "### A thousand keys at once\n\n", _batch_table(times),
        "\n### Memory of a table\n\nBytes for each key with its value: the kernel's slab, vmalloc and"
        " percpu memory, and a server's own.\n\n",
        _memory_table(times), GROWTH.format(most=MOST_WAIT), _growth_table(times),
    ]
    return Section(TITLE, "".join(text), _targets(times), times, pictures)
