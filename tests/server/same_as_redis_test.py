#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sends the same requests to this server and Debian's redis-server, and compares all bytes of the replies:
same_as_redis_test.py TOOL"""
import random

import sys

from resp import Connection, ours, redis

KEYS = ["a", "b", "a key with spaces", "counter"]

# Each line is a request; a paragraph is a session that begins without keys.
STORIES = r"""
PING
PING hello
PING a b
ECHO hello
ECHO
SELECT 0
SELECT 1
SELECT x
QUIT

NOSUCH
NOSUCH a b c
GET
GET a b
CONFIG
CONFIG NOSUCH
CONFIG SET
OBJECT
OBJECT NOSUCH a
CLIENT NOSUCH
CLIENT KILL
COMMAND NOSUCH

HELLO 4
HELLO x
HELLO 2 SETNAME
HELLO 2 NOSUCH x
HELLO 2 AUTH default
AUTH x
AUTH default x
AUTH nobody x
AUTH a b c

SET a 1
GET a
SET a 2 NX
SET a 2 XX
SET b 2 XX
SET b 2 NX
SET a 3 GET
SET c 3 GET
SET c 4 NX GET
SET d 4 NX GET
SET a 5 NX XX
SET a 5 XX NX
SET a 5 NX NX
SET a 5 EX
SET a 5 EX x
SET a 5 EX 0
SET a 5 EX -1
SET a 5 PX 0
SET a 5 EX 9223372036854775807
SET a 5 PXAT 9223372036854775807
SET a 5 EX 10 PX 10
SET a 5 EX 10 KEEPTTL
SET a 5 KEEPTTL EX 10
SET a 5 NOSUCH
SET a 5 EX 100
TTL a
SET a 6 KEEPTTL
TTL a
SET a 7
TTL a
SET a 8 EXAT 4102444800
EXPIRETIME a
PEXPIRETIME a
SET a 9 PXAT 1
GET a
set a 10 nx ex 100 get
TTL a

SET a 1 EX x NOSUCH
SET a 1 EX 0 NX XX
SET a 1 KEEPTTL KEEPTTL
EXPIRE a x NOSUCH
EXPIRE a x NX XX
EXPIRE a 9223372036854775807 NOSUCH
GETEX nothing EX x
GETEX a EX x
GETEX a EX x NOSUCH
GETEX a EX 0 PERSIST
GETEX a PERSIST PERSIST
GETEX a PERSIST EX 10
SETRANGE nothing 9223372036854775807 %
SETRANGE a 9223372036854775807 %
SETRANGE a -1 %
EXISTS nothing

SETNX a 1
SETNX a 2
GET a
SETEX a 10 x
TTL a
SETEX a 0 x
SETEX a x x
SETEX a -1 x
PSETEX a 10000 x
PSETEX a 0 x
PSETEX a 9223372036854775807 x
GETSET a y
GETSET b y
TTL a
GETDEL a
GETDEL a
GETEX b
GETEX b EX 10
TTL b
GETEX b PERSIST
TTL b
GETEX b EX
GETEX b EX 0
GETEX b NOSUCH
GETEX b PERSIST EX
GETEX nothing EX 10
GETEX b PXAT 4102444800000
PEXPIRETIME b

MSET a 1 b 2 c 3
MSET a 1 b
MSET
MGET a b nothing c
MSETNX d 1 a 2
MSETNX d 1 e 2
MSETNX d
MGET d e
MSET a 1 a 2
GET a

APPEND a hello
APPEND a world
GET a
STRLEN a
STRLEN nothing
GETRANGE a 0 3
GETRANGE a -3 -1
GETRANGE a 3 0
GETRANGE a 0 100
GETRANGE a -100 -50
GETRANGE a -1 -100
GETRANGE nothing 0 -1
GETRANGE a x 1
GETRANGE a 1 x
SUBSTR a 0 1
SETRANGE a 3 XX
GET a
SETRANGE a 20 end
GET a
SETRANGE nothing 0 %
SETRANGE nothing 5 x
GET nothing
SETRANGE a -1 x
SETRANGE a x x
SETRANGE a 536870912 x
SETRANGE a 536870911 xx

INCR n
INCRBY n 5
DECR n
DECRBY n 10
INCRBY n x
INCRBY n 1.5
SET n 9223372036854775807
INCR n
DECRBY n -1
DECRBY n -9223372036854775808
SET n -9223372036854775808
DECR n
SET n 01
INCR n
SET n x
INCR n
DECR n
INCRBYFLOAT n 1
SET n 10
INCRBYFLOAT n 0.1
INCRBYFLOAT n -0.1
INCRBYFLOAT n 1e2
INCRBYFLOAT n x
INCRBYFLOAT n nan
INCRBYFLOAT n inf
INCRBYFLOAT m 3.0
INCRBYFLOAT m 1.23456789
INCRBYFLOAT m 5e3
SET m 3.0e3
INCRBYFLOAT m 200
SET n 10
EXPIRE n 100
INCR n
TTL n

SETBIT a 7 1
SETBIT a 7 0
SETBIT a 100 1
GETBIT a 100
GETBIT a 101
GETBIT a 10000
GETBIT nothing 1
GET a
SETBIT a 1 2
SETBIT a x 1
SETBIT a -1 1
SETBIT a 4294967296 1
GETBIT a -1
SET a foobar
BITCOUNT a
BITCOUNT a 0 0
BITCOUNT a 1 1
BITCOUNT a 0 -5
BITCOUNT a -2 -1
BITCOUNT a 5 30 BIT
BITCOUNT a 1 -1 BYTE
BITCOUNT a 0
BITCOUNT a x y
BITCOUNT a 0 1 NOSUCH
BITCOUNT a 3 1
BITCOUNT nothing
BITCOUNT nothing 0 1
BITPOS a 1
BITPOS a 0
BITPOS a 1 2
BITPOS a 1 2 3
BITPOS a 1 7 15 BIT
BITPOS a 0 7 15 BIT
BITPOS a 2
BITPOS a x
BITPOS a 1 x
BITPOS a 1 10
BITPOS nothing 1
BITPOS nothing 0
SETRANGE ones 0 %ff
BITPOS a 1 -1 -1
BITPOS a 0 -1 -100
BITPOS a 1 0 0 NOSUCH
BITPOS a 1 0 0 BIT 5

SET a ohmytext
SET b mynewtext
LCS a b
LCS a b LEN
LCS a b IDX
LCS a b IDX MINMATCHLEN 4
LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN
LCS a b LEN IDX
LCS a b NOSUCH
LCS a nothing
LCS nothing nothing IDX
LCS a b MINMATCHLEN x

SET a 1
EXPIRE a 100
TTL a
PERSIST a
PERSIST a
TTL a
TTL nothing
PTTL nothing
PTTL a
EXPIRETIME a
EXPIRETIME nothing
PEXPIRETIME nothing
EXPIRE nothing 100
EXPIRE a 100 NX
EXPIRE a 200 NX
EXPIRE a 200 XX
TTL a
EXPIRE a 100 GT
EXPIRE a 300 GT
EXPIRE a 400 LT
EXPIRE a 200 LT
TTL a
PERSIST a
EXPIRE a 100 GT
EXPIRE a 100 XX
EXPIRE a 100 LT
EXPIRE a 100 NX XX
EXPIRE a 100 GT LT
EXPIRE a 100 NX GT
EXPIRE a 500 XX GT
EXPIRE a 100 NOSUCH
EXPIRE a x
EXPIRE a 9223372036854775807
EXPIREAT a 4102444800
EXPIRETIME a
PEXPIREAT a 4102444800123
PEXPIRETIME a
EXPIRETIME a
PEXPIRE a 100000
EXPIRE a -1
EXISTS a
SET a 1
PEXPIREAT a 1
GET a
SET a 1
EXPIRE a 0
GET a

SET a 1
SET b 2
EXISTS a b nothing a
TOUCH a b nothing
TYPE a
TYPE nothing
DEL a nothing b
DEL a
UNLINK a
EXISTS
DEL
SET a 1 EX 100
RENAME a b
TTL b
RENAME nothing b
RENAME b b
RENAME nothing nothing
RENAMENX b c
SET d 1
RENAMENX c d
RENAMENX nothing d
RENAMENX d d
COPY c e
COPY c e
COPY c e REPLACE
COPY c c
COPY c f DB 0
COPY c f DB x
COPY c f DB 0 REPLACE
COPY c f NOSUCH
COPY nothing e
COPY nothing e REPLACE
TTL e
GET e

SET a 1
KEYS *
KEYS a
KEYS x*
KEYS
SCAN 0
SCAN 0 COUNT 100
SCAN 0 MATCH a
SCAN 0 TYPE string
SCAN 0 TYPE list
SCAN 0 COUNT 0
SCAN 0 COUNT x
SCAN 0 MATCH
SCAN 0 NOSUCH x
SCAN x
DBSIZE
RANDOMKEY
FLUSHDB
RANDOMKEY
DBSIZE
FLUSHALL ASYNC
FLUSHALL SYNC
FLUSHALL NOSUCH
FLUSHDB a b
OBJECT REFCOUNT nothing
OBJECT ENCODING nothing
OBJECT IDLETIME nothing
OBJECT FREQ nothing
OBJECT FREQ
MEMORY USAGE nothing
MEMORY USAGE
MEMORY USAGE nothing SAMPLES x
MEMORY USAGE nothing SAMPLES 5
MEMORY USAGE nothing NOSUCH 5

SET a hello
DUMP nothing
RESTORE b 0 x
RESTORE b -1 x
RESTORE b x x
RESTORE a 0 x
RESTORE b 0 x NOSUCH
RESTORE b 0 x IDLETIME -1
RESTORE b 0 x FREQ 256
RESTORE b 0 x FREQ

MULTI
MULTI
SET a 1
INCR a
GET a
EXEC
EXEC
DISCARD
MULTI
DISCARD
MULTI
NOSUCH
SET a 5
EXEC
MULTI
GET
EXEC
GET a
MULTI
WATCH a
SET a 7
EXEC
SET a x
MULTI
INCR a
SET b 1
EXEC
GET b
MULTI
EXEC
WATCH
WATCH a b
UNWATCH
WATCH a
SET a 2
MULTI
SET a 3
EXEC
GET a
WATCH a
MULTI
SET a 4
EXEC
GET a
WATCH nothing
MULTI
PING
EXEC

SUBSCRIBE a b
GET a
PING
PING hello
PSUBSCRIBE x*
UNSUBSCRIBE a
UNSUBSCRIBE b
PUNSUBSCRIBE x*
UNSUBSCRIBE
PUNSUBSCRIBE
GET a
PUBLISH a hello
PUBLISH a
PUBSUB CHANNELS
PUBSUB CHANNELS a*
PUBSUB NUMSUB
PUBSUB NUMSUB a b
PUBSUB NUMPAT
PUBSUB NOSUCH
SUBSCRIBE a
PUBSUB CHANNELS
RESET
PUBSUB CHANNELS

CLIENT GETNAME
CLIENT SETNAME hello
CLIENT GETNAME
CLIENT SETNAME %
CLIENT GETNAME
CLIENT NO-EVICT on
CLIENT NO-EVICT x
CLIENT KILL 1.2.3.4:5
CLIENT KILL ID 0
CLIENT KILL ID x
CLIENT KILL ID 100000
CLIENT KILL TYPE nosuch
CLIENT KILL ADDR 1.2.3.4:5
CLIENT KILL NOSUCH x
CLIENT LIST NOSUCH
CLIENT LIST TYPE nosuch
CLIENT LIST TYPE pubsub
CLIENT LIST ID x
CLIENT LIST ID 100000
CLIENT PAUSE x
CLIENT PAUSE -1
CLIENT PAUSE 0
CLIENT PAUSE 0 WRITE
CLIENT PAUSE 0 NOSUCH
CLIENT UNPAUSE
CLIENT REPLY NOSUCH
CLIENT REPLY ON

CONFIG GET maxclients
CONFIG GET nosuch
CONFIG GET slowlog-max-len maxmemory
CONFIG SET nosuch 1
CONFIG SET slowlog-max-len x
CONFIG SET slowlog-max-len -1
CONFIG SET slowlog-max-len 100
CONFIG GET slowlog-max-len
CONFIG SET slowlog-max-len 128 nosuch 1
CONFIG SET databases 2
CONFIG SET maxmemory-clients 100Mb client-query-buffer-limit 512m
CONFIG GET maxmemory-clients client-query-buffer-limit
CONFIG SET maxmemory-clients 0 client-query-buffer-limit 1gb proto-max-bulk-len 512mb
CONFIG GET maxmemory-clients client-query-buffer-limit proto-max-bulk-len
CONFIG SET proto-max-bulk-len x
CONFIG SET client-query-buffer-limit 1.5mb
CONFIG SET slowlog-max-len 1k
CONFIG SET slowlog-max-len
CONFIG RESETSTAT
CONFIG REWRITE
SAVE
SLOWLOG GET x
SLOWLOG GET -2
CONFIG SET slowlog-log-slower-than -1
SLOWLOG RESET
SLOWLOG LEN
SLOWLOG GET
SLOWLOG NOSUCH
LATENCY RESET
LATENCY LATEST
LATENCY NOSUCH
MODULE LIST
FUNCTION LIST
FUNCTION FLUSH
FUNCTION FLUSH ASYNC
FUNCTION FLUSH sync
FUNCTION FLUSH NOSUCH
FUNCTION FLUSH SYNC x
ACL HELP x
CLIENT HELP x
DEBUG HELP
FUNCTION HELP x
MODULE HELP x
ACL HELP
CLIENT HELP
FUNCTION HELP
MODULE HELP
LATENCY HISTOGRAM nosuch
LATENCY HISTOGRAM config|nosuch
ACL WHOAMI
ACL LIST x
ACL CAT nosuch
DEBUG SLEEP 0
TIME x
LASTSAVE x
COMMAND INFO nosuch
COMMAND GETKEYS GET a
COMMAND GETKEYS MSET a 1 b 2
COMMAND GETKEYS PING
COMMAND GETKEYS NOSUCH
COMMAND GETKEYS GET
COMMAND GETKEYS OBJECT ENCODING a
COMMAND DOCS nosuch
COMMAND LIST NOSUCH
SHUTDOWN NOSUCH
SHUTDOWN ABORT

HELLO 3 SETNAME three
CLIENT GETNAME
GET nothing
MGET a nothing
SET a 1
CONFIG GET maxclients
INCRBYFLOAT a 1.5
LCS a a IDX
MULTI
GET nothing
PING
EXEC
WATCH a
SET a 2
MULTI
EXEC
SUBSCRIBE x
GET a
PING
UNSUBSCRIBE x
PUBSUB NUMSUB x
HELLO 2
GET nothing
HELLO
RESET
CLIENT GETNAME
"""



def same(request, one, other):
    """Whether two replies to this request are equivalent."""
    name = [word.upper() for word in request[:2]]
    if name == ["CONFIG", "GET"]:
        # The order is that of a hash table.
        return sorted(map(str, one)) == sorted(map(str, other))
    if name[1:] == ["HELP"] and isinstance(one, list) and isinstance(other, list):
        # The contents differ, the form does not.
        return one[:2] + one[-2:] == other[:2] + other[-2:]
    if name[0] == "HELLO" and isinstance(one, list) and isinstance(other, list):
        # The connection's number differs.
        return str(one).replace(" ", "")[:60] == str(other).replace(" ", "")[:60]
    return one == other


def words_of(line):
    return [bytes.fromhex(word[1:]) if word.startswith("%") else word
            for word in line.split(" ")]


def compare(request, one, other, failures):
    if not same(request, one, other):
        failures.append(f"{request}\n    Redis: {other}\n    ours:  {one}")


def tell_stories(our_server, redis_server, failures):
    for story in STORIES.strip().split("\n\n"):
        pair = [Connection(our_server.path), Connection(redis_server.path)]
        for line in story.split("\n"):
            request = words_of(line)
            answers = []
            for connection in pair:
                try:
                    answers.append(connection.ask(*request))
                except EOFError:
                    answers.append("closed")
            # Each channel is answered for itself.
            for _ in range(len(request) - 2 if request[0] == "SUBSCRIBE" else 0):
                compare(request, pair[0].read(), pair[1].read(), failures)
            compare(request, *answers, failures)
        for connection in pair:
            connection.close()
        clean_up(our_server, redis_server)


def clean_up(*servers):
    for server in servers:
        connection = Connection(server.path)
        assert connection.ask("FLUSHALL") == "+OK"
        connection.close()


def random_request(choose):
    key = choose.choice(KEYS)
    other = choose.choice(KEYS)
    value = choose.choice(["", "1", "-7", "3.5", "text", "x" * 300, "y" * 5000,
                           bytes(range(256)), b"\0\0", str(2**63 - 1)])
    number = choose.choice(["0", "1", "-1", "5", "100", "-100", "x", "9223372036854775807"])
    small = choose.randint(-10, 20)
    return choose.choice([
        ["GET", key], ["SET", key, value], ["SET", key, value, "NX"], ["SET", key, value, "XX"],
        ["SET", key, value, "GET"], ["SET", key, value, "KEEPTTL"],
        ["SET", key, value, "EX", 1000], ["SETNX", key, value], ["GETSET", key, value],
        ["GETDEL", key], ["GETEX", key, "PERSIST"], ["GETEX", key, "EX", 500],
        ["MGET", key, other], ["MSET", key, value, other, value],
        ["MSETNX", key, value, other, value], ["APPEND", key, value], ["STRLEN", key],
        ["GETRANGE", key, small, choose.randint(-10, 20)],
        ["SETRANGE", key, choose.randint(0, 400), value],
        ["INCR", key], ["DECR", key], ["INCRBY", key, number], ["DECRBY", key, number],
        ["INCRBYFLOAT", key, number], ["GETBIT", key, choose.randint(0, 3000)],
        ["SETBIT", key, choose.randint(0, 3000), choose.randint(0, 1)],
        ["BITCOUNT", key], ["BITCOUNT", key, small, choose.randint(-10, 20)],
        ["BITCOUNT", key, small * 8, choose.randint(-100, 200), "BIT"],
        ["BITPOS", key, choose.randint(0, 1)], ["BITPOS", key, choose.randint(0, 1), small],
        ["BITPOS", key, choose.randint(0, 1), small, choose.randint(-10, 20)],
        ["BITPOS", key, choose.randint(0, 1), small, choose.randint(-10, 200), "BIT"],
        ["DEL", key], ["DEL", key, other], ["EXISTS", key, other], ["TYPE", key],
        ["EXPIREAT", key, choose.choice([4102444800, 4102444900, 1]),
         choose.choice(["NX", "XX", "GT", "LT"])],
        ["PERSIST", key], ["TTL", key], ["RENAME", key, other], ["RENAMENX", key, other],
        ["COPY", key, other], ["COPY", key, other, "REPLACE"], ["DBSIZE"], ["UNLINK", key],
    ])


def ask_at_random(our_server, redis_server, seed, failures):
    choose = random.Random(seed)
    one, other = Connection(our_server.path), Connection(redis_server.path)
    for _ in range(3000):
        request = random_request(choose)
        answers = one.ask(*request), other.ask(*request)
        if request[0] == "TTL":
            # A second may begin between the two.
            numbers = [int(answer[1:]) for answer in answers]
            if abs(numbers[0] - numbers[1]) <= 1:
                continue
        compare(request, *answers, failures)
        if len(failures) > 20:
            break
    one.close()
    other.close()
    clean_up(our_server, redis_server)


def dumps_are_the_same(our_server, redis_server, failures):
    """Each restores values that the other has dumped, compressed ones too."""
    one, other = Connection(our_server.path), Connection(redis_server.path)
    values = ["", "1", "-1", "300", "70000", "5000000000", "text", "x" * 100, "ab" * 10_000,
              bytes(range(256)) * 300, "a" * 20_000]
    for value in values:
        for source, target in ((one, other), (other, one)):
            source.ask("SET", "a", value)
            dump = source.ask("DUMP", "a")[1]
            target.ask("RESTORE", "b", 0, dump, "REPLACE")
            compare(["RESTORE", value[:20]], target.ask("GET", "b"), source.ask("GET", "a"), failures)
            broken = dump[:-1] + bytes([dump[-1] ^ 1])
            compare(["RESTORE broken"], one.ask("RESTORE", "c", 0, broken),
                    other.ask("RESTORE", "c", 0, broken), failures)
    clean_up(our_server, redis_server)


def main():
    tool = sys.argv[1]
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    failures = []
    for options in ([], ["--store", "table:t"], ["--store", "table:t", "--threads", "2"]):
        with ours(tool, *options) as our_server, redis() as redis_server:
            before = len(failures)
            tell_stories(our_server, redis_server, failures)
            dumps_are_the_same(our_server, redis_server, failures)
            ask_at_random(our_server, redis_server, seed, failures)
            print(f"{' '.join(options) or 'drawers'}: {len(failures) - before} replies differ")
            if failures:
                break
    print("\n".join(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
