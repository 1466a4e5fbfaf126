add_unit_test(rdb text)
add_unit_test(rdb value)
add_unit_test(rdb refused)
