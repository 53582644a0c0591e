#include "tree_dataset.hpp"

#include "layout.hpp"

#include <algorithm>
#include <cmath>

namespace {

using fettle::Error;
using fettle::Fault;

/// "`a.jpg` is empty; `b.jpg` is cut short; and 5 more"
std::string listed(const std::vector<std::string>& texts) {
    constexpr std::size_t shown = 5;
    std::string out;
    for (std::size_t i = 0; i < std::min(shown, texts.size()); ++i) out += (i > 0 ? "; " : "") + texts[i];
    if (texts.size() > shown) out += "; and " + std::to_string(texts.size() - shown) + " more";
    return out;
}

std::string counted(std::size_t count, const std::string& thing) {
    return std::to_string(count) + " " + thing + (count == 1 ? "" : "s");
}

/// At most `limit` of the images, evenly spread, so that every folder is drawn from.
void thin_out(std::vector<LaidOut>& images, std::size_t limit) {
    if (limit == 0 || images.size() <= limit) return;
    std::vector<LaidOut> kept;
    for (std::size_t k = 0; k < limit; ++k) kept.push_back(std::move(images[k * images.size() / limit]));
    images = std::move(kept);
}

/// What is wrong with a file, in a sentence that names it; empty: nothing that shows without decoding.
std::string trouble_with(const FileTree& tree, std::size_t file) {
    const std::string& name = tree.names()[file];
    if (is_unsafe(name)) return "`" + name + "` has a name that leads out of the archive";
    try {
        const std::string trouble = fettle::image_trouble(tree.read(file));
        return trouble.empty() ? "" : "`" + name + "` " + trouble;
    } catch (const Error& error) {
        return error.what();
    }
}

/// Leaves out what can't be read; returns a sentence for each.
std::vector<std::string> leave_out_bad(std::vector<LaidOut>& images, const FileTree& tree) {
    std::vector<std::string> troubles(images.size());
    fettle::parallel_for_each_index(images.size(), [&](std::size_t i) {
        troubles[i] = trouble_with(tree, images[i].file);
        if (troubles[i].empty() && images[i].mask) troubles[i] = trouble_with(tree, *images[i].mask);
    });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < images.size(); ++i)
        if (troubles[i].empty()) std::swap(images[kept++], images[i]);
    images.resize(kept);
    std::erase(troubles, "");
    return troubles;
}

/// Masks were asked for: says where they are missing.
void look_for_masks(const std::vector<LaidOut>& images, const std::string& masks, fettle::Context& context) {
    std::vector<std::string> bare;
    std::size_t with_mask = 0;
    for (const LaidOut& image : images) {
        with_mask += image.mask.has_value();
        if (image.info.label == fettle::Label::anomalous && !image.mask) bare.push_back("`" + image.info.id + "`");
    }
    if (with_mask == 0)
        throw Error(Fault::data, "no image has a mask where `masks = \"" + masks + "\"` says they lie")
            .parameter("masks")
            .help(
                "beside: `x_mask.png`, or `x.png` of `x.jpg`; parallel: `ground_truth/crack/x_mask.png` of "
                "`test/crack/x.png`");
    if (!bare.empty()) context.warn(counted(bare.size(), "anomalous image") + " without a mask: " + listed(bare));
}

/// Gives the pixels that an alpha hides the object's mean colour: what a file holds there (black, often) would bleed
/// into the object's edge when it is resized.
void colour_hidden(fettle::Image& image, const fettle::Image& alpha) {
    std::array<std::uint64_t, 3> sum{};
    std::uint64_t weight = 0;
    for (std::size_t i = 0; i < alpha.pixels.size(); ++i) {
        weight += alpha.pixels[i];
        for (std::size_t c = 0; c < 3; ++c) sum[c] += std::uint64_t{alpha.pixels[i]} * image.pixels[3 * i + c];
    }
    if (weight == 0) return;
    for (std::size_t i = 0; i < alpha.pixels.size(); ++i)
        for (std::size_t c = 0; c < 3 && alpha.pixels[i] == 0; ++c)
            image.pixels[3 * i + c] = static_cast<std::uint8_t>(sum[c] / weight);
}

}  // namespace

fettle::Ref<fettle::Images> TreeDataset::images_of(std::shared_ptr<const FileTree> tree,
                                                   fettle::Context& context) const {
    const LayoutRules rules{normal, fettle::label_from(label),
                            masks == "none"     ? LayoutRules::Masks::none
                            : masks == "beside" ? LayoutRules::Masks::beside
                                                : LayoutRules::Masks::parallel,
                            mask_folder, extensions};
    auto images = lay_out(tree->names(), rules);
    if (images.empty()) {
        std::string known;
        for (const auto& extension : extensions) known += (known.empty() ? "" : ", ") + extension;
        const std::size_t others = tree->names().size();
        throw Error(Fault::data, "`" + path.string() + "` holds " +
                                     (others == 0 ? "no file" : "no image, but " + counted(others, "other file")))
            .parameter("path")
            .help("images are the files that end in " + known);
    }
    if (const std::size_t pairs = count_pairs(images); masks == "none" && pairs > 0)
        context.warn(
            counted(pairs, "image") + " of `" + path.string() +
            "` may have masks beside them, which now count as images; `masks = \"beside\"` takes them as masks");
    thin_out(images, static_cast<std::size_t>(limit));

    const std::size_t looked_at = images.size();
    if (const auto troubles = leave_out_bad(images, *tree); !troubles.empty()) {
        const std::string text = std::to_string(troubles.size()) + " of " + counted(looked_at, "file") + " of `" +
                                 path.string() + "` can't be read: " + listed(troubles);
        const double share = static_cast<double>(troubles.size()) / static_cast<double>(looked_at);
        if (share > tolerate || images.empty())
            throw Error(Fault::data, text)
                .parameter("tolerate")
                .help("mend or remove them, or raise `tolerate` above " +
                      std::to_string(std::ceil(share * 1000) / 1000).substr(0, 5));
        context.warn(text + "; left out");
    }
    if (masks != "none") look_for_masks(images, masks, context);

    std::vector<fettle::SampleInfo> infos;
    for (const LaidOut& image : images) infos.push_back(image.info);
    const auto make = [tree, images = std::move(images), size = size, keep_alpha = alpha == "mask"](std::size_t index,
                                                                                                    std::uint32_t) {
        const auto& [info, file, mask] = images[index];
        fettle::Decoded decoded = fettle::decode_image(tree->read(file), info.id);
        fettle::Sample sample;
        sample.image = std::move(decoded.image);
        if (keep_alpha && !decoded.alpha.empty()) {
            colour_hidden(sample.image, decoded.alpha);
            sample.mask = std::move(decoded.alpha);
        }
        if (mask) {
            const std::string& name = tree->names()[*mask];
            sample.mask = fettle::decode_mask(tree->read(*mask), name);
            if (sample.mask.width != sample.image.width || sample.mask.height != sample.image.height)
                throw Error(Fault::data, "`" + info.id + "` is " + std::to_string(sample.image.width) + "x" +
                                             std::to_string(sample.image.height) + ", its mask `" + name + "` " +
                                             std::to_string(sample.mask.width) + "x" +
                                             std::to_string(sample.mask.height));
        }
        if (size[0] > 0) {
            sample.image = fettle::resize_image(sample.image, size[0], size[1]);
            sample.mask = fettle::resize_mask(sample.mask, size[0], size[1]);
        }
        return sample;
    };
    return fettle::lazy_images(std::move(infos), make);
}
