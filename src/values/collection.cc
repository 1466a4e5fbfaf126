#include "values/collection.h"

#include <array>

#include "base/check.h"
#include "values/hash.h"
#include "values/list.h"
#include "values/set.h"
#include "values/sorted_set.h"
#include "values/stream.h"

namespace values {
namespace {

// By Type. A type joins with its class: collection_row_of<List>().
constexpr std::array<CollectionRow, 6> kRows{{
    {},  // string
    collection_row_of<List>(),
    collection_row_of<Set>(),
    collection_row_of<SortedSet>(),
    collection_row_of<Hash>(),
    collection_row_of<Stream>(),
}};

}  // namespace

const CollectionRow& collection_row(Type type) {
  const CollectionRow& row = kRows[static_cast<size_t>(type)];
  DCHECK(row.destroy != nullptr);
  return row;
}

}  // namespace values
