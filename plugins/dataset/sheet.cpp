#include "defect_list.hpp"

#include <fettle/image.hpp>
#include <fettle/sdk.hpp>

#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>

namespace {

using fettle::Error;
using fettle::Fault;
using fettle::Image;
using fettle::Sample;

cv::Mat view(Image& image) { return cv::Mat(image.height, image.width, CV_8UC(image.channels), image.pixels.data()); }

/// Samples side by side in one picture, with boxes around what is wrong with them: to see what a graph makes.
struct Sheet final : fettle::Stage {
    struct In {
        std::vector<fettle::Ref<fettle::Images>> images;
    };
    struct Out {
        fettle::Ref<fettle::Files> files;
    };
    int first = 0;
    int count = 24;
    int columns = 0;
    int cell = 224;
    std::string marks = "boxes";

    static void describe(fettle::Describe<Sheet>& d) {
        d.summary("Samples side by side in one picture, with boxes or outlines of what is wrong with them.")
            .in("images", &In::images, "The samples to show; several sets are taken one after another.")
            .param("first", &Sheet::first, "Which sample comes first, counted from 0.", fettle::at_least(0))
            .param("count", &Sheet::count, "How many are shown.", fettle::between(1, 10000))
            .param("columns", &Sheet::columns, "How many stand in a row; 0 makes the sheet about square.",
                   fettle::between(0, 1000))
            .param("cell", &Sheet::cell, "Side of the square that each is fitted into, in pixels.",
                   fettle::between(16, 4096))
            .param("marks", &Sheet::marks,
                   "What shows the mask: \"boxes\" around each defect, its \"outline\", both beside the bare picture "
                   "(\"beside\"), or \"none\".",
                   fettle::one_of({"boxes", "outline", "beside", "none"}))
            .out("files", &Out::files, "sheet.png, and samples.jsonl with what is known of each sample.");
    }

    Out run(const In& in, fettle::Context& context) const {
        const auto images = fettle::join_images(in.images);
        if (static_cast<std::size_t>(first) >= images->size())
            throw Error(Fault::data, "there is no sample " + std::to_string(first) + ": the set has " +
                                         std::to_string(images->size()))
                .parameter("first")
                .help("samples are counted from 0");
        const std::size_t shown = std::min<std::size_t>(count, images->size() - static_cast<std::size_t>(first));
        const int wide = marks == "beside" ? 2 : 1;
        const int across = columns > 0 ? columns : std::max(1, static_cast<int>(std::ceil(std::sqrt(shown / wide))));
        const int rows = (static_cast<int>(shown) + across - 1) / across;
        Image sheet(across * cell * wide, rows * cell, 3, 24);
        std::string lines;
        for (std::size_t k = 0; k < shown; ++k) {
            context.check_stop();
            const std::size_t index = static_cast<std::size_t>(first) + k;
            const auto batch = images->read({&index, 1});
            const Sample& sample = *batch->sample(0);
            const cv::Point corner(static_cast<int>(k) % across * cell * wide, static_cast<int>(k) / across * cell);
            if (wide == 2) place(sample, "none", sheet, corner);
            place(sample, marks, sheet, corner + cv::Point((wide - 1) * cell, 0));
            lines += line_of(index, sample) + "\n";
            context.progress(k + 1, shown);
        }
        const auto folder = context.output_folder();
        const auto bytes = fettle::encode_image(sheet, ".png");
        write(folder / "sheet.png", bytes.data(), bytes.size());
        write(folder / "samples.jsonl", lines.data(), lines.size());
        auto files = std::make_shared<fettle::Files>();
        files->folder = folder;
        return {files};
    }

   private:
    /// The picture in its cell; marks are drawn after resizing, so that they are as thick in every cell.
    void place(const Sample& sample, const std::string& how, Image& sheet, cv::Point corner) const {
        const double scale = static_cast<double>(cell) / std::max(sample.image.width, sample.image.height);
        const auto side = [&](int length) {
            return std::clamp(static_cast<int>(std::lround(length * scale)), 1, cell);
        };
        const int width = side(sample.image.width), height = side(sample.image.height);
        Image small = fettle::resize_image(sample.image, width, height,
                                           scale < 1 ? fettle::Filter::area : fettle::Filter::nearest);
        cv::Mat picture = view(small);
        const cv::Scalar red(255, 48, 48);
        for (const ListedDefect& defect : how == "none" ? std::vector<ListedDefect>{} : defects_of(sample)) {
            if (how != "outline") {
                const cv::Rect& box = defect.box;
                const cv::Point from(static_cast<int>(box.x * scale) - 1, static_cast<int>(box.y * scale) - 1);
                const cv::Point to(static_cast<int>(std::ceil(box.br().x * scale)),
                                   static_cast<int>(std::ceil(box.br().y * scale)));
                cv::rectangle(picture, from, to, red, 1);
            }
            if (how != "boxes") {
                cv::Mat scaled;
                cv::resize(defect.where, scaled, {width, height}, 0, 0, cv::INTER_NEAREST);
                std::vector<std::vector<cv::Point>> outlines;
                cv::findContours(scaled, outlines, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_NONE);
                cv::drawContours(picture, outlines, -1, cv::Scalar(255, 220, 0), 1);
            }
        }
        const cv::Point inside((cell - width) / 2, (cell - height) / 2);
        picture.copyTo(view(sheet)(cv::Rect(corner + inside, cv::Size(width, height))));
    }

    static std::string line_of(std::size_t index, const Sample& sample) {
        nlohmann::ordered_json steps = nlohmann::ordered_json::array();
        for (const std::string& step : sample.lineage) {
            auto parsed = nlohmann::ordered_json::parse(step, nullptr, /*allow_exceptions=*/false);
            steps.push_back(parsed.is_discarded() ? nlohmann::ordered_json(step) : std::move(parsed));
        }
        const nlohmann::ordered_json line{{"index", index},
                                          {"id", sample.info.id},
                                          {"label", to_string(sample.info.label)},
                                          {"split", to_string(sample.info.split)},
                                          {"category", sample.info.category},
                                          {"width", sample.image.width},
                                          {"height", sample.image.height},
                                          {"defects", sample.instance_classes},
                                          {"lineage", std::move(steps)}};
        return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    }

    static void write(const std::filesystem::path& path, const void* bytes, std::size_t size) {
        std::ofstream file(path, std::ios::binary);
        file.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(size));
        file.close();
        if (!file)
            throw Error(Fault::storage, "`" + path.string() + "` could not be written").help("is the disk full?");
    }
};

}  // namespace

void add_sheet(fettle::PluginBuilder& plugin) { plugin.add<Sheet>("dataset.sheet"); }
