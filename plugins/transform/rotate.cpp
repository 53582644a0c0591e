#include "pixels.hpp"

#include <fettle/sdk.hpp>

#include <opencv2/imgproc.hpp>

#include <array>
#include <cmath>
#include <numbers>

namespace {

/// Turns an image on a canvas that grows with it, so that nothing of it is lost.
struct Rotate final : fettle::Transform {
    std::array<double, 2> degrees{0, 360};
    double step = 0;
    bool cutout = false;

    static void describe(fettle::Describe<Rotate>& d) {
        d.summary("Images turned on a canvas that grows with them.")
            .param("degrees", &Rotate::degrees, "Least and greatest turn in degrees, counter-clockwise.",
                   fettle::between(-360, 360))
            .param("step", &Rotate::step,
                   "Turns are the least one and multiples of so many degrees more: 90 for quarters; 0: any turn.",
                   fettle::between(0, 360))
            .param("cutout", &Rotate::cutout,
                   "Whether a mask is its image's alpha: what comes in at the corners is transparent then, and empty "
                   "borders are cut off. Otherwise the image goes on mirrored there.")
            .random()
            .check(&Rotate::ranges_ascend);
    }

    std::string ranges_ascend() const {
        return degrees[0] > degrees[1] ? "`degrees` begins with the greater number" : "";
    }

    fettle::Sample apply(fettle::Sample sample, fettle::Random& random) const override {
        const double angle = drawn(random);
        if (cutout && sample.mask.empty()) sample.mask = fettle::Image(sample.image.width, sample.image.height, 1, 255);
        turn(sample, angle);
        if (cutout) crop(sample);
        tell(sample, {{"stage", "transform.rotate"}, {"angle", angle}});
        return sample;
    }

   private:
    double drawn(fettle::Random& random) const {
        const double at = random.uniform();
        if (step == 0) return std::lerp(degrees[0], degrees[1], at);
        const double steps = std::floor((degrees[1] - degrees[0]) / step + 1e-9) + 1;
        return degrees[0] + step * std::min(steps - 1, std::floor(at * steps));
    }

    void turn(fettle::Sample& sample, double angle) const {
        const int width = sample.image.width, height = sample.image.height;
        if (const double quarters = angle / 90; quarters == std::round(quarters))
            return turn_quarters(sample, (static_cast<int>(quarters) % 4 + 4) % 4);
        const double a = angle * std::numbers::pi / 180, c = std::cos(a), s = std::sin(a);
        const cv::Size size(static_cast<int>(std::ceil(width * std::abs(c) + height * std::abs(s))),
                            static_cast<int>(std::ceil(height * std::abs(c) + width * std::abs(s))));
        const double x = (size.width - 1) / 2.0, y = (size.height - 1) / 2.0;
        warp(sample, {c, -s, (width - 1) / 2.0 - c * x + s * y, s, c, (height - 1) / 2.0 - s * x - c * y}, size,
             cutout ? cv::BORDER_REPLICATE : cv::BORDER_REFLECT_101);
    }

    static void turn_quarters(fettle::Sample& sample, int quarters) {
        if (quarters == 0) return;
        static constexpr std::array codes{cv::ROTATE_90_COUNTERCLOCKWISE, cv::ROTATE_180, cv::ROTATE_90_CLOCKWISE};
        for (fettle::Image* image : {&sample.image, &sample.mask}) {
            if (image->empty()) continue;
            cv::Mat turned;
            cv::rotate(view(*image), turned, codes[static_cast<std::size_t>(quarters - 1)]);
            *image = image_of(turned);
        }
    }

    /// A picture of which nothing shows stays as it is.
    static void crop(fettle::Sample& sample) {
        const cv::Rect box = cv::boundingRect(view(sample.mask));
        if (box.empty()) return;
        sample.image = part_of(sample.image, box.x, box.y, box.width, box.height);
        sample.mask = part_of(sample.mask, box.x, box.y, box.width, box.height);
    }
};

}  // namespace

void add_rotate(fettle::PluginBuilder& plugin) { plugin.add<Rotate>("transform.rotate"); }
