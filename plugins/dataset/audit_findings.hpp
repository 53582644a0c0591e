// What an audit finds out about a set of images: numbers, and the pairs that show the same thing.
#pragma once

#include <fettle/context.hpp>
#include <fettle/duplicates.hpp>
#include <fettle/ports.hpp>

#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

/// The samples of one part of a set: of a split, or of a publisher's folder.
struct AuditedPart {
    std::size_t normal = 0, anomalous = 0, unknown = 0, masks = 0;
    std::map<std::string, std::size_t> categories;
    std::map<std::pair<int, int>, std::size_t> sizes;  ///< width and height in pixels, and how many have them
    /// Over all pixels, 0..255: of red, green and blue; and of the images' own mean brightness, which says how much
    /// their light differs.
    std::array<double, 3> colour_mean{}, colour_deviation{};
    double brightness_mean = 0, brightness_deviation = 0;
    std::size_t grey = 0;  ///< images whose three channels are equal throughout

    std::size_t count() const { return normal + anomalous + unknown; }
};

struct Audit {
    std::vector<fettle::SampleInfo> infos;
    std::vector<std::string>
        part_of;  ///< per sample: "train", "calibrate", "test", or "all" where nothing divides them
    std::map<std::string, AuditedPart> parts;
    std::vector<fettle::Copies> copies;
    std::vector<std::string> left_out;  ///< what the data set could not read, a sentence each
    std::size_t groups = 0;             ///< of two images or more that are copies
    std::size_t largest_group = 0;      ///< images in the largest of them; 0 without copies

    bool crosses(const fettle::Copies& pair) const { return part_of[pair.left] != part_of[pair.right]; }
    /// Copies of which one is called sound and the other damaged.
    bool contradicts(const fettle::Copies& pair) const { return infos[pair.left].label != infos[pair.right].label; }
    /// Samples of `part` that have a copy in another part.
    std::size_t seen_elsewhere(const std::string& part) const;
};

/// Reads every image once, in batches; remembers about 3 KiB of each. Throws what reading throws, and Interrupted.
Audit audited(const fettle::Images& images, const fettle::Hash& hash, const fettle::Likeness& likeness,
              const fettle::Context& context);
