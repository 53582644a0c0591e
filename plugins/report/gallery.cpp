#include "gallery.hpp"

#include "overlay.hpp"

#include <fettle/parallel.hpp>
#include <fettle/statistics.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

namespace report {
namespace {

using fettle::Label;

/// Pictures by number; the same picture is kept once.
class Album {
   public:
    std::size_t add(std::string uri) {
        const auto [place, fresh] = numbers_.try_emplace(std::move(uri), pictures_.size());
        if (fresh) pictures_.push_back(place->first);
        return place->second;
    }
    Json take() { return std::move(pictures_); }

   private:
    std::unordered_map<std::string, std::size_t> numbers_;
    Json pictures_ = Json::array();
};

const std::vector<double>& values_of(const fettle::Scores& scores, const std::string& column) {
    for (const auto& each : scores.columns)
        if (each.name == column) return each.values;
    throw fettle::Error(fettle::Fault::data,
                        "a threshold is set on the column `" + column + "`, which the table of scores doesn't have");
}

Json to_json(const Cases::Group& group) { return {{"count", group.count}, {"rows", group.rows}}; }

/// What one set of maps shows of one row.
struct Shown {
    std::size_t row, index;  ///< in the table of scores; in the maps
    fettle::Plane map;
    fettle::Ref<fettle::Sample> original, reconstruction;
    std::string uris[4];
};

std::vector<Shown> read(const fettle::Maps& maps, const std::set<std::size_t>& rows, const fettle::Scores& scores,
                        const fettle::Context& context) {
    std::unordered_map<std::string, std::size_t> index_of;
    for (std::size_t i = 0; i < maps.size(); ++i) index_of.emplace(maps.info(i).id, i);
    std::vector<Shown> out;
    for (const std::size_t row : rows)
        if (const auto found = index_of.find(scores.rows[row].id); found != index_of.end())
            out.push_back({row, found->second, {}, {}, {}, {}});
    std::sort(out.begin(), out.end(), [](const Shown& a, const Shown& b) { return a.index < b.index; });

    constexpr std::size_t step = 16;  // bounds what is decoded at once
    for (std::size_t first = 0; first < out.size(); first += step) {
        context.check_stop();
        const std::size_t count = std::min(step, out.size() - first);
        std::vector<std::size_t> indices;
        for (std::size_t i = 0; i < count; ++i) indices.push_back(out[first + i].index);
        const auto batch = maps.read(indices), originals = maps.reference()->read(indices);
        const auto reconstructions = maps.candidate()->read(indices);
        for (std::size_t i = 0; i < count; ++i) {
            out[first + i].map = batch->plane(i);
            out[first + i].original = originals->sample(i);
            out[first + i].reconstruction = reconstructions->sample(i);
        }
    }
    return out;
}

/// Where the colours of a set of maps end: half of the shown maps reach it. One end for all, so that pictures can be
/// compared; not the highest value of all, so that one glaring case doesn't turn all others dark.
double high_end(const std::vector<Shown>& shown) {
    std::vector<float> highest;
    for (const Shown& each : shown)
        if (!each.map.values.empty())
            highest.push_back(*std::max_element(each.map.values.begin(), each.map.values.end()));
    const double high = highest.empty() ? 1 : fettle::quantile(std::move(highest), 0.5);
    return high > 0 ? high : 1;
}

void draw(std::vector<Shown>& shown, double high, int side) {
    fettle::parallel_for_each_index(shown.size(), [&](std::size_t i) {
        Shown& each = shown[i];
        const fettle::Image& image = each.original->image;
        each.uris[0] = data_uri(image, side);
        each.uris[1] = data_uri(each.reconstruction->image, side);
        each.uris[2] = data_uri(overlay(image, each.map, high, side), side);
        if (!each.original->mask.empty()) each.uris[3] = data_uri(each.original->mask, side);
    });
}

std::vector<std::size_t> sets_of(const fettle::Cut& cut, const std::vector<fettle::Ref<fettle::Maps>>& sets) {
    std::vector<std::size_t> own, all;
    for (std::size_t i = 0; i < sets.size(); ++i) {
        all.push_back(i);
        if (cut.column.starts_with(sets[i]->label() + " ")) own.push_back(i);
    }
    return own.empty() ? all : own;
}

}  // namespace

Cases choose_cases(const fettle::Scores& scores, const fettle::Cut& cut, std::size_t examples) {
    const std::vector<double>& values = values_of(scores, cut.column);
    Cases out;
    for (std::size_t i = 0; i < scores.rows.size(); ++i) {
        const auto& row = scores.rows[i];
        if (row.split != fettle::Split::test || row.label == Label::unknown) continue;
        const bool called = values[i] > cut.threshold;
        auto& group = row.label == Label::anomalous ? (called ? out.clear_anomalous : out.missed)
                                                    : (called ? out.false_alarms : out.clear_normal);
        group.rows.push_back(i);
    }
    const auto keep = [&](Cases::Group& group, bool highest_first) {
        group.count = group.rows.size();
        std::stable_sort(group.rows.begin(), group.rows.end(), [&](std::size_t a, std::size_t b) {
            return highest_first ? values[a] > values[b] : values[a] < values[b];
        });
        group.rows.resize(std::min(group.rows.size(), examples));
    };
    keep(out.missed, false);
    keep(out.false_alarms, true);
    keep(out.clear_anomalous, true);
    keep(out.clear_normal, false);
    return out;
}

Json gallery(const fettle::Report::Found& found, std::size_t examples, int side, const fettle::Context& context) {
    const fettle::Scores& scores = found.measures.scores;
    Json cases = Json::array();
    std::vector<std::set<std::size_t>> wanted(found.examples.size());  // rows, per set of maps
    for (const auto& judged : found.measures.judgements) {
        const Cases chosen = choose_cases(scores, judged.cut, examples);
        const auto sets = sets_of(judged.cut, found.examples);
        for (const auto* group : {&chosen.missed, &chosen.false_alarms, &chosen.clear_anomalous, &chosen.clear_normal})
            for (const std::size_t set : sets) wanted[set].insert(group->rows.begin(), group->rows.end());
        cases.push_back({{"sets", sets},
                         {"missed", to_json(chosen.missed)},
                         {"false_alarms", to_json(chosen.false_alarms)},
                         {"clear_anomalous", to_json(chosen.clear_anomalous)},
                         {"clear_normal", to_json(chosen.clear_normal)}});
    }

    Album album;
    Json sets = Json::array(), of_row = Json::object();
    for (std::size_t set = 0; set < found.examples.size(); ++set) {
        std::vector<Shown> shown = read(*found.examples[set], wanted[set], scores, context);
        const double high = high_end(shown);
        draw(shown, high, side);
        sets.push_back({{"label", found.examples[set]->label()}, {"high", high}});
        for (Shown& each : shown) {
            Json pictures = Json::object();
            pictures["set"] = set;
            constexpr const char* names[] = {"original", "reconstruction", "map", "mask"};
            for (int i = 0; i < 4; ++i)
                if (!each.uris[i].empty()) pictures[names[i]] = album.add(std::move(each.uris[i]));
            of_row[std::to_string(each.row)].push_back(std::move(pictures));
        }
        context.progress(set + 1, found.examples.size());
    }
    return {{"sets", std::move(sets)},
            {"cases", std::move(cases)},
            {"shown", std::move(of_row)},
            {"pictures", album.take()}};
}

}  // namespace report
