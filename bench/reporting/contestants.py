# SPDX-License-Identifier: MIT
"""Those who are compared from outside: their names, what they are, and why they are as fast as they
are."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Contestant:
    name: str
    what: str  # what was measured
    ahead: str  # why, where it is faster than ipsetkv
    behind: str  # why, where it is slower


CONTESTANTS = {
    "ipsetkv": Contestant(
        "ipsetkv", "`Store::set` and `Store::get`, the layout being its own choice", "", ""),
    "bare": Contestant(
        "bare netlink loop",
        "the least that can be said to the kernel, prepared beforehand: `flush`, `add`, `swap`; a"
        " listing, decoded straight into place and not checked. No lock, no questions",
        "it is what ipsetkv adds to: nothing keeps writers apart, and nothing is checked",
        "its decoding is plain, and ipsetkv's takes sixteen bytes at a time"),
    "libipset": Contestant(
        "libipset",
        "the `ipset` tool's library in this process, given its command lines; up to 64 KiB",
        "", "each four bytes are a command of their own, and what is read is text"),
    "redis": Contestant(
        "Redis",
        "`SET` and `GET` by hiredis over a unix socket, one after the other; nothing is saved",
        "a value is one piece of memory there, and an IP set has it in many, each with an allocation"
        " and a look-up of its own",
        "the kernel has to wake another process, which answers, and then this one again; a set is"
        " written and read in the caller's own time"),
    "memcached": Contestant(
        "memcached",
        "`set` and `get` by libmemcached over a unix socket, one after the other; `-I 32m`",
        "a value is one piece of memory there, or few, and an IP set has it in many, each with an"
        " allocation and a look-up of its own",
        "the kernel has to wake another process, which answers, and then this one again"),
    "file": Contestant(
        "file",
        "in tmpfs: written beside and renamed; opened, asked for its length, read, closed",
        "a file is found through a hash table, and its pages are copied as they lie; sets are found by"
        " walking all of them, and values are put together from elements",
        "a new file and its first page have to be made for each value, and the old ones freed"),
    "lmdb": Contestant(
        "LMDB",
        "in tmpfs, `MDB_NOSYNC`; a transaction for each operation, that of a read renewed",
        "it reads in the process's own memory, to which the file is mapped: no system call, and one"
        " copy. Any process that may open the file can read it, and one that may write to it can"
        " break it",
        "a write copies the pages on its way through the tree, and writes them to the file with"
        " another one that makes it count"),
    "keyring": Contestant(
        "kernel keyring",
        "keys of the type `user`, found by name each time; they end at 32,767 bytes",
        "it is made for this: one system call finds a key by its hash, one copies the value as it"
        " lies. It keeps values for a session, a user or a process, has 20,000 bytes for a user who"
        " is not root, and its length ends where it does",
        "each write allocates a new payload, and the old one waits for RCU to be freed"),
}
