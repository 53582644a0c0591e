#include "class_folders.hpp"

#include <algorithm>

using fettle::Error;
using fettle::Fault;

fettle::Ref<fettle::Images> ClassFolders::classes_of(std::shared_ptr<const FileTree> tree,
                                                     fettle::Context& context) const {
    const LayoutRules rules{normal, fettle::label_from(label),
                            masks == "none"     ? LayoutRules::Masks::none
                            : masks == "beside" ? LayoutRules::Masks::beside
                                                : LayoutRules::Masks::parallel,
                            mask_folder, extensions};
    Found found{.images = lay_out(tree->names(), rules), .keep_alpha = alpha == "mask", .says_masks = masks != "none"};
    if (found.images.empty()) {
        std::string known;
        for (const auto& extension : extensions) known += (known.empty() ? "" : ", ") + extension;
        report_layout(*tree, "image", "images are the files that end in " + known);
    }
    const auto with_mask = [](const LaidOut& image) { return image.mask.has_value(); };
    if (masks != "none" && std::none_of(found.images.begin(), found.images.end(), with_mask))
        throw Error(Fault::data, "no image has a mask where `masks = \"" + masks + "\"` says they lie")
            .parameter("masks")
            .help(
                "beside: `x_mask.png`, or `x.png` of `x.jpg`; parallel: `ground_truth/crack/x_mask.png` of "
                "`test/crack/x.png`");
    if (const std::size_t pairs = count_pairs(found.images); masks == "none" && pairs > 0)
        context.warn(
            counted(pairs, "image") + " of `" + path.string() +
            "` may have masks beside them, which now count as images; `masks = \"beside\"` takes them as masks");
    return images_of(std::move(tree), std::move(found), context);
}
