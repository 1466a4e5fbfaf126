#include "keyspace/table.h"

template class structures::HashTable<keyspace::KeyTraits>;
