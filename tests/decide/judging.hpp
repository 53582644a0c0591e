// What the tests of the family `evaluate` share.
#pragma once

#include "fakes.hpp"
#include "python.hpp"

#include <fettle/error.hpp>
#include <fettle/random.hpp>
#include <fettle/testing.hpp>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace judging {

using Json = nlohmann::json;
constexpr double z95 = 1.959963984540054;

inline fettle::testing::Library& plugin() {
    static fettle::testing::Library library(FETTLE_PLUGIN_FOLDER "/evaluate.so");
    return library;
}

inline fettle::Judgement judge(const std::vector<double>& scores, const std::vector<bool>& anomalous, double threshold,
                               const fettle::testing::Settings& settings = {{"draws", 100}}) {
    const auto object = plugin().make("evaluate.detection", settings);
    return dynamic_cast<const fettle::Measure&>(*object).judge(scores, anomalous, {"ssim mean", threshold, "", 0});
}

/// Of anything that holds figures: a judgement, a row of a table.
template <class Holder>
std::optional<fettle::Figure> figure(const Holder& holder, const std::string& name) {
    for (const auto& each : holder.figures)
        if (each.name == name) return each;
    return std::nullopt;
}
template <class Holder>
double value(const Holder& holder, const std::string& name) {
    const auto found = figure(holder, name);
    return found ? found->value : std::numeric_limits<double>::quiet_NaN();
}

struct Case {
    std::vector<double> scores;
    std::vector<bool> anomalous;
};

/// Few distinct scores, so that there are many ties; both kinds are there.
inline Case random_case(fettle::Random& random, int most = 40) {
    Case out;
    const int count = random.integer(2, most), levels = random.integer(1, 12);
    for (int i = 0; i < count; ++i) {
        out.scores.push_back(random.integer(-levels, levels) / 8.0);
        out.anomalous.push_back(random.chance(0.4));
    }
    out.anomalous[0] = true;
    out.anomalous[1] = false;
    return out;
}

/// A map and the mask it is judged by.
struct MapAndMask {
    fettle::Plane map;
    fettle::Image mask;
};

/// Rectangles of a mask, which may touch or overlap, on a map of few values (many ties) or of many.
inline MapAndMask random_pair(fettle::Random& random, int width, int height, int levels) {
    MapAndMask out{{width, height, {}}, fettle::Image(width, height, 1)};
    for (int k = random.integer(1, 4); k > 0; --k) {
        const int x = random.integer(0, width - 3), y = random.integer(0, height - 3);
        const int right = random.integer(x, std::min(width - 1, x + 8)),
                  low = random.integer(y, std::min(height - 1, y + 8));
        for (int py = y; py <= low; ++py)
            for (int px = x; px <= right; ++px) *out.mask.at(px, py) = 255;
    }
    for (int i = 0; i < width * height; ++i) {
        const double raw = random.normal() + (out.mask.pixels[static_cast<std::size_t>(i)] != 0 ? 1.0 : 0.0);
        out.map.values.push_back(static_cast<float>(levels == 0 ? raw : std::round(raw * levels) / levels));
    }
    return out;
}

/// Gives `input` to a Python script as `given`, and returns what it leaves in `answer`.
inline Json ask_python(const Json& input, const std::string& script, const std::string& modules) {
    std::string name = (std::filesystem::temp_directory_path() / "fettle-judging-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    const std::filesystem::path folder = name;
    std::ofstream(folder / "given.json") << input;
    support::run_python(folder,
                        "import json, sys\ngiven = json.load(open(sys.argv[1] + '/given.json'))\n" + script +
                            "\njson.dump(answer, open(sys.argv[1] + '/answer.json', 'w'))\n",
                        modules);
    Json answer;
    std::ifstream(folder / "answer.json") >> answer;
    std::filesystem::remove_all(folder);
    return answer;
}

}  // namespace judging
