add_unit_test(keyspace entry)
add_unit_test(keyspace table)
add_unit_test(keyspace window)
add_unit_test(keyspace locks)
