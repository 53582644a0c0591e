#include "instances.hpp"

#include <algorithm>

namespace {

constexpr std::size_t most = 255;

}  // namespace

void open_instances(fettle::Sample& sample) {
    const int width = sample.image.width, height = sample.image.height;
    if (!sample.instances.empty()) return;
    sample.instances = fettle::Image(width, height, 1);
    sample.instance_classes.clear();
    if (sample.mask.empty()) sample.mask = sample.instances;
    bool marked = false;
    for (std::size_t i = 0; i < sample.mask.pixels.size(); ++i)
        if (sample.mask.pixels[i] != 0) sample.instances.pixels[i] = 1, marked = true;
    if (marked) sample.instance_classes.push_back(sample.info.category.empty() ? "defect" : sample.info.category);
}

std::uint8_t add_instance(fettle::Sample& sample, const std::string& class_name) {
    sample.instance_classes.push_back(class_name);
    return static_cast<std::uint8_t>(std::min(sample.instance_classes.size(), most));
}

void close_instances(fettle::Sample& sample) {
    if (sample.instance_classes.size() <= most) return;
    sample.instances = {};
    sample.instance_classes.clear();
}
