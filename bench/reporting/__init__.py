# SPDX-License-Identifier: MIT
"""What bench/report is made of.

    numbers     medians, quartiles, ratios and how sure they are
    text        tables and figures in Markdown
    section     what a section of the report is
    machine     the machine it was measured on
    library     section: ipsetkv_bench
    processes   section: bench/processes

A section more is a module whose make() turns a measurement into a Section, and its name in
bench/report; its measurement is the file NAME.json.
"""
