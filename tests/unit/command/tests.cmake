add_unit_test(command syntax)
