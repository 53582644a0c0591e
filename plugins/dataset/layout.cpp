#include "layout.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

namespace {

std::string joined(const std::vector<std::string>& folders, const std::string& stem) {
    std::string out;
    for (const auto& folder : folders) out += folder + '/';
    return out + stem;
}

bool is_split(const std::string& folder) { return lower(folder) == "train" || lower(folder) == "test"; }

bool is_holder(const std::string& folder) {
    constexpr std::array<std::string_view, 4> holders{"images", "image", "imgs", "img"};
    return std::find(holders.begin(), holders.end(), lower(folder)) != holders.end();
}

fettle::SampleInfo info_of(const std::string& path, const PathParts& name, const LayoutRules& rules) {
    fettle::SampleInfo info;
    info.id = path;
    info.label = rules.label;
    for (const auto& folder : name.folders)
        if (is_split(folder)) info.published = lower(folder);
    const auto nearest = std::find_if_not(name.folders.rbegin(), name.folders.rend(), is_holder);
    if (nearest == name.folders.rend() || is_split(*nearest)) return info;
    info.category = *nearest;
    const auto same = [&](const std::string& sound) { return lower(sound) == lower(info.category); };
    const bool sound = std::any_of(rules.normal.begin(), rules.normal.end(), same);
    info.label = sound ? fettle::Label::normal : fettle::Label::anomalous;
    return info;
}

/// Masks by folder and stem, and where to look for the one that belongs to an image.
class MaskFinder {
   public:
    MaskFinder(const std::vector<PathParts>& names, const LayoutRules& rules) : rules_(rules) {
        if (rules.masks == LayoutRules::Masks::none) return;
        std::map<std::string, int> images_of_stem;
        for (const PathParts& name : names)
            if (is_image(name)) ++images_of_stem[joined(name.folders, name.stem)];
        for (std::size_t i = 0; i < names.size(); ++i) {
            const std::string key = joined(names[i].folders, names[i].stem);
            if (is_image(names[i]) && is_mask(names[i], images_of_stem[key])) masks_[key] = i;
        }
    }

    bool is_image(const PathParts& name) const {
        const auto& known = rules_.extensions;
        return std::any_of(known.begin(), known.end(), [&](const auto& each) { return lower(each) == name.extension; });
    }
    bool holds(std::size_t file, const PathParts& name) const {
        const auto mask = masks_.find(joined(name.folders, name.stem));
        return (mask != masks_.end() && mask->second == file) || lies_in_mask_folder(name);
    }
    std::optional<std::size_t> of(const PathParts& image) const {
        if (rules_.masks == LayoutRules::Masks::none) return {};
        if (rules_.masks == LayoutRules::Masks::beside) return at(image.folders, image.stem);
        for (std::size_t k = 0; k < image.folders.size(); ++k) {
            if (!is_split(image.folders[k])) continue;
            auto folders = image.folders;
            folders[k] = rules_.mask_folder;
            if (const auto found = at(folders, image.stem)) return found;
        }
        auto folders = image.folders;
        folders.insert(folders.begin(), rules_.mask_folder);
        return at(folders, image.stem);
    }

   private:
    bool lies_in_mask_folder(const PathParts& name) const {
        return rules_.masks == LayoutRules::Masks::parallel &&
               std::find(name.folders.begin(), name.folders.end(), rules_.mask_folder) != name.folders.end();
    }
    bool is_mask(const PathParts& name, int images_of_stem) const {
        if (rules_.masks == LayoutRules::Masks::parallel) return lies_in_mask_folder(name);
        return lower(name.stem).ends_with("_mask") || (name.extension == ".png" && images_of_stem > 1);
    }
    std::optional<std::size_t> at(const std::vector<std::string>& folders, const std::string& stem) const {
        for (const char* ending : {"_mask", ""})
            if (const auto found = masks_.find(joined(folders, stem + ending)); found != masks_.end())
                return found->second;
        return {};
    }

    const LayoutRules& rules_;
    std::map<std::string, std::size_t> masks_;
};

}  // namespace

const std::string& PathParts::above(std::size_t levels) const {
    static const std::string none;
    return levels < folders.size() ? folders[folders.size() - 1 - levels] : none;
}

std::string PathParts::from(std::size_t folder) const {
    std::string out;
    for (std::size_t i = folder; i < folders.size(); ++i) out += folders[i] + '/';
    return out + file();
}

PathParts taken_apart(const std::string& path) {
    PathParts parts;
    std::size_t begin = 0;
    for (std::size_t slash; (slash = path.find('/', begin)) != std::string::npos; begin = slash + 1)
        if (slash > begin) parts.folders.push_back(path.substr(begin, slash - begin));
    const std::string file = path.substr(begin);
    const std::size_t point = std::min(file.rfind('.'), file.size());
    parts.stem = file.substr(0, point);
    parts.ending = file.substr(point);
    parts.extension = lower(parts.ending);
    return parts;
}

const std::vector<std::string>& image_extensions() {
    static const std::vector<std::string> known{".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"};
    return known;
}

bool is_image_file(const PathParts& path) {
    const auto& known = image_extensions();
    return std::find(known.begin(), known.end(), path.extension) != known.end();
}

NameIndex index_of(const std::vector<std::string>& names) {
    NameIndex index;
    for (std::size_t i = 0; i < names.size(); ++i) index.emplace(names[i], i);
    return index;
}

std::vector<LaidOut> lay_out(const std::vector<std::string>& names, const LayoutRules& rules) {
    std::vector<PathParts> parts;
    for (const auto& name : names) parts.push_back(taken_apart(name));
    const MaskFinder masks(parts, rules);
    std::vector<LaidOut> images;
    for (std::size_t i = 0; i < names.size(); ++i)
        if (masks.is_image(parts[i]) && !masks.holds(i, parts[i]))
            images.push_back({.info = info_of(names[i], parts[i], rules), .file = i, .mask = masks.of(parts[i])});
    return images;
}

std::size_t count_pairs(const std::vector<LaidOut>& images) {
    std::map<std::string, int> files_of_stem;
    for (const LaidOut& image : images) {
        const PathParts name = taken_apart(image.info.id);
        ++files_of_stem[joined(
            name.folders, lower(name.stem).ends_with("_mask") ? name.stem.substr(0, name.stem.size() - 5) : name.stem)];
    }
    return static_cast<std::size_t>(
        std::count_if(files_of_stem.begin(), files_of_stem.end(), [](const auto& each) { return each.second > 1; }));
}
