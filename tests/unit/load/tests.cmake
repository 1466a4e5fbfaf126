if(SIGRUN_BENCH)  # the load generator is in bench/load
  add_unit_test(load workload)
  add_unit_test(load figures)
endif()
