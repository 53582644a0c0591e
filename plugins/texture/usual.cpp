#include "usual.hpp"

#include <fettle/parallel.hpp>

#include <algorithm>
#include <span>

namespace texture {

using fettle::Error;
using fettle::Fault;

void for_each_sample(const fettle::Images& images, const std::vector<std::size_t>& indices,
                     const fettle::Context& context,
                     const std::function<void(std::size_t place, const fettle::Sample&)>& use,
                     const std::function<void(std::size_t count)>& done) {
    const std::size_t step = std::max<std::size_t>(32, images.block());
    for (std::size_t first = 0; first < indices.size(); first += step) {
        context.check_stop();
        const auto chosen = std::span(indices).subspan(first, std::min(step, indices.size() - first));
        fettle::parallel_for_each_index(
            chosen.size(), [&](std::size_t k) { use(first + k, *images.read(chosen.subspan(k, 1))->sample(0)); });
        done(first + chosen.size());
    }
}

std::vector<std::size_t> sound_places(const fettle::Images& train, const fettle::Context& context) {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < train.size(); ++i)
        if (train.info(i).label != fettle::Label::anomalous) places.push_back(i);
    constexpr std::size_t fewest = 3, few = 20;  // leaving one out must leave a deviation
    if (places.size() < fewest)
        throw Error(Fault::data, "what sound images look like can't be told from " + std::to_string(places.size()) +
                                     (places.size() == 1 ? " sample" : " samples"))
            .help("give `in.train` at least " + std::to_string(fewest) +
                  " images that aren't anomalous, better a few hundred");
    if (places.size() < few)
        context.warn("what sound images look like is told from " + std::to_string(places.size()) +
                     " samples; a few hundred make it reliable");
    return places;
}

std::unordered_set<std::string> ids_of(const fettle::Images& images, const std::vector<std::size_t>& places) {
    std::unordered_set<std::string> ids;
    for (const std::size_t i : places) ids.insert(images.info(i).id);
    return ids;
}

}  // namespace texture
