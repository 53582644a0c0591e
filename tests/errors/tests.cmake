fettle_test(errors SOURCES errors/errors_test.cpp errors/interface_test.cpp LIBRARIES fettle_framework
            PLUGINS fettle dataset split transform synthesize model train infer similarity hash score threshold evaluate report)
target_compile_definitions(test_errors PRIVATE FETTLE_TEST_FOLDER="${CMAKE_BINARY_DIR}/tests/errors")
