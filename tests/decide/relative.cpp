// Metrics that divide by an image's brightness, and so have no number for a black picture: what a user's own metric may
// do. Built as a plugin of its own, for the test of missing scores alone.
#include <fettle/planes.hpp>
#include <fettle/sdk.hpp>

#include <cmath>
#include <numeric>

namespace {

using fettle::Images;
using fettle::Plane;
using fettle::Ref;

double brightness(const fettle::Image& image) {
    return std::accumulate(image.pixels.begin(), image.pixels.end(), 0.0) / static_cast<double>(image.pixels.size());
}

/// The mean difference as a share of the brightness.
struct Relative final : fettle::Distance {
    static void describe(fettle::Describe<Relative>& d) { d.summary("Mean difference over mean brightness."); }

    double distance(const fettle::Image& reference, const fettle::Image& candidate) const override {
        double sum = 0;
        for (std::size_t i = 0; i < reference.pixels.size(); ++i)
            sum += std::abs(reference.pixels[i] - candidate.pixels[i]);
        return sum / static_cast<double>(reference.pixels.size()) / brightness(reference);
    }
};

class Maps final : public fettle::Maps {
   public:
    Maps(Ref<Images> reference, Ref<Images> candidate) : reference_(reference), candidate_(candidate) {}

    std::size_t size() const override { return reference_->size(); }
    const fettle::SampleInfo& info(std::size_t index) const override { return reference_->info(index); }
    std::string label() const override { return "relative"; }
    Ref<Images> reference() const override { return reference_; }
    Ref<Images> candidate() const override { return candidate_; }

    Ref<fettle::Batch> read(std::span<const std::size_t> indices, std::uint32_t round) const override {
        const auto references = reference_->read(indices, round), candidates = candidate_->read(indices, round);
        std::vector<fettle::SampleInfo> infos;
        std::vector<std::shared_ptr<const Plane>> planes;
        for (std::size_t k = 0; k < indices.size(); ++k) {
            infos.push_back(info(indices[k]));
            planes.push_back(std::make_shared<Plane>(map(references->sample(k)->image, candidates->sample(k)->image)));
        }
        return std::make_shared<fettle::Batch>(std::move(infos),
                                               std::make_shared<fettle::PlanePart>(std::move(planes)));
    }

   private:
    static Plane map(const fettle::Image& reference, const fettle::Image& candidate) {
        Plane out{reference.width, reference.height, {}};
        const auto mean = static_cast<float>(brightness(reference));
        for (int y = 0; y < out.height; ++y)
            for (int x = 0; x < out.width; ++x)
                out.values.push_back(static_cast<float>(std::abs(*reference.at(x, y) - *candidate.at(x, y))) / mean);
        return out;
    }

    Ref<Images> reference_, candidate_;
};

struct RelativeMaps final : fettle::Stage {
    struct In {
        Ref<Images> reference, candidate;
    };
    struct Out {
        Ref<fettle::Maps> maps;
    };
    static void describe(fettle::Describe<RelativeMaps>& d) {
        d.summary("Differences over mean brightness.")
            .in("reference", &In::reference, "The images as they are.")
            .in("candidate", &In::candidate, "The images to compare with them.")
            .out("maps", &Out::maps, "A map for each.");
    }
    Out run(const In& in, fettle::Context&) const { return {std::make_shared<Maps>(in.reference, in.candidate)}; }
};

}  // namespace

FETTLE_PLUGIN(relative, "1.0.0", "Metrics that divide by brightness") {
    plugin.add<Relative>("test.relative");
    plugin.add<RelativeMaps>("test.relative_maps");
}
