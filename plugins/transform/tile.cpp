#include "pixels.hpp"
#include "tiling.hpp"

#include <fettle/sdk.hpp>

#include <algorithm>
#include <array>
#include <map>

namespace {

using fettle::Error;
using fettle::Fault;
using fettle::Images;
using fettle::Label;
using fettle::Ref;
using fettle::Sample;
using fettle::SampleInfo;

/// How a set of images of one size is cut.
struct Cut {
    int image_width = 0, image_height = 0, width = 0, height = 0;
    std::string first;  ///< the image that told the size
    std::vector<TilePlace> places;
    bool by_mask = true;  ///< whether an anomalous image's mask tells which of its tiles are anomalous
};

Label label_of(Label image, const fettle::Image& tile_mask, bool by_mask) {
    if (!by_mask || image != Label::anomalous || tile_mask.empty()) return image;
    const auto is_set = [](auto value) { return value != 0; };
    return std::any_of(tile_mask.pixels.begin(), tile_mask.pixels.end(), is_set) ? Label::anomalous : Label::normal;
}

void require_size(const Sample& sample, const Cut& cut) {
    if (sample.image.width == cut.image_width && sample.image.height == cut.image_height) return;
    throw Error(Fault::shape, "`" + sample.info.id + "` is " + sides(sample.image.width, sample.image.height) +
                                  ", but `" + cut.first + "`, the set's first image, is " +
                                  sides(cut.image_width, cut.image_height))
        .help("tiles need images of one size: put a `transform.resize` before this stage");
}

/// Tiles in the order of their images, row by row. Whoever reads neighbours causes one reading of their image.
class Tiles final : public Images {
   public:
    Tiles(Ref<Images> whole, Cut cut, std::vector<SampleInfo> infos)
        : whole_(std::move(whole)), cut_(std::move(cut)), infos_(std::move(infos)) {}

    std::size_t size() const override { return infos_.size(); }
    const SampleInfo& info(std::size_t index) const override { return infos_[index]; }
    bool varies() const override { return whole_->varies(); }

    Ref<fettle::Batch> read(std::span<const std::size_t> indices, std::uint32_t round) const override {
        std::map<std::size_t, std::size_t> row_of;  // image -> its row in the batch
        std::vector<std::size_t> wanted;
        for (const std::size_t i : indices)
            if (row_of.emplace(i / cut_.places.size(), wanted.size()).second) wanted.push_back(i / cut_.places.size());
        const auto batch = whole_->read(wanted, round);
        std::vector<Ref<Sample>> samples(indices.size());
        fettle::parallel_for_each_index(indices.size(), [&](std::size_t k) {
            samples[k] = tile(*batch->sample(row_of.at(indices[k] / cut_.places.size())), indices[k]);
        });
        return std::make_shared<fettle::Batch>(std::move(samples));
    }

   private:
    Ref<Sample> tile(const Sample& whole, std::size_t index) const {
        require_size(whole, cut_);
        const auto [x, y] = cut_.places[index % cut_.places.size()];
        auto out = std::make_shared<Sample>();
        out->info = infos_[index];
        out->image = part_of(whole.image, x, y, cut_.width, cut_.height);
        out->mask = part_of(whole.mask, x, y, cut_.width, cut_.height);
        out->lineage = whole.lineage;
        if (out->info.label == Label::unknown) out->info.label = label_of(whole.info.label, out->mask, cut_.by_mask);
        return out;
    }

    Ref<Images> whole_;
    Cut cut_;
    std::vector<SampleInfo> infos_;
};

/// Images cut into tiles of one size that overlap, so that small defects are seen at full resolution.
struct Tile final : fettle::Stage {
    struct In {
        std::vector<Ref<Images>> images;
    };
    struct Out {
        Ref<Images> images;
    };
    std::array<int, 2> size{128, 128};
    int overlap = 0;
    std::string label = "mask";

    static void describe(fettle::Describe<Tile>& d) {
        d.summary("Images cut into overlapping tiles that cover them; `transform.stitch` puts maps of them together.")
            .in("images", &In::images, "The images to cut, all of one size; several sets are taken one after another.")
            .out("images", &Out::images, "The tiles, image by image and row by row; their ids are `id#x,y`.", {},
                 fettle::Labels::kept)
            .param("size", &Tile::size, "Width and height of a tile in pixels.", fettle::between(1, 16384))
            .param("overlap", &Tile::overlap,
                   "Pixels that neighbouring tiles share; the last ones of a row and column may share more.",
                   fettle::between(0, 16383))
            .param("label", &Tile::label,
                   "What tells whether a tile of an anomalous image is anomalous: its part of the \"mask\", where the "
                   "image has one, or the \"image\" alone.",
                   fettle::one_of({"mask", "image"}))
            .check(&Tile::overlap_fits);
    }

    std::string overlap_fits() const {
        return overlap < std::min(size[0], size[1]) ? "" : "`overlap` must be less than the tile's shorter side";
    }

    Out run(const In& in, fettle::Context& context) const {
        const auto whole = fettle::join_images(in.images);
        if (whole->size() == 0) return {whole};
        const Cut cut = cut_for(*whole);
        return {std::make_shared<Tiles>(whole, cut, infos_of(whole, cut, context))};
    }

   private:
    Cut cut_for(const Images& whole) const {
        const std::size_t first = 0;
        const auto sample = whole.read({&first, 1})->sample(0);
        Cut cut{sample->image.width, sample->image.height, size[0], size[1], sample->info.id, {}, label == "mask"};
        if (size[0] > cut.image_width || size[1] > cut.image_height)
            throw Error(Fault::shape, "a tile of " + sides(size[0], size[1]) + " is larger than `" + cut.first +
                                          "`, which is " + sides(cut.image_width, cut.image_height))
                .parameter("size")
                .help("take smaller tiles, or larger images");
        for (const int y : tile_starts(cut.image_height, size[1], overlap))
            for (const int x : tile_starts(cut.image_width, size[0], overlap)) cut.places.push_back({x, y});
        return cut;
    }

    static std::vector<SampleInfo> infos_of(const Ref<Images>& whole, const Cut& cut, fettle::Context& context) {
        std::vector<SampleInfo> infos;
        std::vector<std::size_t> to_read;
        for (std::size_t i = 0; i < whole->size(); ++i) {
            if (whole->info(i).label == Label::anomalous && cut.by_mask) to_read.push_back(i);
            for (const TilePlace place : cut.places) {
                infos.push_back(whole->info(i));
                infos.back().id = tile_id(infos.back().id, place);
            }
        }
        ask_masks(whole, to_read, cut, infos, context);
        return infos;
    }

    /// Tables and splits go by what is known before a tile is made, so the masks of anomalous images are looked at
    /// here. Where every epoch draws other defects there is no one label: making the tile tells.
    static void ask_masks(const Ref<Images>& whole, const std::vector<std::size_t>& to_read, const Cut& cut,
                          std::vector<SampleInfo>& infos, fettle::Context& context) {
        const std::size_t count = cut.places.size();
        const auto set = [&](std::size_t image, std::size_t tile, Label label) {
            infos[image * count + tile].label = label;
        };
        if (whole->varies()) {
            for (const std::size_t image : to_read)
                for (std::size_t tile = 0; tile < count; ++tile) set(image, tile, Label::unknown);
            return;
        }
        const auto anomalous = fettle::select_images(whole, to_read);
        fettle::for_each_batch(*anomalous, 16, [&](std::size_t first, const fettle::Batch& batch) {
            context.check_stop();
            for (std::size_t k = 0; k < batch.size(); ++k) {
                const Sample& sample = *batch.sample(k);
                require_size(sample, cut);
                for (std::size_t tile = 0; tile < count; ++tile) {
                    const auto [x, y] = cut.places[tile];
                    set(to_read[first + k], tile,
                        label_of(Label::anomalous, part_of(sample.mask, x, y, cut.width, cut.height), true));
                }
            }
            context.progress(first + batch.size(), to_read.size(), "masks");
        });
    }
};

}  // namespace

void add_tile(fettle::PluginBuilder& plugin) { plugin.add<Tile>("transform.tile"); }
