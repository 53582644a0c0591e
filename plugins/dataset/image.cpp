#include <fettle/image.hpp>
#include <fettle/sdk.hpp>

#include <filesystem>

namespace {

/// One image file, as a set of one sample: for `fettle metric`, and for a reference part to compare others with.
struct OneImage final : fettle::Dataset {
    std::filesystem::path path;
    std::string label = "unknown";

    static void describe(fettle::Describe<OneImage>& d) {
        d.summary("One image file.")
            .param("path", &OneImage::path, "The file.", fettle::required())
            .param("label", &OneImage::label, "What it shows.", fettle::one_of({"normal", "anomalous", "unknown"}));
    }

    fettle::Ref<fettle::Images> open(fettle::Context&) const override {
        fettle::SampleInfo info;
        info.id = path.filename().string();
        info.label = fettle::label_from(label);
        return fettle::lazy_images({info}, [path = path](std::size_t, std::uint32_t) {
            fettle::Sample sample;
            sample.image = fettle::decode_image(fettle::read_bytes(path), path.string()).image;
            return sample;
        });
    }
};

}  // namespace

void add_image(fettle::PluginBuilder& plugin) { plugin.add<OneImage>("dataset.image"); }
