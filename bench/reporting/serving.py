# SPDX-License-Identifier: MIT
"""Section: the server compared with Redis, by redis-benchmark, from bench/serving."""

from statistics import median

from reporting.numbers import quartiles, ratio
from reporting.section import Section, Target, at_least, at_most
from reporting.text import figure, measured, span, table

TITLE = "For Redis' clients: the server"
WHO = {"ipsetkv": "`ipsetkv serve`", "ipsetkv:2": "with `--threads 2`", "redis": "`redis-server`"}
CASES = {
    "clients:50": "50 clients",
    "pipelines:16": "50 clients, 16 requests at a time",
    "clients:1": "1 client",
}
COMMANDS = {"set": "SET", "get": "GET"}
# The least share of Redis' requests a second.
LEAST = {("clients:50", "set"): 0.8, ("clients:50", "get"): 0.35,
         ("pipelines:16", "set"): 0.08, ("pipelines:16", "get"): 0.03}
MOST_LATENCY = 1.3  # times Redis'
MOST_RESTART = 100_000  # microseconds
MOST_MEMORY = 1.1  # times the memory with few keys

INTRODUCTION = """\
`redis-benchmark` over a unix socket, 10,000 keys with values of 8 bytes; `ipsetkv serve` keeps them in a
table, which has a network namespace of its own. Client and server share the machine's processors.
Requests a second; the median of {rounds} rounds, in each of which every server runs once, in shuffled
order; below it the quartiles.

"""
LATENCY = """\

One client that waits for each reply: microseconds, the mean of a run (the median of redis-benchmark
has steps of 8 us).

"""
ARITHMETIC = """\

**The kernel's share.** A `GET` is one listing of a bucket. With 10,000 keys, the bare messages for it
take {get} us ([above](#tables); there with values of 32 bytes) in any program. One thread can
therefore answer at most {most} a second; the server answers {own} in pipelines, {share} of that. Redis
answers {redis}, so a single thread on such a table cannot exceed {possible} of Redis' rate. A second
thread needs a second processor, which redis-benchmark uses here. For a single client, the listing adds
to Redis' round trip, which takes {latency} us; on the other hand the server need not be woken, because
it stays awake for that client's next request ([design.md](design.md#the-server)).

A `SET` is one `add`, {set} us. Writes that wait at the same time go to the kernel in one send, which takes
{batch} us a pair.

"""
LIFE = """\

**Restart after SIGKILL**: {few} ms until the first reply with 100 keys, {many} ms with 100,000. **Memory** of
the server after a thousand reads: {few_bytes} MiB with 100 keys, {many_bytes} MiB with 100,000.
"""


def _cell(own):
    return f"{figure(median(own))}<br>{span(*quartiles(own))}"


def _rates(times):
    rows = []
    for case, words in CASES.items():
        for command, name in COMMANDS.items():
            own = [times[f"rate/{case}/{command}/{who}"] for who in WHO]
            rows.append([f"{words}: {name}", *map(_cell, own), measured(ratio(own[0], own[2])),
                         measured(ratio(own[1], own[2]))])
    return table(["", *WHO.values(), "times Redis", "two threads"], rows)


def _latencies(times):
    rows = []
    for command, name in COMMANDS.items():
        own = [times[f"latency/1/{command}/{who}"] for who in WHO]
        rows.append([name, *map(_cell, own), measured(ratio(own[0], own[2])),
                     measured(ratio(own[1], own[2]))])
    return table(["", *WHO.values(), "times Redis", "two threads"], rows)


def _arithmetic(times):
    if "kernel/get" not in times:
        return ""
    get, put, batch = (median(times[f"kernel/{name}"]) for name in ("get", "set", "mset"))
    own, redis = (median(times[f"rate/pipelines:16/get/{who}"]) for who in ("ipsetkv", "redis"))
    latency = median(times["latency/1/get/redis"])
    return ARITHMETIC.format(
        get=figure(get), set=figure(put), batch=figure(batch), most=figure(1e6 / get),
        own=figure(own), share=f"{own * get / 1e6:.2f}", redis=figure(redis),
        possible=f"{1e6 / get / redis:.2f}", latency=figure(latency))


def _life(times, few, many):
    mebibyte = 1 << 20
    return LIFE.format(
        few=figure(median(times[f"restart/{few}/ipsetkv"]) / 1000),
        many=figure(median(times[f"restart/{many}/ipsetkv"]) / 1000),
        few_bytes=figure(median(times[f"resident/{few}/ipsetkv"]) / mebibyte),
        many_bytes=figure(median(times[f"resident/{many}/ipsetkv"]) / mebibyte))


def _targets(times, few, many):
    targets = []
    for (case, command), limit in LEAST.items():
        found = ratio(*(times[f"rate/{case}/{command}/{who}"] for who in ("ipsetkv", "redis")))
        targets.append(at_least(f"server, {CASES[case]}: {COMMANDS[command]} at least {limit} of"
                                " Redis' requests a second", found, limit, measured(found)))
    for command, name in COMMANDS.items():
        found = ratio(*(times[f"latency/1/{command}/{who}"] for who in ("ipsetkv", "redis")))
        targets.append(at_most(f"server, 1 client: {name} takes at most {MOST_LATENCY} times Redis'"
                               " latency", found, MOST_LATENCY, measured(found)))
    took = max(times[f"restart/{many}/ipsetkv"])
    targets.append(Target(f"server, restarted after SIGKILL with {many:,} keys: first reply within"
                          f" {MOST_RESTART // 1000} ms", f"{figure(took / 1000)} ms, the longest",
                          took <= MOST_RESTART))
    memory = ratio(*(times[f"resident/{count}/ipsetkv"] for count in (many, few)))
    targets.append(at_most(f"server: its memory with {many:,} keys at most {MOST_MEMORY} times that"
                           f" with {few}", memory, MOST_MEMORY, measured(memory)))
    return targets


def make(measurement):
    times = measurement["times"]
    few, many = sorted(int(name.split("/")[1]) for name in times if name.startswith("restart/"))
    rounds = len(times["rate/clients:50/get/redis"])
    text = (INTRODUCTION.format(rounds=rounds) + _rates(times) + LATENCY + _latencies(times)
            + _arithmetic(times) + _life(times, few, many))
    return Section(TITLE, text, _targets(times, few, many), times)
