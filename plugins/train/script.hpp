// A network as a TorchScript program.
#pragma once

#include <fettle/sdk.hpp>

#include <functional>
#include <string>
#include <vector>

namespace train {

/// What the file is called that the archive carries beside the program: its description, JSON.
constexpr const char* description_file = "fettle.json";

/// The archive, as bytes, of `net`, which evaluates (batch norm by its running figures): `forward` takes
/// N x C x H x W for any N and returns what `outputs` does, a tuple where that is more than one tensor. Parameters and
/// buffers keep their names, so `state_dict()` in Python shows the network's own; `_extra_files` gives `description`.
/// Throws Error(Fault::plugin) where what was traced doesn't compute what `outputs` does, for another batch size too.
///                                                                   [one at a time per device, no gradients]
std::string script_of(torch::nn::Module& net,
                      const std::function<std::vector<fettle::Tensor>(const fettle::Tensor&)>& outputs,
                      const fettle::ImageShape& input, torch::Device device, const std::string& description);

}  // namespace train
