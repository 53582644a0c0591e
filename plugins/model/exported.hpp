// A TorchScript file that somebody exported: loaded, frozen, and run; what is wrong with it in words.
#pragma once

#include <fettle/sdk.hpp>

#include <torch/script.h>

#include <array>
#include <filesystem>
#include <string>
#include <vector>

namespace model {

class Exported {
   public:
    /// Throws Error(Fault::data) where the file is no TorchScript. Its numbers don't learn, and it evaluates.
    Exported(std::filesystem::path file, torch::Device device);

    void move_to(torch::Device device);
    /// Every tensor that the module gives: one, or those of a tuple, a list or a dictionary, in its order. Throws
    /// Error(Fault::shape) where it can't take these images, naming sides or channels that it takes if they are found;
    /// Error(Fault::data) where it gives something else.   [one at a time per GPU; on the CPU any thread, concurrent]
    std::vector<torch::Tensor> run(const torch::Tensor& images);

    /// The file as it is.
    std::string bytes() const;
    /// An archive of a module that subtracts and divides, channel by channel, before this one.
    std::string behind(const std::array<double, 3>& mean, const std::array<double, 3>& deviation) const;
    /// How many numbers were trained.
    std::size_t parameters() const;

   private:
    std::vector<torch::Tensor> given(const torch::Tensor& images);
    std::string what_fits(const torch::Tensor& images);
    std::string name() const { return std::string("`").append(file_.filename().string()).append("`"); }

    std::filesystem::path file_;
    torch::Device device_;
    torch::jit::Module module_;
};

}  // namespace model
