// Which samples say what is usual.
#pragma once

#include <fettle/ports.hpp>

namespace score {

/// Calibration samples that aren't known to be anomalous.                              [any thread, concurrent]
inline bool is_reference(const fettle::SampleInfo& info) {
    return info.split == fettle::Split::calibrate && info.label != fettle::Label::anomalous;
}

}  // namespace score
