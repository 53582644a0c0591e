set(dataset ${CMAKE_SOURCE_DIR}/plugins/dataset)
set(fuzz_parts fuzz/targets.cpp ${dataset}/tree.cpp ${dataset}/tree_folder.cpp ${dataset}/tree_tar.cpp
               ${dataset}/tree_zip.cpp ${dataset}/zip_offsets.cpp)
set(fuzz_libraries fettle_framework fettle_image LibArchive::LibArchive PkgConfig::libzip z Boost::headers)
fettle_test(fuzzed SOURCES fuzz/replay_test.cpp ${fuzz_parts} LIBRARIES ${fuzz_libraries})
target_include_directories(test_fuzzed PRIVATE ${CMAKE_SOURCE_DIR}/plugins)

# The fuzzers themselves (preset `fuzz`): libFuzzer from LLVM, everything else by this compiler.
if(FETTLE_FUZZ)
  file(GLOB found /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-x86_64.a)
  list(POP_BACK found library)
  if(NOT library)
    message(FATAL_ERROR "The fuzzers need libFuzzer: Debian has it in libclang-rt-14-dev")
  endif()
  foreach(target graph image archive kept hash)
    add_executable(fuzz_${target} fuzz/entry.cpp ${fuzz_parts})
    target_include_directories(fuzz_${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/plugins)
    target_compile_definitions(fuzz_${target} PRIVATE FETTLE_FUZZ_TARGET="${target}")
    target_link_libraries(fuzz_${target} PRIVATE ${fuzz_libraries} ${library}
                          # LLVM's has a trace_pc too, which does nothing
                          -Wl,--allow-multiple-definition)
    set_target_properties(fuzz_${target} PROPERTIES ENABLE_EXPORTS ON)  # the libraries call entry.cpp's counters
  endforeach()
endif()
