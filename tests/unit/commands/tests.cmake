add_unit_test(commands sort_locks)
