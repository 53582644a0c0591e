// The numbers a network computes in while it learns.
#pragma once

#include <fettle/sdk.hpp>

#include <string>

namespace train {

/// While one lives, this thread's convolutions and matrix products on the device are computed in bfloat16 where that
/// was asked for (LibTorch's autocast).                                                    [one thread]
class Precision {
   public:
    Precision(const std::string& name, torch::Device device);
    ~Precision();
    Precision(const Precision&) = delete;
    Precision& operator=(const Precision&) = delete;

   private:
    void turn(bool on) const;
    bool lowered_;
    torch::Device device_;
};

/// Throws Error(Fault::device) where the device can't compute so faster than in float32.
void require_precision(const std::string& name, torch::Device device);

}  // namespace train
