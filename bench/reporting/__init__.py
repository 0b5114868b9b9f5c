# SPDX-License-Identifier: MIT
"""The parts of bench/report.

    numbers      medians, quartiles, ratios and their intervals
    text         tables and figures in Markdown
    plot         plots in SVG
    contestants  the stores that are compared
    machine      the machine it was measured on
    section      the type of a section; each other module makes one

To add a section, write a module whose make() turns a measurement into a Section, and enter it with a
NAME in bench/report. Its measurement is the file NAME.json.
"""
