#include "server/command_replies.h"

#include <algorithm>
#include <string>

#include "base/letters.h"
#include "command/describe.h"
#include "command/syntax.h"

namespace server {
namespace {

using command::Argument;
using command::ArgumentReader;
using command::ArgumentType;
using command::KeySpec;
using command::Spec;

void write_words(resp::Writer& reply, const command::Words& words, std::string_view prefix = "") {
  reply.set(words.size());
  for (const std::string_view word : words) reply.simple(std::string(prefix) + std::string(word));
}

void write_pair(resp::Writer& reply, std::string_view name, std::string_view text) {
  reply.bulk(name);
  reply.bulk(text);
}

void write_pair(resp::Writer& reply, std::string_view name, int64_t value) {
  reply.bulk(name);
  reply.integer(value);
}

// The two members of a search, with `members` pairs to follow in the second.
void begin_search(resp::Writer& reply, std::string_view type, size_t members) {
  reply.map(2);
  write_pair(reply, "type", type);
  reply.bulk("spec");
  reply.map(members);
}

void write_key_spec(resp::Writer& reply, const KeySpec& keys) {
  reply.map(3 + static_cast<size_t>(!keys.notes.empty()));
  if (!keys.notes.empty()) write_pair(reply, "notes", keys.notes);
  reply.bulk("flags");
  write_words(reply, command::key_flag_names(keys.flags));
  reply.bulk("begin_search");
  if (keys.find == KeySpec::Find::kUnknown) {
    begin_search(reply, "unknown", 0);
  } else if (keys.keyword.empty()) {
    begin_search(reply, "index", 1);
    write_pair(reply, "index", keys.index);
  } else {
    begin_search(reply, "keyword", 2);
    write_pair(reply, "keyword", keys.keyword);
    write_pair(reply, "startfrom", keys.index);
  }
  reply.bulk("find_keys");
  if (keys.find == KeySpec::Find::kUnknown) {
    begin_search(reply, "unknown", 0);
  } else if (keys.find == KeySpec::Find::kRange) {
    begin_search(reply, "range", 3);
    write_pair(reply, "lastkey", keys.last);
    write_pair(reply, "keystep", keys.step);
    write_pair(reply, "limit", keys.limit);
  } else {
    begin_search(reply, "keynum", 3);
    write_pair(reply, "keynumidx", keys.count_at);
    write_pair(reply, "firstkey", keys.first);
    write_pair(reply, "keystep", keys.step);
  }
}

void write_key_specs(resp::Writer& reply, const Spec& spec) {
  const auto is_there = [](const KeySpec& keys) { return keys.find != KeySpec::Find::kNone; };
  reply.set(static_cast<size_t>(std::count_if(spec.keys.begin(), spec.keys.end(), is_there)));
  for (const KeySpec& keys : spec.keys) {
    if (is_there(keys)) write_key_spec(reply, keys);
  }
}

constexpr std::string_view kTypeNames[] = {"string",    "integer",    "double", "key",  "pattern",
                                           "unix-time", "pure-token", "oneof",  "block"};

command::Words flags_of(const Argument& argument) {
  command::Words flags;
  if (argument.optional) flags.push_back("optional");
  if (argument.multiple) flags.push_back("multiple");
  if (argument.multiple_token) flags.push_back("multiple_token");
  return flags;
}

void write_arguments(resp::Writer& reply, const ArgumentReader& arguments);

void write_argument(resp::Writer& reply, const Argument& argument) {
  const std::string name = argument.name.empty() ? base::lower_case(argument.token) : std::string(argument.name);
  const command::Words flags = flags_of(argument);
  // The display text is left out where arguments nest: those inside are shown.
  reply.map(3 + static_cast<size_t>(argument.key_spec >= 0) + argument.has_token + !argument.summary.empty() +
            !argument.since.empty() + !argument.deprecated_since.empty() + !flags.empty());
  write_pair(reply, "name", name);
  write_pair(reply, "type", kTypeNames[static_cast<size_t>(argument.type)]);
  if (!argument.nests()) write_pair(reply, "display_text", argument.shown.empty() ? name : argument.shown);
  if (argument.key_spec >= 0) write_pair(reply, "key_spec_index", argument.key_spec);
  if (argument.has_token) write_pair(reply, "token", argument.token);
  if (!argument.summary.empty()) write_pair(reply, "summary", argument.summary);
  if (!argument.since.empty()) write_pair(reply, "since", argument.since);
  if (!argument.deprecated_since.empty()) write_pair(reply, "deprecated_since", argument.deprecated_since);
  if (!flags.empty()) {
    reply.bulk("flags");
    write_words(reply, flags);
  }
  if (argument.nests()) {
    reply.bulk("arguments");
    write_arguments(reply, ArgumentReader(argument));
  }
}

void write_arguments(resp::Writer& reply, const ArgumentReader& arguments) {
  reply.array(command::count_arguments(arguments));
  ArgumentReader reader = arguments;
  for (Argument argument; reader.next(argument);) write_argument(reply, argument);
}

command::Words doc_flags_of(const Spec& spec) {
  command::Words flags;
  if (spec.has(command::kDocDeprecated)) flags.push_back("deprecated");
  if (spec.has(command::kDocSyscmd)) flags.push_back("syscmd");
  return flags;
}

void write_history(resp::Writer& reply, std::string_view history) {
  reply.bulk("history");
  reply.set(static_cast<size_t>(std::count(history.begin(), history.end(), '\n')) + 1);
  command::HistoryReader reader(history);
  for (command::HistoryReader::Change change; reader.next(change);) {
    reply.array(2);
    reply.bulk(change.version);
    reply.bulk(change.text);
  }
}

}  // namespace

void write_command_info(resp::Writer& reply, const command::Command& command) {
  const Spec& spec = *command.spec;
  const command::KeyRange range = command::key_range(spec);
  reply.array(10);
  reply.bulk(spec.name);
  reply.integer(spec.arity);
  write_words(reply, command::flag_names(spec));
  reply.integer(range.first);
  reply.integer(range.last);
  reply.integer(range.step);
  write_words(reply, command::category_names(spec), "@");
  const command::Words tips = command::tip_names(spec);
  reply.set(tips.size());
  for (const std::string_view tip : tips) reply.bulk(tip);
  write_key_specs(reply, spec);
  reply.array(command.subcommands.size());
  for (const command::Command* subcommand : command.subcommands) write_command_info(reply, *subcommand);
}

void write_command_docs(resp::Writer& reply, const command::Command& command) {
  const Spec& spec = *command.spec;
  const command::Words flags = doc_flags_of(spec);
  reply.bulk(spec.name);
  reply.map(3 + static_cast<size_t>(!spec.complexity.empty()) + !flags.empty() + !spec.deprecated_since.empty() +
            !spec.replaced_by.empty() + !spec.history.empty() + !spec.syntax.empty() + !command.subcommands.empty());
  write_pair(reply, "summary", spec.summary);
  write_pair(reply, "since", spec.since);
  write_pair(reply, "group", command::group_name(spec.group));
  if (!spec.complexity.empty()) write_pair(reply, "complexity", spec.complexity);
  if (!flags.empty()) {
    reply.bulk("doc_flags");
    write_words(reply, flags);
  }
  if (!spec.deprecated_since.empty()) write_pair(reply, "deprecated_since", spec.deprecated_since);
  if (!spec.replaced_by.empty()) write_pair(reply, "replaced_by", spec.replaced_by);
  if (!spec.history.empty()) write_history(reply, spec.history);
  if (!spec.syntax.empty()) {
    reply.bulk("arguments");
    write_arguments(reply, ArgumentReader(spec.syntax));
  }
  if (!command.subcommands.empty()) {
    reply.bulk("subcommands");
    reply.map(command.subcommands.size());
    for (const command::Command* subcommand : command.subcommands) write_command_docs(reply, *subcommand);
  }
}

}  // namespace server
