#include "tracking/message.h"

namespace tracking {
namespace {

// False: the client takes none.
bool begin(resp::Writer& out, Form form) {
  switch (form) {
    case Form::kPush:
      out.push(2);
      out.bulk("invalidate");
      return true;
    case Form::kChannel:
      out.push(3);
      out.bulk("message");
      out.bulk("__redis__:invalidate");
      return true;
    case Form::kNone: break;
  }
  return false;
}

}  // namespace

void write_keys(resp::Writer& out, Form form, std::span<const std::string> keys) {
  if (!begin(out, form)) return;
  out.array(keys.size());
  for (const std::string& key : keys) out.bulk(key);
}

void write_all(resp::Writer& out, Form form) {
  if (begin(out, form)) out.null();
}

void write_broken(resp::Writer& out, uint64_t id) {
  out.push(2);
  out.bulk("tracking-redir-broken");
  out.integer(static_cast<int64_t>(id));
}

}  // namespace tracking
