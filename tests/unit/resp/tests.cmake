add_unit_test(resp buffer)
