# SPDX-License-Identifier: MIT
"""Tables and figures in Markdown."""


def figure(number):
    """Three significant digits, without an exponent: 4.53, 45.3, and 537,000 for 536,531."""
    if number == 0:
        return "0"
    digits = 3
    whole = len(str(int(abs(number)))) if abs(number) >= 1 else 0
    if whole >= digits:
        return f"{round(number, digits - whole):,.0f}"
    return f"{number:.{digits - max(whole, 1)}f}"


def multiple(ratio):
    """A ratio as text that is never zero: 4.53, 45.3, 0.23, 0.004."""
    return figure(ratio) if ratio >= 0.1 else f"{ratio:.1g}"


def span(low, high):
    """A range."""
    return f"{figure(low)} to {figure(high)}"


def measured(ratio):
    """A ratio and its interval."""
    return f"{ratio.value:.2f} ({ratio.low:.2f} to {ratio.high:.2f})"


def size(count):
    """A number of bytes in words."""
    for unit, name in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if count >= unit and count % unit == 0:
            return f"{count // unit} {name}"
    return f"{count:,} bytes"


def table(heads, rows):
    """A Markdown table; all columns except the first two are aligned to the right."""
    rules = ["---" if column < 2 else "---:" for column in range(len(heads))]
    lines = [heads, rules, *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n"
