#include "config/file_signature.h"

#include <fmt/format.h>
#include <sys/stat.h>

namespace config {

std::string signature_of_file(const std::string& file) {
  struct stat found {};
  if (file.empty() || stat(file.c_str(), &found) != 0) return "-;";
  return fmt::format("{}.{}.{}.{}.{}.{}.{};", found.st_dev, found.st_ino, found.st_size, found.st_mtim.tv_sec,
                     found.st_mtim.tv_nsec, found.st_ctim.tv_sec, found.st_ctim.tv_nsec);
}

}  // namespace config
