# SPDX-License-Identifier: MIT
"""The machine: the facts needed to compare results, without its name and folders."""

import os
import platform
import re
import subprocess


def _processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        lines = dict(re.findall(r"^(model name|flags|Features)\s*: (.*)$", file.read(), re.M))
    flags = lines.get("flags", lines.get("Features", "")).split()
    return lines.get("model name", platform.machine()), flags


def _version(*command):
    """The first version number that a command prints."""
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    found = re.search(r"\d+\.\d+(\.\d+)*", answer)
    return found[0] if found else "unknown"


def describe(tool):
    """Describes this machine; `tool` is the ipsetkv to measure."""
    model, flags = _processor()
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "virtual": "hypervisor" in flags,
        "page_table_isolation": "pti" in flags,
        "kernel": re.match(r"[\d.]*\d", platform.release())[0],
        "ipset": _version("ipset", "--version"),
        "libipset": _version("pkg-config", "--modversion", "libipset"),
        "ipsetkv": _version(tool, "version"),
        "peers": {
            "Redis": _version("redis-server", "--version"),
            "hiredis": _version("pkg-config", "--modversion", "hiredis"),
            "memcached": _version("memcached", "--version"),
            "libmemcached": _version("pkg-config", "--modversion", "libmemcached"),
            "LMDB": _version("pkg-config", "--modversion", "lmdb"),
            "libkeyutils": _version("pkg-config", "--modversion", "libkeyutils"),
        },
        "load": round(os.getloadavg()[0], 2),
    }


def text(machine, compiler):
    """The description in Markdown."""
    kind = "a virtual machine" if machine["virtual"] else "not a virtual machine"
    isolation = (
        "with page-table isolation, which makes every system call slower"
        if machine["page_table_isolation"]
        else "without page-table isolation"
    )
    peers = ", ".join(f"{name} {version}" for name, version in machine["peers"].items())
    return (
        f"- {machine['processor']}, {machine['cores']} cores, {kind}\n"
        f"- Linux {machine['kernel']}, {isolation}\n"
        f"- ipsetkv {machine['ipsetkv']}, built by {compiler} as `cmake --preset release` does\n"
        f"- `ipset` {machine['ipset']}, libipset {machine['libipset']}\n"
        f"- {peers}\n"
        f"- load average at the start: {machine['load']}; other programs increase times and their"
        " spread\n"
    )
