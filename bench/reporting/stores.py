# SPDX-License-Identifier: MIT
"""Section: ipsetkv compared with other stores, by size of the value and by number of keys, from
ipsetkv_latency_bench."""

from statistics import median

from reporting.contestants import CONTESTANTS
from reporting.numbers import quartiles, ratio
from reporting.plot import plot
from reporting.section import Section
from reporting.text import figure, multiple, size, span, table

TITLE = "Beside other stores"
OPERATIONS = {"get": "Reading a value", "set": "Replacing a value"}
VIEWS = {"size": "by its size", "keys": "by the number of keys"}
NAMED = (8, 1 << 10, 1 << 16, 1 << 20, 16 << 20)  # sizes for which faster stores are named

INTRODUCTION = """\
One run, one process at a time: the median of {rounds} turns of some milliseconds, each of many
operations in a row; in each round every store has a turn, in shuffled order. Below each median are the
quartiles. Microseconds for one operation. Each store has a network namespace, a folder in tmpfs, a
server or a keyring of its own, and each result is compared with the expected one. A read ends with the
value in the caller's string.

"""
FASTER = """\
All stores that are faster than ipsetkv, with the interval that holds the ratio in 95 of 100
resamplings. Stores whose interval includes 1 are left out, and so is the bare loop, which is not a
store.

"""
STORES = [who for who in CONTESTANTS if who not in ("ipsetkv", "bare")]
REMARKS = {
    "size": "There is one key.",
    "keys": "Values of 8 bytes; keys in shuffled order. The kernel finds a set by a walk over all of"
            " them, so stores\nwith a set for each value become slower with their number; the others"
            " have a hash table or a tree.",
}


def _row(view, operation, place, who):
    return f"{view}/{operation}/{place}/{who}"


def _places(times, view):
    return sorted({int(name.split("/")[2]) for name in times if name.startswith(f"{view}/")})


def _label(view, place):
    return size(place) if view == "size" else f"{place:,}"


def _cell(own):
    return f"{figure(median(own))}<br>{span(*quartiles(own))}" if own else ""


def _table(times, view, operation):
    places = _places(times, view)
    rows = []
    for place in places:
        cells = [times.get(_row(view, operation, place, who)) for who in CONTESTANTS]
        rows.append([_label(view, place), *map(_cell, cells)])
    return table(["" if view == "size" else "keys", *(each.name for each in CONTESTANTS.values())],
                 rows)


def _picture(times, view, operation):
    places = _places(times, view)
    lines = {}
    for who, contestant in CONTESTANTS.items():
        found = [(place, times[_row(view, operation, place, who)]) for place in places
                 if _row(view, operation, place, who) in times]
        if found:
            points = [(place, median(own), *quartiles(own)) for place, own in found]
            lines[who] = (contestant.name, points)
    title = f"{OPERATIONS[operation]}, {VIEWS[view]}"
    axes = ("bytes" if view == "size" else "keys", "microseconds")
    return plot(title, axes, {place: _label(view, place) for place in places}, lines)


def _faster(times, view, operation, place):
    """Ratios of stores that are certainly faster than ipsetkv, by name, the fastest first."""
    own = times[_row(view, operation, place, "ipsetkv")]
    found = {who: ratio(own, times[row]) for who in STORES
             if (row := _row(view, operation, place, who)) in times}
    return {who: times_as_fast
            for who, times_as_fast in sorted(found.items(), key=lambda each: -each[1].value)
            if times_as_fast.low > 1}


def _faster_table(times):
    """The faster stores: one row for each operation and size."""
    rows = []
    for operation, words in OPERATIONS.items():
        for view, place in [*(("size", each) for each in NAMED),
                            ("keys", _places(times, "keys")[-1])]:
            if _row(view, operation, place, "ipsetkv") not in times:
                continue
            found = _faster(times, view, operation, place)
            where = size(place) if view == "size" else f"8 bytes, one of {place:,} keys"
            names = "; ".join(
                f"{CONTESTANTS[who].name} {figure(each.value)} ({span(each.low, each.high)})"
                for who, each in found.items())
            rows.append([f"{words}, {where}", names or "none"])
    return table(["operation", "how many times as fast as ipsetkv"], rows)


def _peer_text(times, who):
    """A sentence of ratios, and the reasons."""
    short = _places(times, "size")[0]
    parts, ahead, behind = [], False, False
    for operation in OPERATIONS:
        for place in (short, *NAMED[1:]):
            other = times.get(_row("size", operation, place, who))
            if not other:
                continue
            found = ratio(other, times[_row("size", operation, place, "ipsetkv")])
            ahead |= found.high < 1
            behind |= found.low > 1
            parts.append(f"{operation} {size(place)} {multiple(found.value)}")
    contestant = CONTESTANTS[who]
    text = f"- **{contestant.name}** takes, times as long as ipsetkv: {', '.join(parts)}."
    if ahead and contestant.ahead:
        text += f" Where it is faster: {contestant.ahead}."
    if behind and contestant.behind:
        text += f" Where it is slower: {contestant.behind}."
    return text + "\n"


def make(measurement):
    times = measurement["times"]
    rounds = len(next(iter(times.values())))
    text = [INTRODUCTION.format(rounds=rounds)]
    text += [f"- **{each.name}**: {each.what}.\n" for each in CONTESTANTS.values()]
    text.append("\n### Who is faster\n\n" + FASTER + _faster_table(times) + "\n### And why\n\n")
    text += [_peer_text(times, who) for who in CONTESTANTS if who != "ipsetkv"]
    pictures = {}
    for view, words in VIEWS.items():
        for operation, name in OPERATIONS.items():
            file = f"{operation}-by-{view}.svg"
            pictures[file] = _picture(times, view, operation)
            title = f"{name}, {words}"
            text.append(f"\n### {title}\n\n{REMARKS[view]}\n\n"
                        f"![{title}](performance/{file})\n\n" + _table(times, view, operation))
    return Section(TITLE, "".join(text), [], times, pictures)
