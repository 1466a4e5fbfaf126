add_unit_test(base log)
