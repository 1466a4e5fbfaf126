add_unit_test(base log)
add_unit_test(base numbers)
add_unit_test(base glob)
add_unit_test(base crc64)
