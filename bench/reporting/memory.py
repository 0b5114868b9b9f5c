# SPDX-License-Identifier: MIT
"""Section: kernel memory of values, from ipsetkv_memory_bench."""

from statistics import median

from reporting.section import Section, Target
from reporting.text import size, table

TITLE = "Kernel memory"
MOST = {"comment": 1.3, "counters": 1.03}
COUNT = 1 << 20  # the size with these targets

INTRODUCTION = """\
Bytes of kernel memory for each byte of random values. In each of {rounds} rounds a layout writes
{keys} keys; the figures are the differences in `/proc/meminfo` before and after, divided by the
values' bytes, and the median of the rounds. *Slabs* is `Slab`: whole slabs as in `/proc/slabinfo`,
including unused parts, and blocks too large for slabs, which the kernel rounds up to a power of two.
*vmalloc* is `VmallocUsed`, the sum of `/proc/vmallocinfo`; *per processor* is `Percpu`. These are
accounts of the whole machine; as a check, *missing* is the decrease of `MemFree`. *ipset says* is
"Size in memory" in `ipset list`.

"""
ACCOUNTS = ("Slab", "VmallocUsed", "Percpu", "MemFree", "told")
FITTING = COUNT - 128  # the size that fits, with its header, into a block of half the size
REMARK = """
The kernel keeps the counters in one block of 16 bytes an element and some hundred bytes more. As long
as there are free blocks whose size is a power of two, it takes one of these: 2 MiB for a value of
1 MiB, half of that for a value a little shorter. If memory is fragmented, the block comes from vmalloc
and takes the size that ipset says.
"""


def _total(costs, layout, count):
    """The sum of each round."""
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
    """The same layout with a size that the kernel does not round up, for comparison."""
    return Target(
        f"for comparison: {FITTING:,} bytes, which is 1 MiB less {COUNT - FITTING}, in the layout"
        " `counters`. The kernel allocates elements and some hundred bytes of header as one block,"
        " and rounds its size up: to 2 MiB for 1 MiB, to 1 MiB for this",
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
