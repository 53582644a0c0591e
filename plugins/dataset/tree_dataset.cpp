#include "tree_dataset.hpp"

#include "verify.hpp"

#include <fettle/image.hpp>

#include <algorithm>
#include <cmath>
#include <set>

namespace {

using fettle::Error;
using fettle::Fault;

/// At most `limit` of the images, evenly spread, so that every folder is drawn from.
void thin_out(std::vector<LaidOut>& images, std::size_t limit) {
    if (limit == 0 || images.size() <= limit) return;
    std::vector<LaidOut> kept;
    for (std::size_t k = 0; k < limit; ++k) kept.push_back(std::move(images[k * images.size() / limit]));
    images = std::move(kept);
}

/// Files that a person may believe to be read: archives inside, and kinds of picture that aren't.
std::vector<std::string> passed_over(const FileTree& tree) {
    const std::set<std::string> pictures{".gif", ".heic", ".avif", ".jp2", ".jxl"};
    std::vector<std::string> sentences;
    for (const auto& name : tree.names()) {
        if (is_archive_name(name))
            sentences.push_back("`" + name + "` is an archive inside; what it holds isn't read");
        else if (const auto parts = taken_apart(name); pictures.contains(parts.extension))
            sentences.push_back("`" + name + "` is of a kind that isn't read");
    }
    return sentences;
}

void say_bare(const std::vector<LaidOut>& images, fettle::Context& context) {
    std::vector<std::string> bare;
    for (const LaidOut& image : images)
        if (image.info.label == fettle::Label::anomalous && !image.mask) bare.push_back("`" + image.info.id + "`");
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

/// The first channel as it is: an alpha that was stored as a grey picture.
fettle::Image soft_mask(const std::vector<std::uint8_t>& bytes, const std::string& name) {
    const fettle::Image grey = fettle::decode_image(bytes, name).image;
    fettle::Image mask(grey.width, grey.height, 1);
    for (std::size_t i = 0; i < mask.pixels.size(); ++i) mask.pixels[i] = grey.pixels[3 * i];
    return mask;
}

/// Makes samples of files; every thread's own, it shares nothing that changes.
struct Reading {
    std::shared_ptr<const FileTree> tree;
    std::vector<LaidOut> images;
    std::array<int, 2> size;
    bool scaled, keep_alpha;

    fettle::Sample operator()(std::size_t index, std::uint32_t) const {
        const LaidOut& image = images[index];
        // A mask's coordinates are those of the whole picture, but it is resized on its own: scaling the JPEG is fine.
        const fettle::WantedSize wanted = scaled ? fettle::WantedSize{size[0], size[1]} : fettle::WantedSize{};
        fettle::Decoded decoded = fettle::decode_image(tree->read(image.file), tree->names()[image.file], wanted);
        fettle::Sample sample;
        sample.image = std::move(decoded.image);
        sample.lineage = image.lineage;
        if (keep_alpha && !decoded.alpha.empty()) {
            colour_hidden(sample.image, decoded.alpha);
            sample.mask = std::move(decoded.alpha);
        }
        if (image.mask) sample.mask = mask_of(image);
        if (size[0] > 0) {
            if (sample.image.width != size[0] || sample.image.height != size[1])
                sample.image = fettle::resize_image(sample.image, size[0], size[1]);
            sample.mask = fettle::resize_mask(sample.mask, size[0], size[1]);
        }
        return sample;
    }

    fettle::Image mask_of(const LaidOut& image) const {
        const std::string& name = tree->names()[*image.mask];
        const auto bytes = tree->read(*image.mask);
        return image.mask_level == soft ? soft_mask(bytes, name) : fettle::decode_mask(bytes, name, image.mask_level);
    }
};

}  // namespace

std::string TreeDataset::sizes_agree() const {
    if ((size[0] == 0) == (size[1] == 0)) return "";
    return "`size` is [" + std::to_string(size[0]) + ", " + std::to_string(size[1]) + "]; either both are 0 or none is";
}

std::shared_ptr<const FileTree> TreeDataset::opened() const {
    return open_tree(path, static_cast<std::size_t>(memory) << 20);
}

fettle::Ref<fettle::Images> TreeDataset::images_of(std::shared_ptr<const FileTree> tree, Found found,
                                                   fettle::Context& context) const {
    const std::size_t looked_at =
        std::min(found.images.size(), limit > 0 ? static_cast<std::size_t>(limit) : SIZE_MAX) + found.refused.size();
    thin_out(found.images, static_cast<std::size_t>(limit));
    std::vector<std::string> left_out = std::move(found.refused);
    for (auto& sentence :
         leave_out_bad(found.images, *tree, {static_cast<std::uint64_t>(pixel_limit), verify == "decode"}, context))
        left_out.push_back(std::move(sentence));
    if (!left_out.empty()) {
        const std::string text = std::to_string(left_out.size()) + " of " + counted(looked_at, "file") + " of `" +
                                 path.string() + "` can't be used: " + listed(left_out);
        const double share = static_cast<double>(left_out.size()) / static_cast<double>(looked_at);
        if (share > tolerate || found.images.empty())
            throw Error(Fault::data, text)
                .parameter(found.images.empty() ? "path" : "tolerate")
                .help(found.images.empty() ? "none is left to go on with"
                                           : "mend or remove them, or raise `tolerate` to " +
                                                 std::to_string(std::ceil(share * 1000) / 1000).substr(0, 5));
        context.warn(text + "; left out");
    }
    if (auto others = passed_over(*tree); !others.empty()) {
        context.warn(counted(others.size(), "file") + " of `" + path.string() + "` passed over: " + listed(others));
        std::move(others.begin(), others.end(), std::back_inserter(left_out));
    }
    if (found.says_masks) say_bare(found.images, context);

    std::vector<fettle::SampleInfo> infos;
    infos.reserve(found.images.size());
    for (LaidOut& image : found.images) infos.push_back(std::move(image.info));
    return fettle::lazy_images(std::move(infos),
                               Reading{std::move(tree), std::move(found.images), size, scaled, found.keep_alpha}, false,
                               std::move(left_out));
}

void TreeDataset::report_layout(const FileTree& tree, const std::string& what, const std::string& expected) const {
    std::set<std::string> tops;
    std::vector<std::string> archives;
    for (const auto& name : tree.names()) {
        if (is_archive_name(name)) archives.push_back("`" + name + "`");
        if (const auto slash = name.find('/'); slash != std::string::npos)
            tops.insert("`" + name.substr(0, slash) + "/`");
    }
    const std::size_t files = tree.names().size();
    const std::string holds = files == 0 ? "no file" : "no " + what + ", but " + counted(files, "other file");
    std::string help = expected;
    if (!tops.empty()) help += "; at its top it has " + listed({tops.begin(), tops.end()});
    if (!archives.empty())
        help += "; archives inside aren't opened (" + listed(archives) + "): give one of them as `path`";
    throw Error(Fault::data, "`" + path.string() + "` holds " + holds).parameter("path").help(help);
}

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
