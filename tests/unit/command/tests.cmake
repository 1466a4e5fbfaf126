add_unit_test(command syntax)
add_unit_test(command table)
