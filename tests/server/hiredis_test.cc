// SPDX-License-Identifier: MIT
// Debian's hiredis, unmodified, as programs in C use it: the server's clients in RESP2.
#include <gtest/gtest.h>
#include <hiredis/adapters/libuv.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <uv.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/hiredis_client.h"
#include "server/server_process.h"
#include "support/command.h"
#include "support/private_namespace.h"

namespace ipsetkv::tests {
namespace {

constexpr timeval kPatient{.tv_sec = 60, .tv_usec = 0};

std::string every_byte() {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  return bytes;
}

/// Bytes of which each differs from its neighbours.
std::string long_value(std::size_t size) {
  std::mt19937 random(1);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

/// The next reply of a pipeline, or of a channel.
std::string next_said(const Connection& connection) {
  void* reply = nullptr;
  if (redisGetReply(connection.get(), &reply) != REDIS_OK)
    return "broken: " + std::string(connection->errstr);
  return said(own(reply).get());
}

struct Stores {
  const char* name;
  std::vector<std::string> store;
  std::vector<std::string> options;

  // In the names that CTest shows.
  friend void PrintTo(const Stores& stores, std::ostream* out) { *out << stores.name; }
};

class HiredisTest : public KernelTest, public testing::WithParamInterface<Stores> {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    std::vector<std::string> options = GetParam().store;
    options.insert(options.end(), GetParam().options.begin(), GetParam().options.end());
    server_.emplace(std::move(options));
    client_ = connect();
  }

  [[nodiscard]] Connection connect() const {
    Connection connection(redisConnectUnix(server_->path().c_str()));
    EXPECT_EQ(connection->err, 0) << connection->errstr;
    EXPECT_EQ(redisSetTimeout(connection.get(), kPatient), REDIS_OK);
    return connection;
  }

  /// What redisCommand's reply to the words says, which are as its format has them.
  template <class... Arguments>
  std::string ask(const char* format, Arguments... arguments) {
    return said(own(redisCommand(client_.get(), format, arguments...)).get());
  }

  /// What the tool says of the same store.
  static std::string by_tool(std::vector<std::string> words) {
    words.insert(words.begin(), GetParam().store.begin(), GetParam().store.end());
    words.insert(words.begin(), IPSETKV_TOOL);
    const CommandResult result = run(words);
    EXPECT_EQ(result.status, 0) << result.errors;
    return result.output;
  }

  std::optional<ServerProcess> server_;
  Connection client_;
};

TEST_P(HiredisTest, ReadsAndWritesEveryByte) {
  const std::string bytes = every_byte();
  // Without the bytes that a reader of an argument would stop at.
  const std::string key = "key\r\n\x01\xff $%";
  EXPECT_EQ(ask("SET %b %b", key.data(), key.size(), bytes.data(), bytes.size()), "+OK");
  EXPECT_EQ(ask("GET %b", key.data(), key.size()), "$" + bytes);
  EXPECT_EQ(by_tool({"get", key}), bytes);
  EXPECT_EQ(ask("SET %b %s", bytes.data(), bytes.size(), "under every byte"), "+OK");
  EXPECT_EQ(ask("GET %b", bytes.data(), bytes.size()), "$under every byte");
  EXPECT_EQ(ask("GET %b", bytes.data(), bytes.size() - 1), "nil");
  EXPECT_EQ(ask("SET empty %b", "", std::size_t{0}), "+OK");
  EXPECT_EQ(ask("GET empty"), "$");
  EXPECT_EQ(ask("MGET %b nothing empty", key.data(), key.size()), "[$" + bytes + " nil $]");
}

TEST_P(HiredisTest, GetsEachKindOfReply) {
  EXPECT_EQ(ask("INCRBY n %d", 41), ":41");
  EXPECT_EQ(ask("INCR n"), ":42");
  EXPECT_EQ(ask("INCRBYFLOAT n %f", 0.5), "$42.5");
  EXPECT_EQ(ask("SET n %s NX", "x"), "nil");
  EXPECT_EQ(ask("SET n %s XX GET", "x"), "$42.5");
  EXPECT_EQ(ask("APPEND n %s", "yz"), ":3");
  EXPECT_EQ(ask("GETRANGE n 1 -1"), "$yz");
  EXPECT_EQ(ask("PEXPIREAT n 4000000000000"), ":1");
  EXPECT_EQ(ask("PEXPIRETIME n"), ":4000000000000");
  EXPECT_EQ(ask("PERSIST n"), ":1");
  EXPECT_EQ(ask("TTL n"), ":-1");
  EXPECT_EQ(ask("TYPE n"), "+string");
  EXPECT_EQ(ask("SCAN 0 COUNT 1000"), "[$0 [$n]]");
  EXPECT_EQ(ask("GETDEL n"), "$xyz");
  EXPECT_EQ(ask("KEYS *"), "[]");
  std::array<const char*, 3> words{"SET", "a", "b\0c"};
  std::array<std::size_t, 3> lengths{3, 1, 3};
  EXPECT_EQ(said(own(redisCommandArgv(client_.get(), 3, words.data(), lengths.data())).get()),
            "+OK");
  EXPECT_EQ(ask("STRLEN a"), ":3");
}

TEST_P(HiredisTest, SpeaksTheProtocolThatItKnows) {
  const Reply hello = own(redisCommand(client_.get(), "HELLO 2 SETNAME %s", "hiredis"));
  ASSERT_TRUE(hello);
  ASSERT_EQ(hello->type, REDIS_REPLY_ARRAY);
  std::map<std::string, std::string> fields;
  for (std::size_t i = 0; i + 1 < hello->elements; i += 2)
    fields[said(hello->element[i])] = said(hello->element[i + 1]);
  EXPECT_EQ(fields["$proto"], ":2");
  EXPECT_EQ(fields["$server"], "$redis");
  EXPECT_EQ(ask("CLIENT GETNAME"), "$hiredis");
  EXPECT_EQ(ask("HELLO 4"), "-NOPROTO unsupported protocol version");
  EXPECT_EQ(ask("PING"), "+PONG");
}

TEST_P(HiredisTest, GetsTheRepliesOfAPipelineInOrder) {
  constexpr int kCount = 1000;
  for (int number = 0; number < kCount; ++number) {
    redisAppendCommand(client_.get(), "SET key:%d %d", number, number * 7);
    redisAppendCommand(client_.get(), "GET key:%d", number);
    redisAppendCommand(client_.get(), "INCR n");
    redisAppendCommand(client_.get(), "INCR key:%d x", number);
  }
  for (int number = 0; number < kCount; ++number) {
    ASSERT_EQ(next_said(client_), "+OK") << number;
    ASSERT_EQ(next_said(client_), "$" + std::to_string(number * 7));
    ASSERT_EQ(next_said(client_), ":" + std::to_string(number + 1));
    ASSERT_EQ(next_said(client_), "-ERR wrong number of arguments for 'incr' command") << number;
  }
  EXPECT_EQ(ask("DBSIZE"), ":" + std::to_string(kCount + 1));
  EXPECT_EQ(by_tool({"get", "key:999"}), "6993");
}

// The server stops reading from a client that leaves a mebibyte of answers where it is.
TEST_P(HiredisTest, PipelinesMoreThanABufferHolds) {
  const std::string value = long_value(100'000);
  constexpr int kCount = 60;
  ASSERT_EQ(ask("SET long %b", value.data(), value.size()), "+OK");
  for (int number = 0; number < kCount; ++number) redisAppendCommand(client_.get(), "GET long");
  redisAppendCommand(client_.get(), "PING");
  for (int number = 0; number < kCount; ++number)
    ASSERT_TRUE(next_said(client_) == "$" + value) << number;
  EXPECT_EQ(next_said(client_), "+PONG");
}

TEST_P(HiredisTest, Transacts) {
  EXPECT_EQ(ask("MULTI"), "+OK");
  EXPECT_EQ(ask("SET a %s", "1"), "+QUEUED");
  EXPECT_EQ(ask("INCR a"), "+QUEUED");
  EXPECT_EQ(ask("GET a"), "+QUEUED");
  EXPECT_EQ(ask("SET b %s", "text"), "+QUEUED");
  EXPECT_EQ(ask("INCR b"), "+QUEUED");
  const Connection other = connect();
  EXPECT_EQ(said(own(redisCommand(other.get(), "GET a")).get()), "nil");
  EXPECT_EQ(ask("EXEC"), "[+OK :2 $2 +OK -ERR value is not an integer or out of range]");
  EXPECT_EQ(said(own(redisCommand(other.get(), "GET a")).get()), "$2");

  EXPECT_EQ(ask("WATCH a"), "+OK");
  EXPECT_EQ(said(own(redisCommand(other.get(), "SET a theirs")).get()), "+OK");
  EXPECT_EQ(ask("MULTI"), "+OK");
  EXPECT_EQ(ask("SET a mine"), "+QUEUED");
  EXPECT_EQ(ask("EXEC"), "nil");
  EXPECT_EQ(ask("GET a"), "$theirs");

  EXPECT_EQ(ask("MULTI"), "+OK");
  EXPECT_EQ(ask("SET a mine"), "+QUEUED");
  EXPECT_EQ(ask("DISCARD"), "+OK");
  EXPECT_EQ(ask("GET a"), "$theirs");

  EXPECT_EQ(ask("MULTI"), "+OK");
  EXPECT_EQ(ask("LPUSH a b").substr(0, 29), "-ERR unknown command 'LPUSH',");
  EXPECT_EQ(ask("EXEC"), "-EXECABORT Transaction discarded because of previous errors.");
  EXPECT_EQ(ask("GET a"), "$theirs");
}

TEST_P(HiredisTest, HearsMessages) {
  const Connection listener = connect();
  const std::string message = every_byte();
  EXPECT_EQ(said(own(redisCommand(listener.get(), "SUBSCRIBE news")).get()),
            "[$subscribe $news :1]");
  EXPECT_EQ(said(own(redisCommand(listener.get(), "PSUBSCRIBE n*")).get()), "[$psubscribe $n* :2]");
  EXPECT_EQ(ask("PUBLISH news %b", message.data(), message.size()), ":2");
  EXPECT_EQ(ask("PUBLISH nothing x"), ":1");
  EXPECT_EQ(next_said(listener), "[$message $news $" + message + "]");
  EXPECT_EQ(next_said(listener), "[$pmessage $n* $news $" + message + "]");
  EXPECT_EQ(next_said(listener), "[$pmessage $n* $nothing $x]");
  EXPECT_EQ(said(own(redisCommand(listener.get(), "GET a")).get()).substr(0, 27),
            "-ERR Can't execute 'get': o");
  EXPECT_EQ(said(own(redisCommand(listener.get(), "UNSUBSCRIBE")).get()),
            "[$unsubscribe $news :1]");
  EXPECT_EQ(said(own(redisCommand(listener.get(), "PUNSUBSCRIBE")).get()),
            "[$punsubscribe $n* :0]");
  EXPECT_EQ(said(own(redisCommand(listener.get(), "GET a")).get()), "nil");
}

TEST_P(HiredisTest, IsToldWhatIsWrongAndGoesOn) {
  EXPECT_EQ(ask("SET a text"), "+OK");
  EXPECT_EQ(ask("INCR a"), "-ERR value is not an integer or out of range");
  EXPECT_EQ(ask("LPUSH a b"), "-ERR unknown command 'LPUSH', with args beginning with: 'a' 'b' ");
  EXPECT_EQ(ask("GET"), "-ERR wrong number of arguments for 'get' command");
  EXPECT_EQ(ask("SET a b NX XX"), "-ERR syntax error");
  EXPECT_EQ(ask("GET a"), "$text");
  EXPECT_EQ(client_->err, 0) << client_->errstr;
}

TEST_P(HiredisTest, SeesTheEndAndConnectsAnew) {
  // hiredis leaves it to its user what happens where the other end is closed.
  std::signal(SIGPIPE, SIG_IGN);
  EXPECT_EQ(ask("SET a kept"), "+OK");
  EXPECT_EQ(ask("QUIT"), "+OK");
  EXPECT_EQ(ask("GET a"), "no reply");
  EXPECT_NE(client_->err, 0);
  ASSERT_EQ(redisReconnect(client_.get()), REDIS_OK) << client_->errstr;
  EXPECT_EQ(ask("GET a"), "$kept");
  server_->kill_and_start();
  EXPECT_EQ(ask("GET a"), "no reply");
  ASSERT_EQ(redisReconnect(client_.get()), REDIS_OK) << client_->errstr;
  EXPECT_EQ(ask("GET a"), "$kept");
}

TEST_P(HiredisTest, CarriesAMebibyte) {
  const std::string value = long_value(std::size_t{1024} * 1024);
  EXPECT_EQ(ask("SET long %b", value.data(), value.size()), "+OK");
  EXPECT_EQ(ask("STRLEN long"), ":1048576");
  EXPECT_TRUE(ask("GET long") == "$" + value);
  EXPECT_TRUE(by_tool({"get", "long"}) == value);
  EXPECT_EQ(ask("GETRANGE long 1048573 -1"), "$" + value.substr(1'048'573));
}

/// An asynchronous connection on a loop of libuv, and all its replies.
class AsyncConnection {
 public:
  AsyncConnection(uv_loop_t& loop, const std::string& path)
      : context_(redisAsyncConnectUnix(path.c_str())) {
    EXPECT_EQ(context_->err, 0) << context_->errstr;
    context_->data = this;
    EXPECT_EQ(redisLibuvAttach(context_, &loop), REDIS_OK);
    redisAsyncSetConnectCallback(context_, [](const redisAsyncContext* context, int status) {
      static_cast<AsyncConnection*>(context->data)->connected = status;
    });
    redisAsyncSetDisconnectCallback(context_, [](const redisAsyncContext* context, int status) {
      static_cast<AsyncConnection*>(context->data)->disconnected = status;
    });
  }

  using Take = std::function<void(const redisReply*)>;
  /// Sends a request, and lets `take` have every reply to it.
  template <class... Arguments>
  void ask(Take take, const char* format, Arguments... arguments) {
    takers_.push_back(std::make_unique<Take>(std::move(take)));
    const auto call = [](redisAsyncContext*, void* reply, void* taker) {
      (*static_cast<Take*>(taker))(static_cast<redisReply*>(reply));
    };
    EXPECT_EQ(redisAsyncCommand(context_, call, takers_.back().get(), format, arguments...),
              REDIS_OK);
  }
  /// The context is gone once all replies are there.
  void disconnect() { redisAsyncDisconnect(context_); }

  std::optional<int> connected;
  std::optional<int> disconnected;

 private:
  redisAsyncContext* context_;
  std::vector<std::unique_ptr<Take>> takers_;
};

TEST_P(HiredisTest, WorksAsynchronously) {
  uv_loop_t loop;
  ASSERT_EQ(uv_loop_init(&loop), 0);
  AsyncConnection listener(loop, server_->path());
  AsyncConnection speaker(loop, server_->path());
  const std::string value = long_value(300'000);
  std::vector<std::string> heard;
  std::vector<std::string> answers;
  std::optional<bool> is_same;

  const auto speak = [&] {
    for (int number = 0; number < 200; ++number)
      speaker.ask([&](const redisReply* reply) { answers.push_back(said(reply)); }, "INCR n");
    speaker.ask([&](const redisReply* reply) { answers.push_back(said(reply)); }, "SET long %b",
                value.data(), value.size());
    speaker.ask([&](const redisReply* reply) { is_same = said(reply) == "$" + value; }, "GET long");
    speaker.ask([&](const redisReply* reply) { answers.push_back(said(reply)); }, "INCR long");
    speaker.ask([&](const redisReply* reply) { answers.push_back(said(reply)); }, "PUBLISH news %s",
                "hello");
    speaker.disconnect();
  };
  listener.ask(
      [&](const redisReply* reply) {
        heard.push_back(said(reply));
        // There is a third time, without a reply: a subscription ends with its connection.
        if (heard.size() == 1) speak();
        if (heard.size() == 2) listener.disconnect();
      },
      "SUBSCRIBE news");
  ASSERT_EQ(uv_run(&loop, UV_RUN_DEFAULT), 0);

  ASSERT_GE(heard.size(), 2U);
  EXPECT_EQ(heard[0], "[$subscribe $news :1]");
  EXPECT_EQ(heard[1], "[$message $news $hello]");
  ASSERT_EQ(answers.size(), 203U);
  for (std::size_t number = 0; number < 200; ++number)
    EXPECT_EQ(answers[number], ":" + std::to_string(number + 1));
  EXPECT_EQ(answers[200], "+OK");
  EXPECT_EQ(is_same, true);
  EXPECT_EQ(answers[201], "-ERR value is not an integer or out of range");
  EXPECT_EQ(answers[202], ":1");
  for (const AsyncConnection* const connection : {&listener, &speaker}) {
    EXPECT_EQ(connection->connected, REDIS_OK);
    EXPECT_EQ(connection->disconnected, REDIS_OK);
  }
  EXPECT_EQ(uv_loop_close(&loop), 0);
  EXPECT_EQ(by_tool({"get", "n"}), "200");
}

INSTANTIATE_TEST_SUITE_P(All, HiredisTest,
                         testing::Values(Stores{"Drawers", {}, {}},
                                         Stores{
                                             "Table", {"--store", "table:t"}, {"--threads", "2"}}),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace ipsetkv::tests
