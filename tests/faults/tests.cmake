# The whole program under trouble. Every family takes part.
set(families dataset split transform synthesize model train infer similarity hash score threshold evaluate report)
foreach(subject interrupted cached disk images)
  fettle_test(${subject} SOURCES faults/${subject}_test.cpp LIBRARIES fettle_image PLUGINS fettle ${families})
endforeach()
