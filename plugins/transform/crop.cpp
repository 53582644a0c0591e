#include "pixels.hpp"

#include <fettle/sdk.hpp>

#include <array>

namespace {

/// A box of every image, at one place. The label stays the image's, whatever the box leaves of the defect.
struct Crop final : fettle::Transform {
    std::array<int, 2> size{128, 128};
    std::string place = "centre";
    std::vector<int> at;

    static void describe(fettle::Describe<Crop>& d) {
        d.summary("A box cut out of every image, and of its mask.")
            .param("size", &Crop::size, "Width and height of the box in pixels.", fettle::between(1, 16384))
            .param("place", &Crop::place, "Where the box lies: in the centre or in a corner.",
                   fettle::one_of({"centre", "top_left", "top_right", "bottom_left", "bottom_right"}))
            .param("at", &Crop::at,
                   "The box's left and top edge in pixels from those of the image; where it is given, `place` has no "
                   "say.",
                   fettle::between(0, 1 << 20))
            .check(&Crop::one_place);
    }

    std::string one_place() const {
        if (!at.empty() && at.size() != 2) return "`at` is two numbers: the box's left and top edge in pixels";
        if (!at.empty() && place != "centre") return "`place` and `at` both say where the box lies: give one of them";
        return "";
    }

    fettle::Sample apply(fettle::Sample sample, fettle::Random&) const override {
        const int room_x = sample.image.width - size[0], room_y = sample.image.height - size[1];
        const auto [x, y] = corner(room_x, room_y);
        if (x > room_x || y > room_y || room_x < 0 || room_y < 0)
            throw fettle::Error(fettle::Fault::shape,
                                "a box of " + sides(size[0], size[1]) +
                                    (at.empty() ? "" : " at " + std::to_string(x) + ", " + std::to_string(y)) +
                                    " doesn't fit into `" + sample.info.id + "`, which is " +
                                    sides(sample.image.width, sample.image.height))
                .parameter(at.empty() || room_x < 0 || room_y < 0 ? "size" : "at")
                .help("take a smaller box, or put a `transform.resize` before this stage");
        sample.image = part_of(sample.image, x, y, size[0], size[1]);
        sample.mask = part_of(sample.mask, x, y, size[0], size[1]);
        return sample;
    }

   private:
    std::array<int, 2> corner(int room_x, int room_y) const {
        if (!at.empty()) return {at[0], at[1]};
        if (place == "centre") return {room_x / 2, room_y / 2};
        return {place.ends_with("right") ? room_x : 0, place.starts_with("bottom") ? room_y : 0};
    }
};

}  // namespace

void add_crop(fettle::PluginBuilder& plugin) { plugin.add<Crop>("transform.crop"); }
