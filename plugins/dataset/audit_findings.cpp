#include "audit_findings.hpp"

#include <fettle/parallel.hpp>

#include <algorithm>
#include <cmath>
#include <set>

namespace {

/// What one image adds to the sums of its part.
struct Tally {
    std::array<double, 3> sum{}, squares{};
    double pixels = 0, brightness = 0;
    bool grey = true;
    std::pair<int, int> size;
    bool mask = false;
};

Tally tally_of(const fettle::Sample& sample) {
    Tally tally;
    const auto& pixels = sample.image.pixels;
    std::array<std::uint64_t, 3> sum{}, squares{};
    for (std::size_t i = 0; i + 2 < pixels.size(); i += 3) {
        for (std::size_t c = 0; c < 3; ++c) {
            sum[c] += pixels[i + c];
            squares[c] += std::uint64_t{pixels[i + c]} * pixels[i + c];
        }
        tally.grey &= pixels[i] == pixels[i + 1] && pixels[i] == pixels[i + 2];
    }
    for (std::size_t c = 0; c < 3; ++c) {
        tally.sum[c] = static_cast<double>(sum[c]);
        tally.squares[c] = static_cast<double>(squares[c]);
    }
    tally.pixels = static_cast<double>(pixels.size() / 3);
    tally.brightness = (tally.sum[0] + tally.sum[1] + tally.sum[2]) / (3 * tally.pixels);
    tally.size = {sample.image.width, sample.image.height};
    tally.mask = !sample.mask.empty();
    return tally;
}

/// The sums behind means and deviations.
struct Sums {
    std::array<double, 3> sum{}, squares{};
    double pixels = 0, brightness = 0, brightness_squares = 0, images = 0;
};

void add(AuditedPart& part, Sums& sums, const fettle::SampleInfo& info, const Tally& tally) {
    ++(info.label == fettle::Label::normal      ? part.normal
       : info.label == fettle::Label::anomalous ? part.anomalous
                                                : part.unknown);
    ++part.categories[info.category];
    ++part.sizes[tally.size];
    part.grey += tally.grey;
    part.masks += tally.mask;
    for (std::size_t c = 0; c < 3; ++c) {
        sums.sum[c] += tally.sum[c];
        sums.squares[c] += tally.squares[c];
    }
    sums.pixels += tally.pixels;
    sums.brightness += tally.brightness;
    sums.brightness_squares += tally.brightness * tally.brightness;
    ++sums.images;
}

double deviation(double sum, double squares, double count) {
    return std::sqrt(std::max(0.0, squares / count - sum / count * (sum / count)));
}

void finish(AuditedPart& part, const Sums& sums) {
    for (std::size_t c = 0; c < 3; ++c) {
        part.colour_mean[c] = sums.sum[c] / sums.pixels;
        part.colour_deviation[c] = deviation(sums.sum[c], sums.squares[c], sums.pixels);
    }
    part.brightness_mean = sums.brightness / sums.images;
    part.brightness_deviation = deviation(sums.brightness, sums.brightness_squares, sums.images);
}

std::string part_name(const fettle::SampleInfo& info) {
    if (info.split != fettle::Split::none) return std::string(to_string(info.split));
    return info.published.empty() ? "all" : info.published;
}

}  // namespace

std::size_t Audit::seen_elsewhere(const std::string& part) const {
    std::set<std::size_t> seen;
    for (const fettle::Copies& pair : copies) {
        if (!crosses(pair)) continue;
        for (const std::size_t index : {pair.left, pair.right})
            if (part_of[index] == part) seen.insert(index);
    }
    return seen.size();
}

Audit audited(const fettle::Images& images, const fettle::Hash& hash, const fettle::Likeness& likeness,
              const fettle::Context& context) {
    Audit audit;
    audit.left_out = images.left_out();
    std::vector<fettle::Look> looks(images.size());
    std::map<std::string, Sums> sums;
    fettle::for_each_batch(images, 32, [&](std::size_t first, const fettle::Batch& batch) {
        context.check_stop();
        std::vector<Tally> tallies(batch.size());
        fettle::parallel_for_each_index(batch.size(), [&](std::size_t i) {
            tallies[i] = tally_of(*batch.sample(i));
            looks[first + i] = fettle::look_at(batch.sample(i)->image, hash);
        });
        for (std::size_t i = 0; i < batch.size(); ++i) {
            audit.infos.push_back(batch.info(i));
            audit.part_of.push_back(part_name(batch.info(i)));
            add(audit.parts[audit.part_of.back()], sums[audit.part_of.back()], batch.info(i), tallies[i]);
        }
        context.progress(first + batch.size(), images.size());
    });
    for (auto& [name, part] : audit.parts) finish(part, sums[name]);
    audit.copies = fettle::find_copies(looks, likeness);
    std::map<std::size_t, std::size_t> members;
    for (const std::size_t group : fettle::groups_of(images.size(), audit.copies)) ++members[group];
    for (const auto& [group, count] : members)
        if (count > 1) {
            ++audit.groups;
            audit.largest_group = std::max(audit.largest_group, count);
        }
    return audit;
}
