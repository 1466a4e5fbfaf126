add_unit_test(metrics hot_keys)
