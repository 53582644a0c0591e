#include "montage.hpp"

#include "figures.hpp"
#include "heat.hpp"
#include "output.hpp"
#include "overlay.hpp"

#include <fettle/image.hpp>
#include <fettle/statistics.hpp>
#include <fettle/unique_ids.hpp>

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_map>

namespace report {
namespace {

using fettle::Image;
using fettle::Label;

constexpr int gap = 6, line = 18;  // between pictures, of a line of words; pixels

cv::Mat view(Image& image) { return cv::Mat(image.height, image.width, CV_8UC(image.channels), image.pixels.data()); }

/// What OpenCV's letters can show: ASCII. Of what is too long the end stays, where names differ.
std::string drawable(const std::string& text, int width) {
    constexpr int letter = 7;
    std::string out;
    for (const char c : utf8(text))
        if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) out += c >= 0x20 && c < 0x7F ? c : '?';
    const auto room = static_cast<std::size_t>(std::max(width / letter, 4));
    return out.size() <= room ? out : "..." + out.substr(out.size() - room + 3);
}

void write(cv::Mat sheet, const std::string& text, int x, int y, int width) {
    cv::putText(sheet, drawable(text, width), {x, y + line - 5}, cv::FONT_HERSHEY_SIMPLEX, 0.38, cv::Scalar(40, 40, 40),
                1, cv::LINE_AA);
}

/// Four significant digits, as the page has.
std::string short_digits(double value) {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::general, 4).ptr;
    return {text, end};
}

/// A row: its caption and its pictures; one that is missing leaves its place free.
struct Row {
    std::string caption;
    std::vector<Image> pictures;
};

Image fitted(const Image& image, int side) {
    const double scale = static_cast<double>(side) / std::max(image.width, image.height);
    const auto length = [&](int of) { return std::clamp(static_cast<int>(std::lround(of * scale)), 1, side); };
    return fettle::resize_image(image, length(image.width), length(image.height),
                                scale < 1 ? fettle::Filter::area : fettle::Filter::nearest);
}

Image drawn(const std::vector<std::string>& headings, const std::vector<Row>& rows, int side) {
    const int columns = static_cast<int>(headings.size()), cell = side + gap, height = side + line + gap;
    Image sheet(gap + columns * cell, line + static_cast<int>(rows.size()) * height + gap, 3, 255);
    cv::Mat to = view(sheet);
    for (int c = 0; c < columns; ++c) write(to, headings[static_cast<std::size_t>(c)], gap + c * cell, 0, side);
    for (std::size_t r = 0; r < rows.size(); ++r) {
        const int top = line + static_cast<int>(r) * height;
        write(to, rows[r].caption, gap, top, columns * cell - gap);
        for (std::size_t c = 0; c < rows[r].pictures.size(); ++c) {
            if (rows[r].pictures[c].empty()) continue;
            Image small = fitted(rows[r].pictures[c], side);
            cv::Mat from = view(small);
            if (small.channels == 1) cv::cvtColor(from, from, cv::COLOR_GRAY2RGB);
            const cv::Point corner(gap + static_cast<int>(c) * cell + (side - small.width) / 2,
                                   top + line + (side - small.height) / 2);
            from.copyTo(to(cv::Rect(corner, from.size())));
        }
    }
    return sheet;
}

/// The cases of one outcome, as rows of the table of scores, the most telling first.
struct Outcome {
    const char* name;
    std::vector<std::size_t> rows;
};

constexpr std::size_t no_score = 4;  ///< the last outcome: samples that can't be judged, in the table's order

std::vector<Outcome> outcomes(const fettle::Scores& scores, const std::vector<double>& values, double threshold,
                              std::size_t most) {
    std::vector<Outcome> out{{"missed", {}}, {"false alarms", {}}, {"found", {}}, {"let pass", {}}, {"no score", {}}};
    for (std::size_t i = 0; i < scores.rows.size(); ++i) {
        const auto& row = scores.rows[i];
        if (row.split != fettle::Split::test || row.label == Label::unknown) continue;
        const bool called = values[i] > threshold;
        const std::size_t kind = row.label == Label::anomalous ? (called ? 2 : 0) : (called ? 1 : 3);
        out[std::isfinite(values[i]) ? kind : no_score].rows.push_back(i);
    }
    for (std::size_t k = 0; k < out.size(); ++k) {
        const bool highest_first = k == 1 || k == 2;
        auto& rows = out[k].rows;
        if (k != no_score)
            std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
                return highest_first ? values[a] > values[b] : values[a] < values[b];
            });
        rows.resize(std::min(rows.size(), most));
    }
    return out;
}

const std::vector<double>& values_of(const fettle::Scores& scores, const std::string& column) {
    for (const auto& each : scores.columns)
        if (each.name == column) return each.values;
    throw fettle::Error(fettle::Fault::data,
                        "a threshold is set on the column `" + column + "`, which the table of scores doesn't have");
}

/// The sets of maps that a column was made from, by its name; all where none is.
std::vector<const fettle::Maps*> sets_of(const std::string& column,
                                         const std::vector<fettle::Ref<fettle::Maps>>& sets) {
    std::vector<const fettle::Maps*> own, all;
    for (const auto& set : sets) {
        all.push_back(set.get());
        if (column.starts_with(set->label() + " ")) own.push_back(set.get());
    }
    return own.empty() ? all : own;
}

/// One set's maps and images of some samples; an index is missing where the set doesn't hold the sample.
class Shown {
   public:
    Shown(const fettle::Maps& maps, const fettle::Scores& scores) : maps_(maps) {
        std::unordered_map<std::string_view, std::size_t> places;
        for (std::size_t i = 0; i < maps.size(); ++i) places.emplace(maps.info(i).id, i);
        for (const auto& row : scores.rows) {
            const auto place = places.find(row.id);
            place_.push_back(place == places.end() ? missing : place->second);
            if (holds(place_.size() - 1)) fettle::require_same_label(row, maps.info(place->second));
        }
    }
    bool holds(std::size_t row) const { return place_[row] != missing; }
    fettle::Plane map(std::size_t row) const { return maps_.read({&place_[row], 1})->plane(0); }
    fettle::Ref<fettle::Sample> original(std::size_t row) const {
        return maps_.reference()->read({&place_[row], 1})->sample(0);
    }
    fettle::Ref<fettle::Sample> rebuilt(std::size_t row) const {
        return maps_.candidate()->read({&place_[row], 1})->sample(0);
    }
    const fettle::Maps& maps() const { return maps_; }
    /// Whether two images were compared; maps of how unusual one is show it twice.
    bool rebuilds() const { return maps_.candidate() != maps_.reference(); }

    /// Half of the maps of these rows reach it: one end for all, so that pictures can be compared, and no single
    /// glaring case turns all others dark.
    double high_end(const std::vector<Outcome>& all) const {
        std::vector<float> highest;
        for (const Outcome& outcome : all)
            for (const std::size_t row : outcome.rows)
                if (holds(row))
                    if (const fettle::Plane plane = map(row); !plane.values.empty())
                        highest.push_back(*std::max_element(plane.values.begin(), plane.values.end()));
        std::erase_if(highest, [](float value) { return !std::isfinite(value); });
        const double high = highest.empty() ? 1 : fettle::quantile(std::move(highest), 0.5);
        return high > 0 ? high : 1;
    }

   private:
    static constexpr std::size_t missing = static_cast<std::size_t>(-1);
    const fettle::Maps& maps_;
    std::vector<std::size_t> place_;  ///< per row of the scores
};

Row row_of(std::size_t row, const std::vector<Shown>& sets, const std::vector<double>& highs) {
    Row out;
    Image mask;
    const bool rebuilt = sets.front().rebuilds();
    for (std::size_t s = 0; s < sets.size(); ++s) {
        if (!sets[s].holds(row)) {
            out.pictures.resize(out.pictures.size() + (out.pictures.empty() ? 3 + rebuilt : 2));
            continue;
        }
        const auto original = sets[s].original(row);
        const fettle::Plane map = sets[s].map(row);
        if (out.pictures.empty()) {
            out.pictures.push_back(original->image);
            if (rebuilt) out.pictures.push_back(sets[s].rebuilt(row)->image);
        }
        const Image values = levels(map, original->image.width, original->image.height, highs[s]);
        out.pictures.push_back(heat(values));
        out.pictures.push_back(heat_over(original->image, values));
        if (!original->mask.empty()) mask = original->mask;
    }
    out.pictures.push_back(std::move(mask));
    return out;
}

std::vector<std::string> headings_of(const std::vector<Shown>& sets, bool masks) {
    std::vector<std::string> out{"original"};
    if (sets.front().rebuilds()) out.emplace_back("reconstruction");
    for (const Shown& set : sets) {
        out.push_back(set.maps().label());
        out.push_back("overlay");
    }
    if (masks) out.push_back("mask");
    return out;
}

void add_training(std::vector<Montage>& out, const std::vector<fettle::Ref<fettle::Network>>& networks,
                  MontageSize size) {
    for (std::size_t n = 0; n < networks.size(); ++n) {
        std::vector<Row> rows;
        for (const auto& example : networks[n]->examples)
            if (rows.size() < static_cast<std::size_t>(size.examples))
                rows.push_back({example.info.id, {example.input, example.target, example.output}});
        if (!rows.empty())
            out.push_back({n == 0 ? "training" : "training " + std::to_string(n + 1), "examples",
                           drawn({"what it was given", "what it was to give", "what it gave"}, rows, size.picture)});
    }
}

}  // namespace

std::vector<Montage> montages(const fettle::Report::Found& found, MontageSize size, const fettle::Context& context) {
    std::vector<Montage> out;
    const auto groups = groups_of(found.measures);
    const auto& judgements = found.measures.judgements;
    const fettle::Scores& scores = found.measures.scores;
    for (std::size_t j = 0; j < judgements.size() && !found.examples.empty() && size.examples > 0; ++j) {
        const std::vector<double>& values = values_of(scores, judgements[j].cut.column);
        auto all = outcomes(scores, values, judgements[j].cut.threshold, static_cast<std::size_t>(size.examples));
        std::vector<Shown> sets;
        for (const auto* maps : sets_of(judgements[j].cut.column, found.examples)) sets.emplace_back(*maps, scores);
        for (Outcome& outcome : all)
            std::erase_if(outcome.rows, [&](std::size_t row) {
                return std::none_of(sets.begin(), sets.end(), [row](const Shown& set) { return set.holds(row); });
            });
        std::vector<double> highs;
        for (const Shown& set : sets) highs.push_back(set.high_end(all));
        for (const Outcome& outcome : all) {
            std::vector<Row> rows;
            bool masks = false;
            for (const std::size_t row : outcome.rows) {
                context.check_stop();
                rows.push_back(row_of(row, sets, highs));
                rows.back().caption = (std::isfinite(values[row]) ? short_digits(values[row]) : outcome.name) + "  " +
                                      scores.rows[row].id;
                masks |= !rows.back().pictures.back().empty();
            }
            if (!masks)
                for (Row& row : rows) row.pictures.pop_back();
            if (!rows.empty())
                out.push_back({groups[j].name, outcome.name, drawn(headings_of(sets, masks), rows, size.picture)});
        }
        context.progress(j + 1, judgements.size());
    }
    if (size.examples > 0) add_training(out, found.networks, size);
    return out;
}

std::string png(const Image& image) {
    const auto bytes = fettle::encode_image(image, ".png");
    return {bytes.begin(), bytes.end()};
}

}  // namespace report
