add_unit_test(keyspace table)
