# SPDX-License-Identifier: MIT
"""Plots, drawn by gnuplot as SVG."""

import subprocess

# Colour, point type and line width of each contestant. The colours are those of Okabe and Ito, which
# most people can distinguish.
STYLES = {
    "ipsetkv": ("#d55e00", 7, 2.5),
    "table": ("#d55e00", 7, 2.5),
    "drawers": ("#0072b2", 11, 1),
    "bare": ("#000000", 2, 1),
    "libipset": ("#999999", 1, 1),
    "redis": ("#cc79a7", 5, 1),
    "memcached": ("#e69f00", 9, 1),
    "file": ("#009e73", 4, 1),
    "lmdb": ("#0072b2", 11, 1),
    "keyring": ("#56b4e9", 13, 1),
}
SETTINGS = """\
set terminal svg size 820,470 font "sans-serif,13" background "white"
set logscale xy
set grid xtics ytics lc rgb "#dddddd" lt 1
set border 3 lc rgb "#777777"
set tics nomirror
set format y "%.10g"
set xtics rotate by -35
set key outside right center Left reverse noenhanced samplen 2
set title noenhanced
"""


def _quoted(text):
    return '"' + text.replace('"', "") + '"'


def _script(title, axes, ticks, lines):
    across, up = axes
    script = [SETTINGS, f"set title {_quoted(title)}"]
    script += [f"set xlabel {_quoted(across)}", f"set ylabel {_quoted(up)}"]
    places = ", ".join(f"{_quoted(name)} {place}" for place, name in ticks.items())
    script.append(f"set xtics ({places})")
    script.append(f"set xrange [{min(ticks) / 1.5}:{max(ticks) * 1.5}]")
    plots = []
    for number, (who, (label, points)) in enumerate(lines.items()):
        rows = "\n".join(" ".join(f"{figure:.4g}" for figure in point) for point in points)
        script.append(f"$data{number} << END\n{rows}\nEND")
        colour, point_type, width = STYLES[who]
        plots.append(f"$data{number} with yerrorlines title {_quoted(label)}"
                     f" lc rgb {_quoted(colour)} pt {point_type} ps 0.6 lw {width}")
    script.append("plot " + ", ".join(plots))
    return "\n".join(script) + "\n"


def plot(title, axes, ticks, lines):
    """An SVG picture with logarithmic axes. `axes` are the names of both, `ticks` the labels on the
    first by position. `lines` has for each contestant a label and points: position, figure, and both
    ends of the error bar."""
    drawn = subprocess.run(["gnuplot"], input=_script(title, axes, ticks, lines),
                           capture_output=True, text=True, check=True)
    return drawn.stdout
