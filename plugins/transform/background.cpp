#include "pixels.hpp"

#include <fettle/sdk.hpp>

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>
#include <mutex>

namespace {

/// A blur this wide, in pixels, is wide enough to be taken from a smaller picture.
constexpr double fine_sigma = 8;

/// What is left of an image under a Gaussian: its slow part.
cv::Mat blurred(const cv::Mat& grey, double sigma) {
    const double factor = std::max(1.0, std::floor(sigma / fine_sigma));
    cv::Mat small, out;
    const cv::Size size(std::max(1, static_cast<int>(std::lround(grey.cols / factor))),
                        std::max(1, static_cast<int>(std::lround(grey.rows / factor))));
    cv::resize(grey, small, size, 0, 0, cv::INTER_AREA);
    cv::GaussianBlur(small, small, {}, sigma * size.width / grey.cols, sigma * size.height / grey.rows,
                     cv::BORDER_REFLECT);
    cv::resize(small, out, grey.size(), 0, 0, cv::INTER_LINEAR);
    return out;
}

/// 1, x, y, x^2, xy, y^2 with x and y from -1 to 1 across the image.
cv::Vec6d terms(int column, int row, const cv::Size& size) {
    const double x = (2.0 * column + 1) / size.width - 1, y = (2.0 * row + 1) / size.height - 1;
    return {1, x, y, x * x, x * y, y * y};
}

/// The quadratic surface nearest to the image, by least squares.
cv::Mat fitted(const cv::Mat& grey) {
    cv::Matx66d products = cv::Matx66d::zeros();
    cv::Vec6d right = cv::Vec6d::all(0);
    for (int y = 0; y < grey.rows; ++y)
        for (int x = 0; x < grey.cols; ++x) {
            const cv::Vec6d at = terms(x, y, grey.size());
            products += at * at.t();
            right += at * static_cast<double>(grey.at<float>(y, x));
        }
    cv::Vec6d surface;  // an image of two pixels fixes no quadratic: SVD then takes the smallest one
    cv::solve(products, right, surface, cv::DECOMP_SVD);
    cv::Mat out(grey.size(), CV_32F);
    for (int y = 0; y < out.rows; ++y)
        for (int x = 0; x < out.cols; ++x)
            out.at<float>(y, x) = static_cast<float>(surface.dot(terms(x, y, out.size())));
    return out;
}

cv::Mat grey_of(const fettle::Image& image) {
    cv::Mat grey;
    luminance(image).convertTo(grey, CV_32F);
    return grey;
}

/// Flat-field correction: an image divided by its illumination, so that light which falls off towards an edge is no
/// feature any more. All channels are divided by the same, so hues stay; so does the mean.
struct Background final : fettle::Transform {
    std::string by = "gaussian";
    double sigma = 0.25;
    std::filesystem::path reference;

    static void describe(fettle::Describe<Background>& d) {
        d.summary("Uneven light taken out of images, by their own slow part or by a picture of the light.")
            .param("by", &Background::by,
                   "What the light is taken from: the image under a \"gaussian\", the \"quadratic\" surface nearest to "
                   "it, or a \"reference\" picture.",
                   fettle::one_of({"gaussian", "quadratic", "reference"}))
            .param("sigma", &Background::sigma,
                   "Of \"gaussian\": its standard deviation, as a share of the image's shorter side.",
                   fettle::between(0.01, 2))
            .param("reference", &Background::reference,
                   "Of \"reference\": a picture of an even surface in the same light, of the images' size.")
            .check(&Background::one_source);
    }

    std::string one_source() const {
        if (by == "reference" && reference.empty())
            return "`by = \"reference\"` needs the picture's path in `reference`";
        if (by != "reference" && !reference.empty())
            return "`reference` has no say with `by = \"" + by + "\"`: set `by = \"reference\"`, or take it away";
        return "";
    }

    fettle::Sample apply(fettle::Sample sample, fettle::Random&) const override {
        cv::Mat pixels = view(sample.image), values, light;
        cv::max(light_on(sample), 1, light);  // one grey value: what is black stays so
        pixels.convertTo(values, CV_32F);
        const double before = total(values);
        for (int y = 0; y < values.rows; ++y)
            for (int x = 0; x < values.cols; ++x) values.at<cv::Vec3f>(y, x) /= light.at<float>(y, x);
        const double after = total(values);
        values.convertTo(pixels, CV_8U, after > 0 ? before / after : 1);
        return sample;
    }

   private:
    cv::Mat light_on(const fettle::Sample& sample) const {
        if (by == "reference") return flat_field(sample);
        const cv::Mat grey = grey_of(sample.image);
        return by == "quadratic" ? fitted(grey) : blurred(grey, sigma * std::min(grey.cols, grey.rows));
    }

    static double total(const cv::Mat& values) {
        const cv::Scalar sums = cv::sum(values);
        return sums[0] + sums[1] + sums[2];
    }

    const cv::Mat& flat_field(const fettle::Sample& sample) const {
        std::call_once(read_, [this] {
            flat_ = grey_of(fettle::decode_image(fettle::read_bytes(reference), reference.string()).image);
        });
        if (flat_.cols != sample.image.width || flat_.rows != sample.image.height)
            throw fettle::Error(fettle::Fault::shape,
                                "`" + sample.info.id + "` is " + sides(sample.image.width, sample.image.height) +
                                    ", the picture of the light is " + sides(flat_.cols, flat_.rows))
                .parameter("reference")
                .help("correct the images at the size they were taken at, and resize them afterwards");
        return flat_;
    }

    mutable std::once_flag read_;
    mutable cv::Mat flat_;
};

}  // namespace

void add_background(fettle::PluginBuilder& plugin) { plugin.add<Background>("transform.background"); }
