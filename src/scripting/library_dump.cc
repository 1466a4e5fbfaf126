#include "scripting/library_dump.h"

#include <algorithm>

#include "rdb/input.h"
#include "rdb/output.h"
#include "rdb/payload.h"

namespace scripting {
namespace {

constexpr char kLibrary = static_cast<char>(0xf5);
constexpr uint8_t kOldLibrary = 0xf6;  // of a release candidate

base::Result<Library, base::Failure> load_one(command::Call& call, Engine& engine, rdb::Input& input,
                                              const std::vector<Library>& before) {
  const uint8_t type = input.byte();
  if (type == kOldLibrary) return base::Failure("ERR Pre-GA function format not supported");
  if (type != static_cast<uint8_t>(kLibrary)) return base::Failure("ERR given type is not a function");
  const rdb::Text code = input.text();
  if (input.failed()) return base::Failure("ERR Failed loading library payload");
  const auto head = read_library_head(code.view());
  if (!head) return head.error();
  if (std::ranges::any_of(before, [&](const Library& other) { return other.name == head->name; })) {
    return base::Failure("ERR Library '" + head->name + "' already exists");
  }
  return engine.load_library(call, *head, code.view());
}

}  // namespace

std::string dump_libraries(const Libraries& libraries) {
  std::string dump;
  rdb::Output out(dump, true);
  for (const auto& [name, library] : libraries.all()) {
    dump += kLibrary;
    out.text(library.code);
  }
  rdb::seal_payload(dump, rdb::kVersion);
  return dump;
}

base::Result<std::vector<Library>, base::Failure> load_dump(command::Call& call, Engine& engine,
                                                            std::string_view dump) {
  const auto payload = rdb::open_payload(dump, false);
  if (!payload) return base::Failure("ERR DUMP payload version or checksum are wrong");
  std::vector<Library> libraries;
  rdb::Input input(payload->value);
  while (input.left() > 0) {
    auto library = load_one(call, engine, input, libraries);
    if (!library) {
      for (const Library& loaded : libraries) engine.drop(loaded);
      return library.error();
    }
    libraries.push_back(std::move(*library));
  }
  return libraries;
}

}  // namespace scripting
