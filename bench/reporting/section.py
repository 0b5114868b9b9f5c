# SPDX-License-Identifier: MIT
"""What a section of the report is."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Target:
    """What was to be reached, and what was."""

    what: str
    measured: str
    reached: bool
    sure: bool = True  # whether all of the ratio's interval is on the same side of the limit
    aside: bool = False  # stands beside a target for comparison, and is none itself


def at_most(what, ratio, limit, text):
    return Target(what, text, ratio.value <= limit, ratio.high <= limit or ratio.low > limit)


def at_least(what, ratio, limit, text):
    return Target(what, text, ratio.value >= limit, ratio.low >= limit or ratio.high < limit)


@dataclass
class Section:
    """One measurement, told."""

    title: str
    text: str  # Markdown
    targets: list = field(default_factory=list)
    times: dict = field(default_factory=dict)  # name: what was measured, one for each repetition
    pictures: dict = field(default_factory=dict)  # file name: SVG; the text refers to performance/NAME
    unit: str = "microseconds"  # of `times`
