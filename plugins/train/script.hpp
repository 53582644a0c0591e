// A network as a TorchScript program.
#pragma once

#include <fettle/sdk.hpp>

#include <string>

namespace train {

/// The archive, as bytes, of `net` as it evaluates (batch norm by its running figures): `forward` takes and returns
/// N x C x H x W for any N. Parameters and buffers keep their names, so `state_dict()` in Python shows the
/// network's own. `net` is left in evaluation mode. Throws Error(Fault::plugin) where what was traced doesn't
/// compute what `net` does, for another batch size too.            [one at a time per device, no gradients]
std::string script_of(fettle::ReconstructionNet& net, const fettle::ImageShape& input, torch::Device device);

}  // namespace train
