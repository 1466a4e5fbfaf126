if(TARGET server)
  add_unit_test(server process)
  add_unit_test(server crash_report)
endif()
