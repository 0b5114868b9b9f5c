# SPDX-License-Identifier: MIT
"""Section: the library beside the bare conversation and libipset, from ipsetkv_bench."""

from statistics import median

from reporting.numbers import quartiles, ratio
from reporting.section import Section, Target
from reporting.text import figure, measured, size, span, table

TITLE = "In a program: the library"
MOST_OF_FLOOR = 1.15
LEAST_OF_LIBIPSET = 4
SHORT = 8  # bytes; the size for which the floor is a target

WHO = {
    "ipsetkv": "**ipsetkv**",
    "floor": "floor",
    "floor_unguarded": "floor, unguarded",
    "floor_acknowledged": "floor, acknowledged",
    "floor_decoded": "floor, decoded",
    "libipset": "libipset",
}
OPERATIONS = {"set": "Replacing a value", "get": "Reading a value"}

INTRODUCTION = """\
One process, one socket, one key; opening is not timed. Microseconds for one operation: the median
of 101 runs up to 64 bytes and of 25 above, each run being many operations in a row; half of the
runs were within the quartiles. The runs of all are shuffled.

- **ipsetkv**: `Store::set`, and `Store::get` into a string whose memory is reused.
- **floor**: the messages that ipsetkv sends, prepared beforehand, by a loop that does nothing else;
  of a listing, every part is received and thrown away. No client that keeps a value this way can be
  faster. Its variants: *unguarded* leaves out the `test` by which ipsetkv sees what it has replaced;
  *acknowledged* does too, and has the last message acknowledged; *decoded* puts the value together
  and checks nothing.
- **libipset**: the `ipset` tool's library in the same process, given the tool's command lines:
  `create -exist`, `flush` and one `add` for each four bytes; `list`, and its text taken apart.
"""


def read(measurement):
    """The times of every row, in microseconds, in the order of the report."""
    times = {}
    for run in measurement["benchmarks"]:
        if run["run_type"] == "iteration":
            assert run["time_unit"] == "us"
            # Google Benchmark appends how often it repeats, where that is not its default.
            name = run["name"].split("/repeats:")[0]
            times.setdefault(name, []).append(run["real_time"])
    return dict(sorted(times.items(), key=lambda row: _order(row[0])))


def _order(name):
    operation, count, who = name.split("/")
    return list(OPERATIONS).index(operation), int(count), list(WHO).index(who)


def _table(times, operation):
    rows = []
    previous = None
    for name, own in times.items():
        of, count, who = name.split("/")
        if of != operation:
            continue
        peer = {other: times[f"{of}/{count}/{other}"] for other in ("floor", "libipset")}
        rows.append([
            "" if count == previous else size(int(count)),
            WHO[who],
            figure(median(own)),
            span(*quartiles(own)),
            f"{median(own) / median(peer['floor']):.2f}",
            f"{median(peer['libipset']) / median(own):.1f}",
        ])
        previous = count
    heads = ["value", "", "median, us", "quartiles, us", "times the floor", "libipset takes, times"]
    return table(heads, rows)


def _floor_target(times, operation):
    found = ratio(times[f"{operation}/{SHORT}/ipsetkv"], times[f"{operation}/{SHORT}/floor"])
    return Target(
        f"{operation} of {SHORT} bytes takes at most {MOST_OF_FLOOR} times as long as the floor",
        measured(found),
        found.value <= MOST_OF_FLOOR,
    )


def _libipset_target(times, operation):
    """Of the size at which it is nearest to being missed."""
    found = []
    for name, own in times.items():
        of, count, who = name.split("/")
        if of == operation and who == "ipsetkv":
            found.append((ratio(times[f"{of}/{count}/libipset"], own), int(count)))
    least, count = min(found, key=lambda each: each[0].value)
    return Target(
        f"{operation} is at least {LEAST_OF_LIBIPSET} times as fast as libipset, at every size",
        f"{measured(least)} at {size(count)}, the least",
        least.value >= LEAST_OF_LIBIPSET,
    )


def make(measurement):
    times = read(measurement)
    parts = [INTRODUCTION]
    for operation, title in OPERATIONS.items():
        parts.append(f"\n### {title}\n\n" + _table(times, operation))
    targets = [_floor_target(times, operation) for operation in OPERATIONS]
    targets += [_libipset_target(times, operation) for operation in OPERATIONS]
    return Section(TITLE, "".join(parts), targets, times)
