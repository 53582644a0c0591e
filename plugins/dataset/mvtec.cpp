// Products with defects in three published layouts: MVTec AD (Bergmann et al., CVPR 2019), VisA (Zou et al., ECCV
// 2022) and BTAD (Mishra et al., ISIE 2021).
#include "csv.hpp"
#include "tree_dataset.hpp"

#include <map>

namespace {

/// An image and the product that it shows; ids and masks begin below the product's folder.
struct Placed {
    std::string product;
    LaidOut image;
};

std::string path_of(const std::vector<std::string>& folders, std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += folders[i] + '/';
    return out;
}

struct Mvtec final : TreeDataset {
    std::string layout = "mvtec";
    std::string product;

    static void describe(fettle::Describe<Mvtec>& d) {
        d.summary("A product of MVTec AD, VisA or BTAD as published, with its masks.")
            .param("layout", &Mvtec::layout,
                   "Whose folders they are: \"mvtec\": train/good, test/<defect>, ground_truth; \"visa\": "
                   "Data/Images/{Normal,Anomaly}, Data/Masks; \"btad\": train/ok, test/{ok,ko}, ground_truth.",
                   fettle::one_of({"mvtec", "visa", "btad"}))
            .param("product", &Mvtec::product,
                   "The product's folder: \"bottle\", \"candle\", \"01\"; may be left empty where there is one only.");
        describe_published(d);
    }

    fettle::Ref<fettle::Images> open(fettle::Context& context) const override {
        auto tree = opened();
        std::map<std::string, std::vector<LaidOut>> products;
        const NameIndex files = index_of(tree->names());
        for (std::size_t file = 0; file < tree->names().size(); ++file) {
            const PathParts parts = taken_apart(tree->names()[file]);
            if (!is_image_file(parts)) continue;
            auto [name, image] = layout == "visa" ? of_visa(parts, files) : of_mvtec(parts, files);
            if (image.info.id.empty()) continue;
            image.file = file;
            products[name].push_back(std::move(image));
        }
        Found found{.images = std::move(products[chosen(products, *tree)]), .says_masks = true};
        if (layout == "visa") take_splits(found.images, *tree);
        return images_of(std::move(tree), std::move(found), context);
    }

   private:
    /// <product>/{train,test}/<class>/x.png, masks in <product>/ground_truth/<class>/x_mask.png, or x.png.
    Placed of_mvtec(const PathParts& parts, const NameIndex& files) const {
        const std::string &category = parts.above(0), &split = parts.above(1);
        const bool btad = layout == "btad";
        if ((split != "train" && split != "test") || (btad && category != "ok" && category != "ko")) return {};
        Placed out{product_of(parts.above(2)), {}};
        const std::size_t depth = parts.folders.size() - 2;
        out.image.info = {.id = parts.from(depth), .category = category, .published = split};
        const bool sound = category == (btad ? "ok" : "good");
        out.image.info.label = sound ? fettle::Label::normal : fettle::Label::anomalous;
        if (!sound)
            out.image.mask =
                mask_at(path_of(parts.folders, depth) + "ground_truth/" + category + "/" + parts.stem, files);
        return out;
    }

    /// <product>/Data/Images/{Normal,Anomaly}/x.JPG, masks in <product>/Data/Masks/Anomaly/x.png.
    Placed of_visa(const PathParts& parts, const NameIndex& files) const {
        const std::string& category = parts.above(0);
        if ((category != "Normal" && category != "Anomaly") || parts.above(1) != "Images" || parts.above(2) != "Data")
            return {};
        Placed out{product_of(parts.above(3)), {}};
        const std::size_t depth = parts.folders.size() - 3;
        out.image.info = {.id = parts.from(depth), .category = category};
        out.image.info.label = category == "Normal" ? fettle::Label::normal : fettle::Label::anomalous;
        if (category == "Anomaly")
            out.image.mask = mask_at(path_of(parts.folders, depth) + "Data/Masks/Anomaly/" + parts.stem, files);
        out.image.mask_level = 0;  // a mask's values are numbers of defects
        return out;
    }

    /// A product's folder may be what `path` names.
    std::string product_of(const std::string& folder) const {
        const std::string root = path.filename().empty() ? path.parent_path().filename() : path.filename();
        return folder.empty() ? root.substr(0, root.find('.')) : folder;
    }

    static std::optional<std::size_t> mask_at(const std::string& beginning, const NameIndex& files) {
        for (const char* ending : {"_mask.png", ".png", ".bmp", "_mask.bmp"})
            if (const auto mask = files.find(beginning + ending); mask != files.end()) return mask->second;
        return {};
    }

    std::string chosen(const std::map<std::string, std::vector<LaidOut>>& products, const FileTree& tree) const {
        std::string known;
        for (const auto& [name, images] : products) known += (known.empty() ? "" : ", ") + name;
        if (products.empty())
            report_layout(tree, "image in the layout of " + layout,
                          layout == "visa"   ? "images lie in `<product>/Data/Images/Normal` and `Anomaly`"
                          : layout == "btad" ? "images lie in `<product>/train/ok`, `test/ok` and `test/ko`"
                                             : "images lie in `<product>/train/good` and `<product>/test/<defect>`");
        if (product.empty() && products.size() == 1) return products.begin()->first;
        if (products.contains(product)) return product;
        throw fettle::Error(
            fettle::Fault::data,
            "`" + path.string() + "` holds " + (product.empty() ? "several products" : "no product `" + product + "`"))
            .parameter("product")
            .help((products.size() == 1 ? "it has " : "it is one of ") + known);
    }

    /// The authors' split for training on one class: split_csv/1cls.csv, where it is there.
    void take_splits(std::vector<LaidOut>& images, const FileTree& tree) const {
        std::map<std::string, std::string> split_of;  // "candle/Data/Images/Normal/0000.JPG" -> "train"
        for (std::size_t file = 0; file < tree.names().size(); ++file) {
            const std::string& name = tree.names()[file];
            if (name != "split_csv/1cls.csv" && !name.ends_with("/split_csv/1cls.csv")) continue;
            const std::array<const char*, 3> columns{"image", "split", "object"};
            read_csv(
                tree.read(file), name, columns, 2, [&](unsigned, const auto& cells) { split_of[cells[0]] = cells[1]; },
                [](unsigned, const char*) {});
        }
        for (LaidOut& image : images) {
            const PathParts parts = taken_apart(tree.names()[image.file]);
            const auto row = split_of.find(product_of(parts.above(3)) + "/" + image.info.id);
            if (row != split_of.end()) image.info.published = row->second;
        }
    }
};

}  // namespace

void add_mvtec(fettle::PluginBuilder& plugin) { plugin.add<Mvtec>("dataset.mvtec"); }
