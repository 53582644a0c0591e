#include "defect_list.hpp"

#include <opencv2/imgproc.hpp>

namespace {

cv::Mat view(const fettle::Image& image) {
    return cv::Mat(image.height, image.width, CV_8UC1, const_cast<std::uint8_t*>(image.pixels.data()));
}

}  // namespace

std::vector<ListedDefect> defects_of(const fettle::Sample& sample) {
    std::vector<ListedDefect> defects;
    if (sample.mask.empty()) return defects;
    const bool known = !sample.instances.empty();
    cv::Mat numbers;
    int count = 0;
    if (known) {
        numbers = view(sample.instances);
        count = static_cast<int>(sample.instance_classes.size()) + 1;
    } else {
        count = cv::connectedComponents(view(sample.mask) > 127, numbers, 8, CV_32S);
    }
    for (int k = 1; k < count; ++k) {
        ListedDefect defect;
        defect.where = numbers == k;
        defect.area = static_cast<std::size_t>(cv::countNonZero(defect.where));
        if (defect.area == 0) continue;
        defect.box = cv::boundingRect(defect.where);
        defect.category = known ? sample.instance_classes[static_cast<std::size_t>(k) - 1] : sample.info.category;
        if (defect.category.empty()) defect.category = "anomalous";
        defects.push_back(std::move(defect));
    }
    return defects;
}
