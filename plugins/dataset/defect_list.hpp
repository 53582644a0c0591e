// The defects of a sample one by one, as boxes, outlines and areas.
#pragma once

#include <fettle/ports.hpp>

#include <opencv2/core.hpp>

#include <cstddef>
#include <string>
#include <vector>

struct ListedDefect {
    std::string category;  ///< what the maker of the defect calls it, else the sample's class, else "anomalous"
    cv::Mat where;         ///< 8-bit, of the image's size: 255 on the defect
    cv::Rect box;          ///< of exactly these pixels
    std::size_t area = 0;  ///< pixels
};

/// The defects that the sample knows one by one; where it doesn't, what touches in its mask (above 127; corners touch).
/// One that later ones cover wholly is left out. Empty without a mask.                 [any thread, concurrent]
std::vector<ListedDefect> defects_of(const fettle::Sample& sample);
