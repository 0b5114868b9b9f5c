# SPDX-License-Identifier: MIT
"""Section: the library compared with the bare messages and libipset, from ipsetkv_bench."""

from statistics import median

from reporting.numbers import quartiles, ratio
from reporting.section import Section, at_least, at_most
from reporting.text import figure, measured, size, span, table

TITLE = "In a program: the library"
MOST_OF_FLOOR = 1.15
MOST_OF_ACKNOWLEDGED = 1.6
MOST_OF_DUMP = 1.25
LEAST_OF_SPEED = 0.85
LEAST_OF_LIBIPSET = 4
MOST_OF_GET = 4
SHORT = 8  # bytes; the size with a target relative to the floor
PAGE = 1 << 10  # the size with a target relative to a dump
LONG = (1 << 20, 16 << 20)

WHO = {
    "ipsetkv": "**ipsetkv**",
    "floor": "floor",
    "floor_bare": "floor, bare",
    "floor_acknowledged": "floor, bare, acknowledged",
    "floor_decoded": "floor, decoded",
    "libipset": "libipset",
}
OPERATIONS = {
    "set": "Replacing a value",
    "get": "Reading a value",
    "sustain": "Replacing a value for two seconds without a pause",
    "increment": "Adding 1 to a number",
}
LAYOUTS = {
    "ipv4": "layout `ipv4`",
    "comment": "layout `comment`, which longer values get by default",
}

INTRODUCTION = """\
One process, one socket, one key; opening is not timed. Microseconds for one operation: the median
of 101 runs up to 1 KiB and of 25 above, each of many operations in a row; half of the runs lie
between the quartiles. All runs are shuffled. Values are random printable characters, of which a
comment escapes two in 94.

- **ipsetkv**: `Store::set`, `Store::increment`, and `Store::get` into a string whose memory is
  reused.
- **floor**: the messages that ipsetkv sends, prepared in advance, sent by a loop that does nothing
  else and discards every part of a listing. No client that stores values this way can be faster. Its
  variants: *bare* only flushes, adds and swaps, without the lock that excludes other writers and
  without the tests by which ipsetkv verifies what it has replaced; *acknowledged* requests an
  acknowledgement of the last message; *decoded* assembles the value in place, without checks. A
  reader needs the value, so the targets for reading many bytes are relative to *decoded*; the loop
  that discards it is given for comparison.
- **libipset**: the `ipset` tool's library in the same process, given the tool's command lines:
  `create -exist`, `flush` and one `add` for each four bytes; `list`, whose text is parsed.
"""


def read(measurement):
    """The times of every row, in microseconds, in the order of the report."""
    times = {}
    for run in measurement["benchmarks"]:
        if run["run_type"] == "iteration":
            assert run["time_unit"] == "us"
            # Google Benchmark appends repetitions and time if they are not its defaults.
            name = "/".join(run["name"].split("/")[:4])
            times.setdefault(name, []).append(run["real_time"])
    return dict(sorted(times.items(), key=lambda row: _order(row[0])))


def _order(name):
    operation, layout, count, who = name.split("/")
    return (
        list(OPERATIONS).index(operation),
        list(LAYOUTS).index(layout),
        int(count),
        list(WHO).index(who),
    )


def _speed(count, times):
    """MB/s, which are bytes for each microsecond."""
    return int(count) / median(times)


def _table(times, operation, layout):
    rows = []
    previous = None
    against_libipset = layout == "ipv4"
    for name, own in times.items():
        of, kept, count, who = name.split("/")
        if (of, kept) != (operation, layout):
            continue
        floor = times[f"{of}/{kept}/{count}/floor"]
        libipset = times.get(f"{of}/{kept}/{count}/libipset")
        rows.append([
            "" if count == previous else size(int(count)),
            WHO[who],
            figure(median(own)),
            span(*quartiles(own)),
            f"{median(own) / median(floor):.2f}",
            f"{median(libipset) / median(own):.1f}" if libipset else figure(_speed(count, own)),
        ])
        previous = count
    last = "libipset takes, times" if against_libipset else "MB/s"
    return table(["value", "", "median, us", "quartiles, us", "times the floor", last], rows)


def _rest(times):
    """The operations measured with a single size."""
    rows = [
        [OPERATIONS[operation], WHO[who], figure(median(own)), span(*quartiles(own))]
        for operation, _, _, who, own in ((*name.split("/"), own) for name, own in times.items())
        if operation in ("sustain", "increment")
    ]
    heads = [f"{SHORT} bytes, layout `ipv4`", "", "median, us", "quartiles, us"]
    return table(heads, rows)


def _at_most(what, own, other, most):
    found = ratio(own, other)
    return at_most(what, found, most, measured(found))


def _floor_target(times, operation):
    return _at_most(
        f"{operation} of {SHORT} bytes takes at most {MOST_OF_FLOOR} times as long as the floor",
        times[f"{operation}/ipv4/{SHORT}/ipsetkv"],
        times[f"{operation}/ipv4/{SHORT}/floor"],
        MOST_OF_FLOOR,
    )


def _libipset_target(times, operation):
    """The target at the size with the lowest ratio."""
    found = []
    for name, own in times.items():
        of, layout, count, who = name.split("/")
        if (of, layout, who) == (operation, "ipv4", "ipsetkv"):
            found.append((ratio(times[f"{of}/{layout}/{count}/libipset"], own), int(count)))
    least, count = min(found, key=lambda each: each[0].value)
    return at_least(
        f"{operation} is at least {LEAST_OF_LIBIPSET} times as fast as libipset, at every size",
        least,
        LEAST_OF_LIBIPSET,
        f"{measured(least)} at {size(count)}, the least",
    )


def _share(times, operation, count, who):
    """The share of another's MB/s, and its text."""
    own, other = (times[f"{operation}/comment/{count}/{each}"] for each in ("ipsetkv", who))
    found = ratio(other, own)
    return found, (f"{measured(found)}: {figure(_speed(count, own))} of"
                   f" {figure(_speed(count, other))} MB/s")


def _write_speed_target(times, count):
    found, text = _share(times, "set", count, "floor")
    return at_least(
        f"set of {size(count)} in comments reaches {LEAST_OF_SPEED} of the floor's MB/s",
        found, LEAST_OF_SPEED, text,
    )


def _read_speed_target(times, count):
    """Shows the loop that discards the value for comparison."""
    found, text = _share(times, "get", count, "floor_decoded")
    _, of_discarding = _share(times, "get", count, "floor")
    return at_least(
        f"get of {size(count)} in comments reaches {LEAST_OF_SPEED} of the MB/s of a bare loop that"
        " assembles the value without checks",
        found, LEAST_OF_SPEED,
        f"{text}. Of a loop that discards every part: {of_discarding}",
    )


def _targets(times):
    targets = [_floor_target(times, operation) for operation in ("set", "get")]
    targets += [_libipset_target(times, operation) for operation in ("set", "get")]
    targets.append(_at_most(
        f"set of {SHORT} bytes, for two seconds without a pause, takes at most"
        f" {MOST_OF_ACKNOWLEDGED} times as long as the bare loop of flush, add and swap with one"
        " acknowledgement",
        times[f"sustain/ipv4/{SHORT}/ipsetkv"],
        times[f"sustain/ipv4/{SHORT}/floor_acknowledged"],
        MOST_OF_ACKNOWLEDGED,
    ))
    targets.append(_at_most(
        f"get of {size(PAGE)} takes at most {MOST_OF_DUMP} times as long as a bare dump of its set",
        times[f"get/comment/{PAGE}/ipsetkv"],
        times[f"get/comment/{PAGE}/floor"],
        MOST_OF_DUMP,
    ))
    for count in LONG:
        targets += [_read_speed_target(times, count), _write_speed_target(times, count)]
    targets.append(_at_most(
        f"an increment takes at most {MOST_OF_GET} times as long as a get",
        times[f"increment/ipv4/{SHORT}/ipsetkv"],
        times[f"get/ipv4/{SHORT}/ipsetkv"],
        MOST_OF_GET,
    ))
    return targets


def make(measurement):
    times = read(measurement)
    parts = [INTRODUCTION]
    for operation in ("set", "get"):
        for layout, words in LAYOUTS.items():
            parts.append(f"\n### {OPERATIONS[operation]}: {words}\n\n")
            parts.append(_table(times, operation, layout))
    parts.append("\n### Everything else\n\n" + _rest(times))
    return Section(TITLE, "".join(parts), _targets(times), times)
