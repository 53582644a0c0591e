#include "gallery.hpp"

#include "overlay.hpp"

#include <fettle/parallel.hpp>
#include <fettle/statistics.hpp>
#include <fettle/unique_ids.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <unordered_map>
#include <unordered_set>

namespace report {
namespace {

using fettle::Label;
using Rows = std::vector<std::size_t>;

constexpr std::size_t rows_per_part = 32;  // read at once: bounds what is decoded
constexpr std::size_t trial_rows = 48;     // of which the end of the colours and the pictures' size are told
constexpr int smallest_side = 48;          // below it nothing can be seen

const std::vector<double>& values_of(const fettle::Scores& scores, const std::string& column) {
    for (const auto& each : scores.columns)
        if (each.name == column) return each.values;
    throw fettle::Error(fettle::Fault::data,
                        "a threshold is set on the column `" + column + "`, which the table of scores doesn't have");
}

/// The missed, lowest score first; the false alarms, highest first; the found, highest first; the let pass, lowest
/// first; those without a finite score. Equal scores stay in the table's order.
std::vector<Rows> by_outcome(const fettle::Scores& scores, const fettle::Cut& cut) {
    const std::vector<double>& values = values_of(scores, cut.column);
    std::vector<Rows> out(5);
    for (std::size_t i = 0; i < scores.rows.size(); ++i) {
        const auto& row = scores.rows[i];
        if (row.split != fettle::Split::test || row.label == Label::unknown) continue;
        const bool called = values[i] > cut.threshold;
        const std::size_t group = row.label == Label::anomalous ? (called ? 2 : 0) : (called ? 1 : 3);
        out[std::isfinite(values[i]) ? group : 4].push_back(i);
    }
    for (std::size_t group = 0; group < 4; ++group) {
        const double sign = group == 1 || group == 2 ? -1 : 1;
        std::stable_sort(out[group].begin(), out[group].end(),
                         [&](std::size_t a, std::size_t b) { return sign * values[a] < sign * values[b]; });
    }
    return out;
}

/// Maps with the place of each sample in them.
struct Set {
    fettle::Ref<fettle::Maps> maps;
    std::unordered_map<std::string, std::size_t> index_of;
    double high = 1;
    std::size_t shown = 0, rebuilt = 0, masked = 0;  ///< rows: with a map, with a reconstruction, with a mask

    explicit Set(fettle::Ref<fettle::Maps> from) : maps(std::move(from)) {
        for (std::size_t i = 0; i < maps->size(); ++i) index_of.emplace(maps->info(i).id, i);
    }
};

/// What one set of maps shows of one row.
struct Shown {
    std::size_t set;
    fettle::Plane map;
    fettle::Ref<fettle::Sample> original;
    fettle::Ref<fettle::Sample> reconstruction;  ///< null where the map isn't about two images
};
using Shelf = std::vector<std::vector<Shown>>;  ///< one entry per row

Shelf read(std::span<const std::size_t> rows, const std::vector<Set>& sets, const fettle::Scores& scores) {
    Shelf out(rows.size());
    for (std::size_t s = 0; s < sets.size(); ++s) {
        Rows places, indices;
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (const auto at = sets[s].index_of.find(scores.rows[rows[i]].id); at != sets[s].index_of.end()) {
                fettle::require_same_label(scores.rows[rows[i]], sets[s].maps->info(at->second));
                places.push_back(i);
                indices.push_back(at->second);
            }
        if (indices.empty()) continue;
        const auto batch = sets[s].maps->read(indices), originals = sets[s].maps->reference()->read(indices);
        const auto reconstructions =
            sets[s].maps->candidate() == sets[s].maps->reference() ? nullptr : sets[s].maps->candidate()->read(indices);
        for (std::size_t k = 0; k < places.size(); ++k)
            out[places[k]].push_back(
                {s, batch->plane(k), originals->sample(k), reconstructions ? reconstructions->sample(k) : nullptr});
    }
    return out;
}

/// Where the colours of each set end: half of the maps reach it. One end for all, so that pictures can be compared; not
/// the highest value of all, so that one glaring case doesn't turn all others dark.
void find_highs(std::vector<Set>& sets, const Shelf& shelf) {
    for (std::size_t s = 0; s < sets.size(); ++s) {
        std::vector<float> highest;
        for (const auto& row : shelf)
            for (const Shown& each : row) {
                if (each.set != s) continue;
                float most = 0;
                bool any = false;
                for (const float value : each.map.values)
                    if (std::isfinite(value)) most = std::max(most, value), any = true;
                if (any) highest.push_back(most);
            }
        const double high = highest.empty() ? 0 : fettle::quantile(std::move(highest), 0.5);
        if (high > 0) sets[s].high = high;
    }
}

Json drawn(const std::vector<Shown>& row, const std::vector<Set>& sets, int side) {
    Json pictures = Json::array(), of_sets = Json::array();
    std::unordered_map<std::string, std::size_t> numbers;
    const auto add = [&](std::string uri) {
        const auto [place, fresh] = numbers.try_emplace(std::move(uri), pictures.size());
        if (fresh) pictures.push_back(place->first);
        return place->second;
    };
    for (const Shown& each : row) {
        const fettle::Sample& original = *each.original;
        Json numbered{{"set", each.set}};
        numbered["original"] = add(photo_uri(original.image, side));
        if (each.reconstruction) numbered["reconstruction"] = add(photo_uri(each.reconstruction->image, side));
        try {
            const auto grey = levels(each.map, original.image.width, original.image.height, sets[each.set].high);
            numbered["map"] = add(photo_uri(grey, side));
        } catch (const fettle::Error& error) {
            throw fettle::Error(error.fault(), "`" + original.info.id + "`: " + error.what());
        }
        if (!original.mask.empty()) numbered["mask"] = add(mask_uri(original.mask, side));
        of_sets.push_back(std::move(numbered));
    }
    return {{"pictures", std::move(pictures)}, {"sets", std::move(of_sets)}};
}

std::string drawn(const Shelf& shelf, const std::vector<Set>& sets, int side) {
    std::vector<std::string> entries(shelf.size());
    fettle::parallel_for_each_index(shelf.size(),
                                    [&](std::size_t i) { entries[i] = text(drawn(shelf[i], sets, side)); });
    std::string out = "[";
    for (const std::string& entry : entries) out += (out.size() == 1 ? "" : ",\n") + entry;
    return out + "]";
}

/// Makes the pictures smaller, and where that isn't enough the rows fewer, until they have room.
void fit(Room& room, Rows& rows, const Shelf& trial, const std::vector<Set>& sets) {
    for (;;) {
        const double each =
            static_cast<double>(drawn(trial, sets, room.side).size()) / static_cast<double>(trial.size());
        const double share = static_cast<double>(room.bytes) / (each * static_cast<double>(rows.size()));
        if (share >= 1) return;
        if (room.side <= smallest_side) {
            rows.resize(static_cast<std::size_t>(share * static_cast<double>(rows.size())));
            return;
        }
        // Bytes grow a little slower than the area; a step too small only means another one.
        room.side = std::max(smallest_side, static_cast<int>(room.side * std::min(0.95, std::sqrt(share))));
    }
}

/// Counts what of the rows can be shown; how many anomalous ones have no mask in any set.
std::size_t count_shown(const Rows& rows, const Shelf& shelf, std::vector<Set>& sets, const fettle::Scores& scores) {
    std::size_t without_mask = 0;
    for (std::size_t i = 0; i < shelf.size(); ++i) {
        bool masked = false;
        for (const Shown& each : shelf[i]) {
            Set& set = sets[each.set];
            ++set.shown;
            set.rebuilt += each.reconstruction != nullptr;
            set.masked += !each.original->mask.empty();
            masked |= !each.original->mask.empty();
        }
        without_mask += !masked && scores.rows[rows[i]].label == Label::anomalous;
    }
    return without_mask;
}

Rows spread(const Rows& rows) {
    if (rows.size() <= trial_rows) return rows;
    Rows out;
    for (std::size_t i = 0; i < trial_rows; ++i) out.push_back(rows[i * rows.size() / trial_rows]);
    return out;
}

}  // namespace

std::vector<std::size_t> telling_rows(const fettle::Measures& measures) {
    std::vector<Rows> queues;
    std::size_t longest = 0;
    for (const auto& judged : measures.judgements)
        for (Rows& group : by_outcome(measures.scores, judged.cut)) {
            longest = std::max(longest, group.size());
            queues.push_back(std::move(group));
        }
    Rows out;
    std::unordered_set<std::size_t> taken;
    const auto take = [&](std::size_t row) {
        if (taken.insert(row).second) out.push_back(row);
    };
    for (std::size_t k = 0; k < longest; ++k)
        for (const Rows& queue : queues)
            if (k < queue.size()) take(queue[k]);
    for (std::size_t row = 0; row < measures.scores.rows.size(); ++row)
        if (measures.scores.rows[row].split == fettle::Split::test) take(row);
    return out;
}

Gallery gallery(const fettle::Report::Found& found, const Room& wanted, const fettle::Context& context) {
    const fettle::Scores& scores = found.measures.scores;
    std::vector<Set> sets;
    for (const auto& maps : found.examples) sets.emplace_back(maps);
    Rows rows;
    for (const std::size_t row : telling_rows(found.measures))
        if (std::any_of(sets.begin(), sets.end(),
                        [&](const Set& set) { return set.index_of.contains(scores.rows[row].id); }))
            rows.push_back(row);
    const std::size_t held = rows.size();
    rows.resize(std::min(rows.size(), wanted.samples));

    Room room = wanted;
    if (!rows.empty()) {
        const Shelf trial = read(spread(rows), sets, scores);
        find_highs(sets, trial);
        fit(room, rows, trial, sets);
    }
    std::sort(rows.begin(), rows.end());  // neighbours are made together
    Gallery out;
    std::size_t without_mask = 0;
    for (std::size_t first = 0; first < rows.size(); first += rows_per_part) {
        context.check_stop();
        const std::size_t count = std::min(rows_per_part, rows.size() - first);
        const Rows part(rows.begin() + static_cast<std::ptrdiff_t>(first),
                        rows.begin() + static_cast<std::ptrdiff_t>(first + count));
        const Shelf shelf = read(part, sets, scores);
        without_mask += count_shown(part, shelf, sets, scores);
        out.parts.push_back(drawn(shelf, sets, room.side));
        context.progress(first + count, rows.size());
    }
    Json of_sets = Json::array();
    for (const Set& set : sets)
        of_sets.push_back({{"label", set.maps->label()},
                           {"high", set.high},
                           {"maps", set.shown},
                           {"rebuilt", set.rebuilt},
                           {"masked", set.masked}});
    const auto anomalous = std::count_if(rows.begin(), rows.end(),
                                         [&](std::size_t row) { return scores.rows[row].label == Label::anomalous; });
    out.about = {
        {"side", room.side},      {"each", rows_per_part},       {"held", held}, {"rows", rows}, {"sets", of_sets},
        {"anomalous", anomalous}, {"without_mask", without_mask}};
    return out;
}

}  // namespace report
