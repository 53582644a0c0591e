#include "verify.hpp"

#include "strict_jpeg.hpp"

#include <fettle/error.hpp>
#include <fettle/image.hpp>
#include <fettle/parallel.hpp>

namespace {

using Bytes = std::vector<std::uint8_t>;

std::string quoted(const std::string& name) { return "`" + name + "`"; }

std::string size_text(int width, int height) { return std::to_string(width) + "x" + std::to_string(height); }

/// What is wrong with a file by its header, as the end of a sentence about it; empty: nothing.
std::string trouble_of(const fettle::ImageHeader& header, const VerifyRules& rules) {
    if (!header.trouble.empty()) return header.trouble;
    if (header.animated) return "is animated, and a sample is one picture";
    if (header.pixels() > rules.pixel_limit)
        return "is " + size_text(header.width, header.height) + ", more pixels than the " +
               std::to_string(rules.pixel_limit) + " of `pixel_limit`";
    return "";
}

/// A file that was read and looked at; throws Error where it can't be used.
struct Looked {
    Looked(const FileTree& tree, std::size_t file, const VerifyRules& rules) : name(tree.names()[file]) {
        if (is_unsafe(name)) refuse("has a name that leads out of the archive");
        bytes = tree.read(file);
        header = fettle::read_image_header(bytes);
        if (const std::string trouble = trouble_of(header, rules); !trouble.empty()) refuse(trouble);
    }
    [[noreturn]] void refuse(const std::string& why) const {
        throw fettle::Error(fettle::Fault::data, quoted(name) + " " + why);
    }

    const std::string& name;
    Bytes bytes;
    fettle::ImageHeader header;
};

/// Sizes are compared as they are stored; where they are each other's sides changed over, EXIF orientation may have
/// turned one of them, which decoding tells.
bool same_size(const Looked& image, const Looked& mask) {
    if (image.header.width == mask.header.width && image.header.height == mask.header.height) return true;
    if (image.header.width != mask.header.height || image.header.height != mask.header.width) return false;
    const fettle::Image picture = fettle::decode_image(image.bytes, image.name).image;
    const fettle::Image plane = fettle::decode_mask(mask.bytes, mask.name);
    return picture.width == plane.width && picture.height == plane.height;
}

void decode_whole(const Looked& file) {
    if (const std::string damage = jpeg_damage(file.bytes); !damage.empty()) file.refuse(damage);
    fettle::decode_image(file.bytes, file.name);
}

void look_at(const LaidOut& image, const FileTree& tree, const VerifyRules& rules) {
    const Looked picture(tree, image.file, rules);
    if (rules.decode) decode_whole(picture);
    if (!image.mask) return;
    const Looked mask(tree, *image.mask, rules);
    if (rules.decode) decode_whole(mask);
    if (!same_size(picture, mask))
        throw fettle::Error(fettle::Fault::data, quoted(picture.name) + " is " +
                                                     size_text(picture.header.width, picture.header.height) +
                                                     ", its mask " + quoted(mask.name) + " " +
                                                     size_text(mask.header.width, mask.header.height));
}

}  // namespace

std::vector<std::string> leave_out_bad(std::vector<LaidOut>& images, const FileTree& tree, const VerifyRules& rules,
                                       const fettle::Context& context) {
    std::vector<std::string> troubles(images.size());
    std::unordered_map<std::string_view, std::size_t> seen;
    for (std::size_t i = 0; i < images.size(); ++i) {
        const auto [first, fresh] = seen.emplace(images[i].info.id, images[i].file);
        if (fresh) continue;
        troubles[i] = quoted(tree.names()[images[i].file]) + " is `" + images[i].info.id + "` once more";
        if (first->second != images[i].file) troubles[i] += ", after " + quoted(tree.names()[first->second]);
    }
    fettle::parallel_for_each_index(images.size(), [&](std::size_t i) {
        context.check_stop();
        if (!troubles[i].empty()) return;
        try {
            look_at(images[i], tree, rules);
        } catch (const fettle::Error& error) {
            troubles[i] = error.what();
        }
    });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < images.size(); ++i) {
        if (!troubles[i].empty()) continue;
        if (kept != i) images[kept] = std::move(images[i]);
        ++kept;
    }
    images.resize(kept);
    std::erase(troubles, "");
    return troubles;
}
