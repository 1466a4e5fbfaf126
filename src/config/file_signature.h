// What tells that a file is another one than before: its place on the disk, its size and its times.
#pragma once

#include <string>

namespace config {

// "-;" if there is no such file. A symbolic link is followed, as Kubernetes swaps files by swapping a link.
std::string signature_of_file(const std::string& file);

}  // namespace config
