// What the settings say of HOTKEYS.
#pragma once

#include "config/settings.h"
#include "metrics/hot_keys.h"

namespace dispatch {

inline metrics::HotKeys::Options hot_keys_options(const config::Settings& settings) {
  return {.enabled = settings.hotkeys_top_k > 0,
          .percent = static_cast<uint32_t>(settings.hotkeys_sampling_percentage),
          .window_s = static_cast<uint32_t>(settings.hotkeys_window_seconds)};
}

}  // namespace dispatch
