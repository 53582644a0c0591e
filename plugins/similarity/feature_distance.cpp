#include "pair.hpp"

namespace {

using fettle::Tensor;

/// How far apart the features of a frozen network are: at each place of each of its layers the squared distance of the
/// two feature vectors, brought to length 1, enlarged to the images' size (bilinear) and summed over layers. Without
/// its learnt weights this is LPIPS (R. Zhang et al., "The unreasonable effectiveness of deep features as a perceptual
/// metric", CVPR 2018), and twice the distance of G. Wang et al., "Student-teacher feature pyramid matching for anomaly
/// detection" (BMVC 2021). 0 to 4 per layer; 0 to 2 where no feature is negative.
struct FeatureDistance final : fettle::Similarity {
    fettle::Ref<fettle::Pretrained> network;

    static void describe(fettle::Describe<FeatureDistance>& d) {
        d.summary("Distance of a frozen network's features, each of length 1, summed over its layers.")
            .component("network", &FeatureDistance::network, "The network whose features are compared.");
    }

    Tensor compare(const Tensor& reference, const Tensor& candidate) const override {
        similarity::require_same(reference, candidate);
        const auto r = network->features(reference), c = network->features(candidate);
        if (r.empty()) throw fettle::Error(fettle::Fault::plugin, "the network gives no features").parameter("network");
        Tensor sum;
        for (std::size_t layer = 0; layer < r.size(); ++layer) {
            require_features(r[layer], reference.size(0));
            similarity::require_same(r[layer], c[layer]);
            const Tensor distance = (directions(r[layer]) - directions(c[layer])).square().sum(/*dim=*/1, true);
            const Tensor map = torch::upsample_bilinear2d(distance, {reference.size(2), reference.size(3)},
                                                          /*align_corners=*/false);
            sum = sum.defined() ? sum + map : map;
        }
        return sum;
    }

   private:
    /// Of length 1, but for a vector of zeros, which stays one.
    static Tensor directions(const Tensor& features) {
        constexpr double least = 1e-10;
        return features / (features.square().sum(/*dim=*/1, /*keepdim=*/true) + least).sqrt();
    }

    static void require_features(const Tensor& features, std::int64_t images) {
        if (features.dim() == 4 && features.size(0) == images && features.numel() > 0) return;
        std::string shape;
        for (const auto length : features.sizes()) shape += (shape.empty() ? "" : " x ") + std::to_string(length);
        throw fettle::Error(fettle::Fault::shape,
                            "the network gives features of " + shape + " for " + std::to_string(images) + " images")
            .parameter("network")
            .help("export layers that keep their places: images x features x height x width");
    }
};

}  // namespace

void add_feature_distance(fettle::PluginBuilder& plugin) { plugin.add<FeatureDistance>("similarity.feature_distance"); }
