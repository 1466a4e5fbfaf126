#include "config/load.h"

#include <glob.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

#include "base/words.h"
#include "config/directives.h"
#include "config/parse.h"

namespace config {
namespace {

// A file that includes itself would go on for ever; the reference crashes there.
constexpr int kIncludeDepthMax = 16;

std::string start_directory() {
  char path[PATH_MAX];
  return getcwd(path, sizeof path) == nullptr ? "." : path;
}

base::Failure cannot_open(const std::string& path, std::string_view why) {
  return base::Failure("Fatal error, can't open config file '" + path + "': " + std::string(why) + "\n");
}

base::Result<std::string, base::Failure> read_file(const std::string& path) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(fopen(path.c_str(), "re"), fclose);
  if (file == nullptr) return cannot_open(path, std::strerror(errno));
  std::string text;
  char buffer[16384];
  while (const size_t count = fread(buffer, 1, sizeof buffer, file.get())) text.append(buffer, count);
  if (ferror(file.get()) != 0) return cannot_open(path, std::strerror(errno));
  return text;
}

bool has_prefix(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

class Loader {
 public:
  explicit Loader(Settings& settings) : settings_(settings) {}

  Outcome read_text(std::string_view text, int depth) {
    int number = 0;
    while (!text.empty()) {
      const size_t end = text.find('\n');
      const std::string_view line = text.substr(0, end);
      text.remove_prefix(end == text.npos ? text.size() : end + 1);
      Outcome outcome = read_line(line, ++number, depth);
      if (!outcome) return outcome;
    }
    return base::Done{};
  }

 private:
  Outcome read_line(std::string_view line, int number, int depth) {
    const auto words = line_words(line);
    if (!words) return fatal_at(number, line, words.error().text());
    if (words->empty()) return base::Done{};
    if (is_include(*words)) return include((*words)[1], depth + 1);
    const Outcome outcome = read_directive(settings_, {*words, number, std::string(trim(line))});
    if (!outcome) return fatal_at(number, line, outcome.error().text());
    return base::Done{};
  }

  // A relative name counts from `dir`, as far as the lines before have set it.
  Outcome include(const std::string& pattern, int depth) {
    const std::string path = pattern[0] == '/' ? pattern : settings_.dir + "/" + pattern;
    if (depth > kIncludeDepthMax) return cannot_open(pattern, "Too many levels of includes");
    if (pattern.find_first_of("*?[") == pattern.npos) return include_file(pattern, path, depth);
    glob_t found{};
    const int status = glob(path.c_str(), 0, nullptr, &found);
    Outcome outcome = base::Done{};
    for (size_t i = 0; status == 0 && i < found.gl_pathc && outcome; ++i) {
      outcome = include_file(found.gl_pathv[i], found.gl_pathv[i], depth);
    }
    globfree(&found);
    return outcome;
  }

  Outcome include_file(const std::string& name, const std::string& path, int depth) {
    const auto text = read_file(path);
    if (!text) return cannot_open(name, std::strerror(errno));
    return read_text(*text, depth);
  }

  Settings& settings_;
};

// The words of the command line behind the file, as lines. A word behind an option's name is its value even if it
// begins with --, so that passwords may; `--save --x` is the one exception, kept for what it always meant: no saving.
std::string option_lines(const std::vector<std::string>& words) {
  std::string lines;
  bool expects_value = false;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (expects_value || !has_prefix(word, "--")) {
      lines += base::quote_word(word) + " ";
      expects_value = false;
      continue;
    }
    if (!lines.empty()) lines += "\n";
    lines += word.substr(2) + " ";
    const std::optional<std::vector<std::string>> parts = base::split_words(word);
    expects_value = parts && parts->size() == 1;
    const bool has_no_value = i + 1 == words.size() || has_prefix(words[i + 1], "--");
    if (expects_value && has_no_value && equal_ignoring_case(word, "--save")) {
      lines += "\"\"";
      expects_value = false;
    }
  }
  return lines;
}

std::string absolute_path(const std::string& path, const std::string& directory) {
  return path[0] == '/' ? path : directory + "/" + path;
}

Outcome check_together(const Settings& settings) {
  if (settings.cluster_enabled && !settings.replicaof.host.empty()) {
    return base::Failure(fatal_heading() + "replicaof directive not allowed in cluster mode\n");
  }
  return base::Done{};
}

}  // namespace

std::string fatal_heading() { return "\n*** FATAL CONFIG FILE ERROR (Version 9.1.2) ***\n"; }

base::Failure fatal_at(int number, std::string_view line, std::string_view message) {
  return base::Failure(fatal_heading() + "Reading the configuration file, at line " + std::to_string(number) +
                       "\n>>> '" + std::string(trim(line)) + "'\n" + std::string(message) + "\n");
}

base::Result<Settings, base::Failure> load(const std::vector<std::string>& arguments, const ReadInput& read_input) {
  Settings settings;
  settings.dir = start_directory();
  std::vector<std::string> words = arguments;
  std::string text;
  if (!words.empty() && !words[0].empty() && words[0][0] != '-') {
    settings.config_file = absolute_path(words[0], settings.dir);
    auto file = read_file(settings.config_file);
    if (!file) return file.error();
    text = std::move(*file);
    words.erase(words.begin());
  }
  // `-` counts as the first word or as the last.
  bool reads_input = false;
  if (!words.empty() && words.back() == "-") {
    reads_input = true;
    words.pop_back();
  }
  if (settings.config_file.empty() && !words.empty() && words.front() == "-") {
    reads_input = true;
    words.erase(words.begin());
  }
  if (reads_input) {
    // The reference glues the first line of the input to a last line without an end; here they stay two.
    if (!text.empty() && text.back() != '\n') text += '\n';
    text += read_input();
  }
  // The line end is there even before a first option, so that line numbers in error texts are the reference's.
  if (!words.empty()) text += "\n" + option_lines(words);

  if (Outcome outcome = Loader(settings).read_text(text, 0); !outcome) return outcome.error();
  if (Outcome outcome = check_together(settings); !outcome) return outcome.error();
  return settings;
}

base::Result<Settings, base::Failure> load_text(std::string_view text) {
  Settings settings;
  settings.dir = start_directory();
  if (Outcome outcome = Loader(settings).read_text(text, 0); !outcome) return outcome.error();
  if (Outcome outcome = check_together(settings); !outcome) return outcome.error();
  return settings;
}

}  // namespace config
