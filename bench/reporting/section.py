# SPDX-License-Identifier: MIT
"""A section of the report."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Target:
    """A target and the measured result."""

    what: str
    measured: str
    reached: bool
    sure: bool = True  # whether the ratio's whole interval is on the same side of the limit
    aside: bool = False  # shown for comparison with a target, not a target itself


def at_most(what, ratio, limit, text):
    return Target(what, text, ratio.value <= limit, ratio.high <= limit or ratio.low > limit)


def at_least(what, ratio, limit, text):
    return Target(what, text, ratio.value >= limit, ratio.low >= limit or ratio.high < limit)


@dataclass
class Section:
    """A measurement as part of the report."""

    title: str
    text: str  # Markdown
    targets: list = field(default_factory=list)
    times: dict = field(default_factory=dict)  # row name: results, one for each repetition
    pictures: dict = field(default_factory=dict)  # file name: SVG; the text links to performance/NAME
    unit: str = "microseconds"  # of `times`
