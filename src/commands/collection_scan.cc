#include "commands/collection_scan.h"

namespace commands {

using command::Args;

bool read_scan_options(command::Call& call, ScanCommand which, CollectionScan& scan) {
  Args args(call.words(), 3);
  while (args.more()) {
    const bool has_value = args.left() >= 2;
    if (has_value && args.accept("COUNT")) {
      const int64_t count = args.integer();
      if (!args.failed() && count < 1) args.fail(command::kSyntaxError);
      scan.count = static_cast<uint64_t>(count);
    } else if (has_value && args.accept("MATCH")) {
      scan.pattern = args.text();
      scan.any = scan.pattern == "*";
    } else if (args.accept("NOVALUES")) {
      if (which != ScanCommand::kHscan) args.fail(base::Error("ERR NOVALUES option can only be used in HSCAN"));
      scan.only_fields = true;
    } else if (args.accept("NOSCORES")) {
      if (which != ScanCommand::kZscan) args.fail(base::Error("ERR NOSCORES option can only be used in ZSCAN"));
      scan.only_members = true;
    } else {
      args.fail(command::kSyntaxError);
    }
  }
  if (args.failed()) call.fail(args.error());
  return !args.failed();
}

void reply_scan_header(command::Call& call, uint64_t cursor, size_t count) {
  char digits[base::kInt64Chars];
  call.reply().array(2);
  call.reply().bulk(base::format_uint64(cursor, digits));
  call.reply().array(count);
}

}  // namespace commands
