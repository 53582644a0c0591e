#include "montage.hpp"
#include "output.hpp"

#include <fettle/sdk.hpp>

namespace {

/// The cases worth looking at as pictures, for slides and for machines without a browser: images/*.png.
struct Images final : fettle::Report {
    int examples = 8;
    int picture = 160;

    static void describe(fettle::Describe<Images>& d) {
        d.summary(
             "Writes `images/*.png`: original, reconstruction, map, overlay and mask of the cases worth looking at, a "
             "picture for each outcome of each threshold.")
            .param("examples", &Images::examples, "How many cases of each outcome are shown, the most telling first.",
                   fettle::between(1, 100))
            .param("picture", &Images::picture, "Longest side of one picture, in pixels.", fettle::between(32, 1024));
    }

    Written write(const Found& found, const std::filesystem::path& folder, fettle::Context& context) const override {
        report::Names names({.marks = "_-. ", .beyond_ascii = true});
        const auto montages = report::montages(found, {examples, picture}, context);
        for (const report::Montage& montage : montages)
            report::put_file(folder / "images" / (names({montage.group + " " + montage.name}) + ".png"),
                             report::png(montage.image));
        if (montages.empty())
            context.warn(
                found.examples.empty() && found.networks.empty()
                    ? "there is nothing to show: connect maps to `in.examples` or networks to `in.networks`"
                    : "there is nothing to show: no test sample with a label has a map, no network has examples");
        return {};
    }
};

}  // namespace

void add_images(fettle::PluginBuilder& plugin) { plugin.add<Images>("report.images"); }
