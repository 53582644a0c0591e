// Which defect a pixel belongs to: opening and numbering a sample's instances.
#pragma once

#include <fettle/ports.hpp>

#include <cstdint>
#include <string>

/// Gives the sample a mask and instances where it has none. What an earlier mask marks, and nobody numbered, becomes
/// one instance of the sample's category, or "defect".                              [any thread, concurrent]
void open_instances(fettle::Sample& sample);

/// The number of one more defect of this class; 255 for all from the 255th on.
std::uint8_t add_instance(fettle::Sample& sample, const std::string& class_name);

/// Leaves no instances where there are more than can be numbered.
void close_instances(fettle::Sample& sample);
