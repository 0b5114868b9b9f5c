// SPDX-License-Identifier: MIT
import { ioredisSuite } from './ioredis_suite.mjs';
import { nodeRedisSuite } from './node_redis_suite.mjs';

ioredisSuite('ioredis', {});
ioredisSuite('ioredis with RESP2', { protocol: 2 });
nodeRedisSuite('node-redis', {});
nodeRedisSuite('node-redis with RESP2', { RESP: 2 });
nodeRedisSuite('node-redis with RESP3', { RESP: 3 });
