add_unit_test(acl rules)
add_unit_test(acl check)
add_unit_test(acl file)
add_unit_test(acl log)

# They share pointers with the part, which has no run-time types; UBSan would look for those in a test that has them.
foreach(idea rules check file)
  target_compile_options(acl_${idea}_test PRIVATE -fno-rtti)
endforeach()
