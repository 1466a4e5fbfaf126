add_unit_test(tracking prefixes)
add_unit_test(tracking message)
# The routes' control blocks are made without RTTI, in src/, and may be ended here: UBSan takes their vptr for wrong.
target_compile_options(tracking_prefixes_test PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-sanitize=vptr>)
