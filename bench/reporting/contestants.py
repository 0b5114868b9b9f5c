# SPDX-License-Identifier: MIT
"""The stores that are compared: their names, what is measured, and the reasons for their speed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Contestant:
    name: str
    what: str  # what is measured
    ahead: str  # the reason where it is faster than ipsetkv
    behind: str  # the reason where it is slower


CONTESTANTS = {
    "ipsetkv": Contestant(
        "ipsetkv", "`Store::set` and `Store::get`, with the default layout", "", ""),
    "bare": Contestant(
        "bare netlink loop",
        "the fewest messages to the kernel, prepared in advance: `flush`, `add`, `swap`; a listing,"
        " decoded in place without checks. No lock, no tests",
        "it does only a part of ipsetkv's work: it has no lock against other writers and no checks",
        "it decodes byte by byte, ipsetkv sixteen bytes at a time"),
    "libipset": Contestant(
        "libipset",
        "the `ipset` tool's library in this process, given its command lines; up to 64 KiB",
        "", "each four bytes are a command of their own, and a read parses text"),
    "redis": Contestant(
        "Redis",
        "`SET` and `GET` by hiredis over a unix socket, one after the other; nothing is saved",
        "it holds a value in one piece of memory, an IP set in many, each with an allocation and a"
        " lookup of its own",
        "the kernel has to wake another process, which replies, and then this one again; an IP set is"
        " written and read within the caller's system calls"),
    "memcached": Contestant(
        "memcached",
        "`set` and `get` by libmemcached over a unix socket, one after the other; `-I 32m`",
        "it holds a value in one piece of memory or few, an IP set in many, each with an allocation"
        " and a lookup of its own",
        "the kernel has to wake another process, which replies, and then this one again"),
    "file": Contestant(
        "file",
        "in tmpfs: a write creates a new file and renames it; a read is `open`, `fstat`, `read`, `close`",
        "the kernel finds a file through a hash table and copies its pages; it finds a set by a walk"
        " over all sets, and a value is assembled from elements",
        "each write allocates a new file and its first page, and frees the old ones"),
    "lmdb": Contestant(
        "LMDB",
        "in tmpfs, `MDB_NOSYNC`; a transaction for each operation, renewed for reads",
        "it reads from a mapping of the file in the process's own memory: no system call, and one copy."
        " Any process that may open the file can read it, and one that may write to it can corrupt it",
        "a write copies the pages on its path through the tree, and writes them to the file together"
        " with a page that commits them"),
    "keyring": Contestant(
        "kernel keyring",
        "keys of the type `user`, looked up by name each time; at most 32,767 bytes",
        "it is made for this: one system call finds a key by its hash, another one copies the value. It"
        " keeps values for a session, a user or a process, and has limits: 20,000 bytes in all for a"
        " user other than root, 32,767 bytes a value",
        "each write allocates a new payload, and RCU delays freeing the old one"),
}
