#include "layout.hpp"
#include "mosaic.hpp"

#include <fettle/planes.hpp>
#include <fettle/sdk.hpp>

#include <cmath>

namespace {

using fettle::Batch;
using fettle::Images;
using fettle::Maps;
using fettle::Ref;
using fettle::SampleInfo;

/// Whole images from tiles that were changed one by one.
class StitchedImages final : public Images {
   public:
    StitchedImages(Ref<Images> tiles, Ref<Images> whole, std::shared_ptr<const Layout> layout)
        : tiles_(std::move(tiles)), whole_(std::move(whole)), layout_(std::move(layout)) {}

    std::size_t size() const override { return whole_->size(); }
    const SampleInfo& info(std::size_t index) const override { return whole_->info(index); }
    bool varies() const override { return tiles_->varies(); }

    /// One image after another: the tiles of several large ones together might not fit into memory.
    Ref<Batch> read(std::span<const std::size_t> indices, std::uint32_t round) const override {
        std::vector<Ref<fettle::Sample>> samples;
        for (const std::size_t i : indices) samples.push_back(stitched(i, round));
        return std::make_shared<Batch>(std::move(samples));
    }

   private:
    Ref<fettle::Sample> stitched(std::size_t index, std::uint32_t round) const {
        const auto batch = tiles_->read(layout_->tiles[index], round);
        Mosaic mosaic(layout_->image_width, layout_->image_height, 3);
        for (std::size_t k = 0; k < batch->size(); ++k) {
            const fettle::Image& tile = batch->sample(k)->image;
            border_of(*layout_, {tile.width, tile.height, {}}, batch->info(k).id);
            const auto [x, y] = layout_->places[k];
            mosaic.add(tile.pixels.data(), x + (layout_->tile_width - tile.width) / 2,
                       y + (layout_->tile_height - tile.height) / 2, tile.width, tile.height);
        }
        auto out = std::make_shared<fettle::Sample>();
        out->info = info(index);
        out->image = fettle::Image(layout_->image_width, layout_->image_height, 3);
        const auto means = mosaic.means();
        std::transform(means.begin(), means.end(), out->image.pixels.begin(),
                       [](float value) { return static_cast<std::uint8_t>(std::lround(value)); });
        return out;
    }

    Ref<Images> tiles_, whole_;
    std::shared_ptr<const Layout> layout_;
};

/// Maps of whole images from maps of their tiles.
class StitchedMaps final : public Maps {
   public:
    StitchedMaps(Ref<Maps> tiles, Ref<Images> whole, std::shared_ptr<const Layout> layout)
        : tiles_(std::move(tiles)), whole_(std::move(whole)), layout_(std::move(layout)) {
        if (const auto candidate = tiles_->candidate())
            candidate_ = std::make_shared<StitchedImages>(candidate, whole_, layout_);
    }

    std::size_t size() const override { return whole_->size(); }
    const SampleInfo& info(std::size_t index) const override { return whole_->info(index); }
    bool varies() const override { return tiles_->varies(); }
    std::string label() const override { return tiles_->label(); }
    Ref<Images> reference() const override { return whole_; }
    Ref<Images> candidate() const override { return candidate_; }

    Ref<Batch> read(std::span<const std::size_t> indices, std::uint32_t round) const override {
        std::vector<SampleInfo> infos;
        std::vector<std::shared_ptr<const fettle::Plane>> rows;
        for (const std::size_t i : indices) {
            infos.push_back(info(i));
            rows.push_back(std::make_shared<fettle::Plane>(stitched(i, round)));
        }
        return std::make_shared<Batch>(std::move(infos), std::make_shared<fettle::PlanePart>(std::move(rows)));
    }

   private:
    fettle::Plane stitched(std::size_t index, std::uint32_t round) const {
        const auto batch = tiles_->read(layout_->tiles[index], round);
        const Border border = border_of(*layout_, batch->plane(0), batch->info(0).id);
        const int width = layout_->image_width - 2 * border.x, height = layout_->image_height - 2 * border.y;
        Mosaic mosaic(width, height, 1);
        for (std::size_t k = 0; k < batch->size(); ++k) {
            const fettle::Plane map = batch->plane(k);
            const auto [x, y] = layout_->places[k];
            if (map.width != width - layout_->places.back().x || map.height != height - layout_->places.back().y)
                throw fettle::Error(fettle::Fault::shape, "maps of tiles of `" + info(index).id + "` differ in size");
            mosaic.add(map.values.data(), x, y, map.width, map.height);  // the border is gone on both sides
        }
        return {width, height, mosaic.means()};
    }

    Ref<Maps> tiles_;
    Ref<Images> whole_, candidate_;
    std::shared_ptr<const Layout> layout_;
};

/// Puts maps of tiles together. Where tiles overlap, their maps are blended with weights that fall off towards a
/// tile's edges; a border that no map reaches is missing from the whole one too.
struct Stitch final : fettle::Stage {
    struct In {
        Ref<Maps> maps;
        std::vector<Ref<Images>> images;
    };
    struct Out {
        Ref<Maps> maps;
    };

    static void describe(fettle::Describe<Stitch>& d) {
        d.summary("Maps of tiles put together to maps of the whole images.")
            .in("maps", &In::maps, "Maps of every tile that `transform.tile` made, in any order.")
            .in("images", &In::images, "The whole images that were cut; several sets are taken one after another.")
            .out("maps", &Out::maps, "One map for each whole image.", {}, fettle::Labels::kept);
    }

    Out run(const In& in, fettle::Context&) const {
        auto whole = fettle::join_images(in.images);
        auto layout = std::make_shared<const Layout>(layout_of(*in.maps, *whole));
        return {std::make_shared<StitchedMaps>(in.maps, std::move(whole), std::move(layout))};
    }
};

}  // namespace

void add_stitch(fettle::PluginBuilder& plugin) { plugin.add<Stitch>("transform.stitch"); }
