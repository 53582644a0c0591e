#include "run/run.hpp"

#include <dlfcn.h>

namespace fettle::runtime {
namespace {

/// How many CUDA devices work here, by the driver alone; 0 where LibTorch was built without CUDA.
int cuda_devices() {
    if (!FETTLE_TORCH_HAS_CUDA) return 0;
    void* driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    if (driver == nullptr) return 0;
    const auto init = reinterpret_cast<int (*)(unsigned)>(dlsym(driver, "cuInit"));
    const auto count_devices = reinterpret_cast<int (*)(int*)>(dlsym(driver, "cuDeviceGetCount"));
    int count = 0;
    if (init == nullptr || count_devices == nullptr || init(0) != 0 || count_devices(&count) != 0) return 0;
    return count;
}

}  // namespace

Device resolve_device(const Graph& graph, const std::string& asked) {
    const std::string& text = asked.empty() ? graph.device : asked;
    const auto refused = [&](const std::string& message, std::vector<std::string> help) {
        Diagnostic diagnostic = errors::device_failed(asked.empty() ? graph.device_span : Span{}, "", "");
        diagnostic.message = message;
        diagnostic.help = std::move(help);
        return Failure(std::move(diagnostic));
    };
    if (!is_device(text)) throw refused("`" + text + "` is no device", {device_words});
    if (text == "cpu") return {};
    const int count = cuda_devices();
    if (text == "auto") return count > 0 ? Device{Device::Type::cuda, 0} : Device{};
    const int index = text.size() > 5 ? std::stoi(text.substr(5)) : 0;
    if (index < count) return {Device::Type::cuda, index};
    throw refused("there is no device `" + text + "` here",
                  {FETTLE_TORCH_HAS_CUDA ? "CUDA devices that work: " + std::to_string(count)
                                         : "this fettle was built with a LibTorch without CUDA",
                   "`device = \"auto\"` takes the first that works; --device cpu always does"});
}

std::string to_string(const Device& device) {
    return device.type == Device::Type::cpu ? "cpu" : "cuda:" + std::to_string(device.index);
}

}  // namespace fettle::runtime
