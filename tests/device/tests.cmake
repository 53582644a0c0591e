# On a stand-in for a GPU: what was written for CUDA runs in every build. The tests of similarities that ask for a GPU are
# among it; those for the processor, in the same files, run elsewhere.
fettle_test(device SOURCES device/stand_in.cpp device/strict_test.cpp device/device_test.cpp
                           learn/similarity_properties_test.cpp learn/ssim_gradient_test.cpp
            USES torch PLUGINS model train infer similarity)
target_compile_definitions(test_device PRIVATE FETTLE_TORCH_HAS_CUDA=$<TARGET_EXISTS:torch_cuda>)
set_tests_properties(device PROPERTIES ENVIRONMENT "GTEST_FILTER=StandIn.*:OnDevice.*:*OnCuda")
