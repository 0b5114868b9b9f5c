# SPDX-License-Identifier: MIT
"""Section: a table compared with Redis and drawers, by number of keys, from ipsetkv_table_bench."""

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
# By number of keys: the most times Redis' round trip, for get and set; the most kernel bytes a key.
MOST = {1_000: (0.3, 0.3, None), 100_000: (0.75, 0.4, 300), 1_000_000: (2, 0.9, 300)}
MOST_WAIT = 100  # times the median write
FEWEST = 10_000  # keys; with fewer, the accounts' noise exceeds the memory of the keys

INTRODUCTION = """\
Keys of 16 bytes in random order, values of 32 bytes, one process: a table, the bare netlink loop on such
a table (one listing of the key's bucket, or one `add`, prepared in advance), drawers (a set for each
key), and Redis over a unix socket without pipelining. The median of {rounds} turns, one in each round;
below it the quartiles. Microseconds for one operation.

"""
BOUND = """\

The kernel determines the cost of a table: it finds a set by a walk over all sets, and it cannot list one
element without the others of its set. [design.md](design.md#tables) gives the cost of both, and the
reason for the number of sets. The bare loop takes this share of a read: {shares}.
The rest is the library's. Redis finds a key by its hash; nearly all of its time here is the
round trip to another process, whatever the number of keys.

"""
GROWTH = """\

### While a table grows

Keys written one by one into an initially empty table: the longest write, the median of the last
thousand, and the number of writes that took longer than {most} times this median. For comparison, the
longest of as many bare `create`s as the table finally has sets: when the kernel's list of sets is full,
which happens every 64 sets, a `create` waits for an RCU grace period (ip_set_create in
net/netfilter/ipset/ip_set_core.c), and all other ipset commands wait with it. A table cannot grow without
this.

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
    """The share of the bare loop in the time of a table's read."""
    shares = [f"{multiple(median(times[f'get/{count}/bare']) / median(times[f'get/{count}/table']))}"
            f" with {count:,} keys" for count in _counts(times, "get")
            if f"get/{count}/bare" in times]
    return ", ".join(shares)


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
    targets.append(at_most(f"no write during growth takes longer than {MOST_WAIT} times the median,"
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
        " per-processor memory, and a server's own.\n\n",
        _memory_table(times), GROWTH.format(most=MOST_WAIT), _growth_table(times),
    ]
    return Section(TITLE, "".join(text), _targets(times), times, pictures)
