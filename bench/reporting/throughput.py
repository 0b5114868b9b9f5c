# SPDX-License-Identifier: MIT
"""Section: several processes in parallel, from ipsetkv_throughput_bench."""

from statistics import median

from reporting.contestants import CONTESTANTS
from reporting.numbers import quartiles
from reporting.plot import plot
from reporting.section import Section
from reporting.text import figure, span, table

TITLE = "Several processes"
OPERATIONS = {"get": "Reads", "set": "Replacements"}

INTRODUCTION = """\
Operations a second of all processes together, values of 8 bytes: the median of {rounds} windows of
80 ms, in shuffled order; below it the quartiles. All readers read the same key; each writer writes a
key of its own. Processes are not bound to processors, and servers need one, too. The kernel executes
only one command that changes IP sets at a time, whatever the keys.

"""


def _rates(times):
    return [1e6 / each for each in times]


def _crowds(times):
    return sorted({int(name.split("/")[1]) for name in times})


def _table(times, operation):
    crowds = _crowds(times)
    rows = []
    for who, contestant in CONTESTANTS.items():
        cells = []
        for crowd in crowds:
            own = times.get(f"{operation}/{crowd}/{who}")
            rates = _rates(own) if own else None
            cells.append(f"{figure(median(rates))}<br>{span(*quartiles(rates))}" if own else "")
        rows.append([contestant.name, *cells])
    return table(["", *(f"{crowd} process{'es' if crowd > 1 else ''}" for crowd in crowds)], rows)


def _picture(times, operation):
    crowds = _crowds(times)
    lines = {}
    for who, contestant in CONTESTANTS.items():
        points = []
        for crowd in crowds:
            own = times.get(f"{operation}/{crowd}/{who}")
            if own:
                rates = _rates(own)
                points.append((crowd, median(rates), *quartiles(rates)))
        if points:
            lines[who] = (contestant.name, points)
    return plot(f"{OPERATIONS[operation]} by several processes", ("processes", "operations a second"),
                {crowd: str(crowd) for crowd in crowds}, lines)


def make(measurement):
    times = measurement["times"]
    rounds = len(next(iter(times.values())))
    text, pictures = [INTRODUCTION.format(rounds=rounds)], {}
    for operation, name in OPERATIONS.items():
        file = f"{operation}-by-processes.svg"
        pictures[file] = _picture(times, operation)
        title = f"{name} by several processes"
        text.append(f"\n### {title}\n\n![{title}](performance/{file})\n\n" + _table(times, operation))
    return Section(TITLE, "".join(text), [], times, pictures)
