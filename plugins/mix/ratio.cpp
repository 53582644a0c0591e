#include "shares.hpp"

#include <fettle/sdk.hpp>
#include <fettle/statistics.hpp>
#include <fettle/unique_ids.hpp>

#include <algorithm>

namespace {

using fettle::Error;
using fettle::Fault;
using fettle::Images;
using fettle::Random;
using fettle::Ref;
using fettle::SampleInfo;

std::string many(std::size_t count) { return std::to_string(count) + (count == 1 ? " image" : " images"); }

/// `count` of `size` elements: each once before any is drawn again.
std::vector<std::size_t> draw(std::size_t count, std::size_t size, Random& random) {
    std::vector<std::size_t> picks;
    while (picks.size() < count) {
        const auto order = random.permutation(size);
        picks.insert(picks.end(), order.begin(),
                     order.begin() + static_cast<std::ptrdiff_t>(std::min(size, count - picks.size())));
    }
    return picks;
}

/// What was picked of a joined set, under the infos' ids.
Ref<Images> picked(const Ref<Images>& from, const std::vector<std::size_t>& picks,
                   const std::vector<SampleInfo>& infos) {
    return fettle::select_images(from, picks,
                                 [&infos, k = std::size_t{0}](SampleInfo& info) mutable { info.id = infos[k++].id; });
}

/// Sets joined in proportions: so many real images, so many synthetic ones.
struct Ratio final : fettle::Stage {
    struct In {
        std::vector<Ref<Images>> images, targets;
    };
    struct Out {
        Ref<Images> images, targets;
    };
    std::vector<double> ratios;
    int total = 0;
    bool repeat = false;

    static void describe(fettle::Describe<Ratio>& d) {
        d.summary("Sets of images joined in stated proportions, drawn and shuffled at random.")
            .in("images", &In::images, "The sets to mix.")
            .in("targets", &In::targets,
                "A set for each of `images`, sample by sample: what a network should make of them.",
                fettle::optional_port())
            .out("images", &Out::images, "What was drawn, shuffled.")
            .out("targets", &Out::targets,
                 "The targets of what was drawn, in the same order; without `in.targets` the images themselves.")
            .param("ratios", &Ratio::ratios,
                   "How much of each set there is, in proportion: `[1, 3]` is a quarter of it.",
                   fettle::at_least(0) & fettle::required())
            .param("total", &Ratio::total,
                   "How many images there are in all; 0 for as many as the sets hold in these proportions.",
                   fettle::at_least(0))
            .param("repeat", &Ratio::repeat,
                   "Whether an image may be drawn again once all of its set were; otherwise a set that holds too few "
                   "is an error.")
            .random()
            .check(&Ratio::some_ratio);
    }

    std::string some_ratio() const {
        const bool none = std::all_of(ratios.begin(), ratios.end(), [](double ratio) { return ratio == 0; });
        return none ? "`ratios` needs a number above 0" : "";
    }

    Out run(const In& in, fettle::Context& context) const {
        require_sets(in);
        const auto shares = shares_of(ratios);
        std::vector<std::size_t> sizes;
        for (const auto& set : in.images) sizes.push_back(set->size());
        const std::size_t wanted = total > 0 ? static_cast<std::size_t>(total) : largest_total(shares, sizes);
        const auto counts = fettle::apportioned(shares, wanted);
        require_enough(in, counts, largest_total(shares, sizes));
        const auto picks = draw_all(counts, sizes, Random(context.seed()));
        const auto images = fettle::join_images(in.images);
        std::vector<SampleInfo> infos;
        for (const std::size_t i : picks) infos.push_back(images->info(i));
        fettle::make_ids_unique(infos);
        const auto out = picked(images, picks, infos);
        return {out, in.targets.empty() ? out : picked(fettle::join_images(in.targets), picks, infos)};
    }

   private:
    /// Indices into the joined sets, shuffled.
    static std::vector<std::size_t> draw_all(const std::vector<std::size_t>& counts,
                                             const std::vector<std::size_t>& sizes, Random random) {
        std::vector<std::size_t> drawn, picks;
        std::size_t offset = 0;
        for (std::size_t k = 0; k < counts.size(); ++k) {
            for (const std::size_t i : draw(counts[k], sizes[k], random)) drawn.push_back(offset + i);
            offset += sizes[k];
        }
        for (const std::size_t place : random.permutation(drawn.size())) picks.push_back(drawn[place]);
        return picks;
    }

    void require_sets(const In& in) const {
        if (in.images.size() != ratios.size())
            throw Error(Fault::data, "`ratios` has " + std::to_string(ratios.size()) + " numbers, `in.images` " +
                                         std::to_string(in.images.size()) + " sets")
                .parameter("ratios")
                .help("give one number for each set, in their order");
        if (in.targets.empty()) return;
        if (in.targets.size() != in.images.size())
            throw Error(Fault::shape, "`in.targets` has " + std::to_string(in.targets.size()) + " sets, `in.images` " +
                                          std::to_string(in.images.size()))
                .help("each set of images needs its targets, in the same order");
        for (std::size_t k = 0; k < in.images.size(); ++k)
            if (in.targets[k]->size() != in.images[k]->size())
                throw Error(Fault::shape, "set " + std::to_string(k + 1) + " of `in.images` holds " +
                                              many(in.images[k]->size()) + ", that of `in.targets` " +
                                              many(in.targets[k]->size()))
                    .help("sample by sample they must belong together: give the images before and after one stage");
    }

    void require_enough(const In& in, const std::vector<std::size_t>& counts, std::size_t most) const {
        for (std::size_t k = 0; k < counts.size(); ++k) {
            const std::size_t there = in.images[k]->size();
            if (counts[k] <= there || (repeat && there > 0)) continue;
            throw Error(Fault::data, "set " + std::to_string(k + 1) + " of `in.images` holds " + many(there) +
                                         ", but `ratios` and `total` ask for " + std::to_string(counts[k]) +
                                         " of it: " + std::to_string(counts[k] - there) + " are missing")
                .parameter("total")
                .help(there == 0 ? "the set is empty"
                                 : "in these proportions there are enough for " + std::to_string(most) +
                                       "; `repeat = true` draws images more than once");
        }
    }
};

}  // namespace

void add_ratio(fettle::PluginBuilder& plugin) { plugin.add<Ratio>("mix.ratio"); }
