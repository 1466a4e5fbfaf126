// What it costs to split a received pipeline into commands and arguments, by the command.
#include "resp/request_parser.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <string>
#include <vector>

namespace {

constexpr int kPipeline = 16;

std::string request(const std::vector<std::string>& arguments) {
  std::string bytes = fmt::format("*{}\r\n", arguments.size());
  for (const std::string& argument : arguments) bytes += fmt::format("${}\r\n{}\r\n", argument.size(), argument);
  return bytes;
}

std::vector<std::string> mset_of_10() {
  std::vector<std::string> arguments{"MSET"};
  for (int pair = 0; pair < 10; ++pair) {
    arguments.push_back(fmt::format("key:{:012}", pair));
    arguments.emplace_back(64, 'v');
  }
  return arguments;
}

void parse_pipeline(benchmark::State& state, const std::string& one) {
  std::string input;
  for (int index = 0; index < kPipeline; ++index) input += one;
  resp::RequestParser parser;
  const resp::RequestParser::Limits limits;
  std::vector<std::string_view> arguments;
  for (auto _ : state) {
    std::string_view rest = input;
    while (!rest.empty()) {
      arguments.clear();
      size_t consumed = 0;
      if (parser.parse(rest, limits, arguments, consumed) != resp::RequestParser::Status::kCommand) {
        state.SkipWithError("a whole command was not taken as one");
        return;
      }
      benchmark::DoNotOptimize(arguments.data());
      rest.remove_prefix(consumed);
    }
  }
  state.SetItemsProcessed(state.iterations() * kPipeline);
}

const std::string kKey = "key:000000001234";

BENCHMARK_CAPTURE(parse_pipeline, get, request({"GET", kKey}));
BENCHMARK_CAPTURE(parse_pipeline, set_64, request({"SET", kKey, std::string(64, 'v')}));
BENCHMARK_CAPTURE(parse_pipeline, set_ex_64, request({"SET", kKey, std::string(64, 'v'), "EX", "10000"}));
BENCHMARK_CAPTURE(parse_pipeline, mset_10, request(mset_of_10()));
BENCHMARK_CAPTURE(parse_pipeline, set_4k, request({"SET", kKey, std::string(4096, 'v')}));
BENCHMARK_CAPTURE(parse_pipeline, inline_get, fmt::format("GET {}\r\n", kKey));

}  // namespace
