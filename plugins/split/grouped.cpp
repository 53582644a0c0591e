#include "strata.hpp"

#include <fettle/duplicates.hpp>
#include <fettle/sdk.hpp>

#include <algorithm>
#include <numeric>

namespace {

using fettle::Error;
using fettle::Fault;
using fettle::Label;
using fettle::Split;

/// As split.one_class, but images that are copies of each other (the same part turned, mirrored, lit otherwise) never
/// fall on both sides: a network that has seen the copy of a test image is judged by its memory.
struct Grouped final : fettle::Splitter {
    double train = 0.7;
    double calibrate = 0.15;
    std::string test = "auto";
    int radius = fettle::Likeness{}.radius;
    double alike = fettle::Likeness{}.alike;
    fettle::Ref<fettle::Hash> hash;

    static void describe(fettle::Describe<Grouped>& d) {
        d.summary("Sound images train and calibrate, and near-duplicates stay together on one side.")
            .param("train", &Grouped::train, "Share of the sound images that trains.", fettle::between(0, 1))
            .param("calibrate", &Grouped::calibrate, "Share of the sound images that thresholds are fitted on.",
                   fettle::between(0, 1))
            .param("test", &Grouped::test,
                   "What tests: the \"published\" test folders (copies of their images are then left out of training), "
                   "the \"rest\", or \"auto\": published where there are any.",
                   fettle::one_of({"auto", "published", "rest"}))
            .param("radius", &Grouped::radius, "Bits in which the fingerprints of copies differ at most.",
                   fettle::between(0, 4096))
            .param(
                "alike", &Grouped::alike,
                "Correlation of the two images, shrunk to 24x24, from which they count as copies; -1 leaves it to the "
                "fingerprints.",
                fettle::between(-1, 1))
            .component("hash", &Grouped::hash, "What makes the fingerprints; 256 bits suit the defaults.")
            .labels("calibrate", fettle::Labels::normal)
            .check(&Grouped::shares_agree);
    }

    std::string shares_agree() const {
        return train + calibrate > 1 + 1e-9 ? "`train` and `calibrate` are shares of more than 1 together" : "";
    }

    std::vector<Split> assign(const fettle::Images& images, fettle::Random random) const override {
        const auto pairs = fettle::find_copies(fettle::look_at_all(images, *hash, [](std::size_t) {}), {radius, alike});
        const auto group_of = fettle::groups_of(images.size(), pairs);
        std::vector<std::vector<std::size_t>> groups;
        for (std::size_t i = 0; i < images.size(); ++i) {
            if (group_of[i] >= groups.size()) groups.resize(group_of[i] + 1);
            groups[group_of[i]].push_back(i);
        }
        return divided(images, std::move(groups), random);
    }

   private:
    std::vector<Split> divided(const fettle::Images& images, std::vector<std::vector<std::size_t>> groups,
                               fettle::Random& random) const {
        const bool published = keeps_published(images, test);
        std::vector<Split> splits(images.size(), published ? Split::none : Split::test);
        std::vector<std::vector<std::size_t>> pool;  // groups that may train or calibrate, shuffled
        for (const std::size_t g : random.permutation(groups.size())) {
            const auto is_published = [&](std::size_t i) { return images.info(i).published == "test"; };
            const bool tests = published && std::any_of(groups[g].begin(), groups[g].end(), is_published);
            for (const std::size_t i : groups[g])
                if (tests && is_published(i)) splits[i] = Split::test;
            const bool sound = std::all_of(groups[g].begin(), groups[g].end(),
                                           [&](std::size_t i) { return images.info(i).label == Label::normal; });
            if (sound && !tests) pool.push_back(std::move(groups[g]));
        }
        share_out(pool, splits, published);
        return splits;
    }

    /// Large groups first, each to the part that lacks most: so the shares come out right within a group's size.
    void share_out(std::vector<std::vector<std::size_t>>& pool, std::vector<Split>& splits, bool published) const {
        std::stable_sort(pool.begin(), pool.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
        double sound = 0;
        for (const auto& group : pool) sound += static_cast<double>(group.size());
        constexpr Split parts[] = {Split::train, Split::calibrate, Split::test};
        double lacking[] = {train * sound, calibrate * sound, (1 - train - calibrate) * sound};
        for (const auto& group : pool) {
            const auto most = static_cast<std::size_t>(std::max_element(lacking, lacking + 3) - lacking);
            lacking[most] -= static_cast<double>(group.size());
            for (const std::size_t i : group)
                splits[i] = parts[most] == Split::test && published ? Split::none : parts[most];
        }
        for (const Split part : {Split::train, Split::calibrate})
            if ((part == Split::train ? train : calibrate) > 0 &&
                std::find(splits.begin(), splits.end(), part) == splits.end())
                throw Error(Fault::data, "no group of sound images is left for `" + std::string(to_string(part)) +
                                             "`: there are " + std::to_string(pool.size()))
                    .parameter(std::string(to_string(part)))
                    .help("a smaller `radius` or a higher `alike` counts fewer images as copies");
    }
};

}  // namespace

void add_grouped(fettle::PluginBuilder& plugin) { plugin.add<Grouped>("split.grouped"); }
