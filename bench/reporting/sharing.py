# SPDX-License-Identifier: MIT
"""Section: two parallel readers compared with one, from ipsetkv_sharing_bench."""

from statistics import median

from reporting.numbers import quartiles, ratio
from reporting.section import Section, at_least
from reporting.text import figure, measured, size, span, table

TITLE = "Readers side by side"
LEAST = 1.6
COUNT = 8  # bytes; the size with this target

INTRODUCTION = """\
Processes that read the same key in a loop, each on a processor of its own: microseconds from one read
to the next, in either process. The median of {rounds} windows of 100 ms; windows with one and with two
readers alternate.

"""


def make(measurement):
    times = measurement["times"]
    rows = []
    for count in sorted({int(name.split("/")[1]) for name in times}):
        for who in ("one", "two"):
            own = times[f"get/{count}/{who}"]
            rows.append([
                size(count), who, figure(median(own)), span(*quartiles(own)),
                figure(1e6 / median(own)),
                f"{median(times[f'get/{count}/one']) / median(own):.2f}",
            ])
    heads = ["value", "readers", "median, us", "quartiles, us", "reads/s", "times one"]
    found = ratio(times[f"get/{COUNT}/one"], times[f"get/{COUNT}/two"])
    target = at_least(
        f"two readers on two processors read at least {LEAST} times as much as one, {size(COUNT)}",
        found,
        LEAST,
        measured(found),
    )
    rounds = len(next(iter(times.values())))
    return Section(TITLE, INTRODUCTION.format(rounds=rounds) + table(heads, rows), [target], times)
