#include "config/settings.h"

#include "config/table.h"
#include "config/value.h"

namespace config {

Settings::Settings() {
  for (const Row& row : rows()) reset(*this, row);
}

}  // namespace config
