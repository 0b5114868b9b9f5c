# SPDX-License-Identifier: MIT
"""Section: what values cost in kernel memory, from ipsetkv_memory_bench."""

from statistics import median

from reporting.section import Section, Target
from reporting.text import size, table

TITLE = "Kernel memory"
MOST = {"comment": 1.3, "counters": 1.03}
COUNT = 1 << 20  # the size for which they are targets

INTRODUCTION = """\
Bytes of kernel memory for each byte of random values. In each of {rounds} rounds a layout writes
{keys} keys; the figures are the differences between what `/proc/meminfo` says before and after,
divided by the values' bytes, and the median of the rounds. *Slabs* is its `Slab`: whole slabs, as
`/proc/slabinfo` counts them, with what is not used in them, and blocks that are too large for slabs,
which the kernel rounds up to a power of two. *vmalloc* is `VmallocUsed`, the sum of
`/proc/vmallocinfo`; *per processor* is `Percpu`. They are the whole machine's, so *missing* is given
beside them: by how much `MemFree` went down. *ipset says* is what `ipset list` calls "Size in
memory".

"""
ACCOUNTS = ("Slab", "VmallocUsed", "Percpu", "MemFree", "told")
FITTING = COUNT - 128  # what fits, with its header, into a block of half the size
REMARK = """
The kernel keeps the counters in one block of 16 bytes an element and some hundred bytes more, and
takes it from where blocks are powers of two as long as there are any: at 1 MiB that is a block of
2 MiB, and a little less than 1 MiB fits into one of half the size. Where memory is in pieces the
block comes from vmalloc, and costs what ipset says.
"""


def _total(costs, layout, count):
    """Of each round."""
    accounts = (costs[f"{layout}/{count}/{account}"] for account in ACCOUNTS[:3])
    return [sum(round) for round in zip(*accounts)]


def _measured(costs, layout, count):
    found = _total(costs, layout, count)
    told = median(costs[f"{layout}/{count}/told"])
    return (f"{median(found):.3f} ({min(found):.3f} to {max(found):.3f} in all rounds; ipset says"
            f" {told:.3f})")


def _target(costs, layout):
    return Target(
        f"{size(COUNT)} in the layout `{layout}` costs at most {MOST[layout]} bytes of kernel memory"
        " a byte",
        _measured(costs, layout, COUNT),
        median(_total(costs, layout, COUNT)) <= MOST[layout],
    )


def _aside(costs):
    """The same layout where the kernel need not round up."""
    return Target(
        f"beside it: {FITTING:,} bytes, which are 1 MiB less {COUNT - FITTING}, in the layout"
        " `counters`. The kernel allocates elements and some hundred bytes of header as one block,"
        " and rounds that up: for 1 MiB to 2 MiB, for this to 1 MiB",
        _measured(costs, "counters", FITTING),
        median(_total(costs, "counters", FITTING)) <= MOST["counters"],
        aside=True,
    )


def make(measurement):
    costs = measurement["costs"]
    rows = []
    kinds = sorted({tuple(name.split("/")[:2]) for name in costs}, key=lambda k: (k[0], -int(k[1])))
    for layout, count in kinds:
        own = [f"{median(costs[f'{layout}/{count}/{account}']):.3f}" for account in ACCOUNTS]
        total = f"**{median(_total(costs, layout, count)):.3f}**"
        rows.append([f"`{layout}`", size(int(count)), *own[:3], total, *own[3:]])
    heads = ["layout", "value", "slabs", "vmalloc", "per processor", "together", "missing",
             "ipset says"]
    rounds = len(next(iter(costs.values())))
    text = INTRODUCTION.format(rounds=rounds, keys=measurement["keys"])
    targets = [_target(costs, layout) for layout in MOST]
    if f"counters/{FITTING}/told" in costs:
        targets.append(_aside(costs))
    return Section(TITLE, text + table(heads, rows) + REMARK, targets, costs,
                   unit="bytes of memory for each byte of the values")
