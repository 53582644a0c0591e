#include "annotations.hpp"

#include <fettle/image.hpp>

#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cstdio>
#include <sstream>

namespace {

using Json = nlohmann::ordered_json;
using Polygons = std::vector<std::vector<cv::Point>>;

std::string dumped(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

PackedFile packed(std::string path, const std::string& text) { return {std::move(path), {text.begin(), text.end()}}; }

/// Outlines through the centres of the outermost pixels; what touches only at corners has one.
Polygons outlines_of(const ListedDefect& defect) {
    Polygons outlines;
    cv::findContours(defect.where(defect.box), outlines, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_SIMPLE, defect.box.tl());
    return outlines;
}

/// Lengths of runs of 0 and 1 in turn, column by column, beginning with 0: COCO's run-length encoding.
Json run_lengths(const cv::Mat& where) {
    Json counts = Json::array();
    std::uint8_t current = 0;
    std::size_t length = 0;
    for (int x = 0; x < where.cols; ++x)
        for (int y = 0; y < where.rows; ++y, ++length)
            if (where.at<std::uint8_t>(y, x) != current) {
                counts.push_back(length);
                length = 0;
                current = where.at<std::uint8_t>(y, x);
            }
    counts.push_back(length);
    return counts;
}

std::string shares(double value, double whole) {
    char text[32];
    std::snprintf(text, sizeof text, " %.6f", value / whole);
    return text;
}

std::string field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
    return out + '"';
}

std::string voc_text(const std::string& file, int width, int height, const std::vector<ListedDefect>& defects) {
    boost::property_tree::ptree tree;
    auto& root = tree.add("annotation", "");
    const auto slash = file.rfind('/');
    root.add("folder", slash == std::string::npos ? "" : file.substr(0, slash));
    root.add("filename", file.substr(slash == std::string::npos ? 0 : slash + 1));
    root.add("size.width", width);
    root.add("size.height", height);
    root.add("size.depth", 3);
    root.add("segmented", 1);
    for (const ListedDefect& defect : defects) {
        auto& object = root.add("object", "");
        object.add("name", defect.category);
        object.add("truncated", 0);
        object.add("difficult", 0);
        object.add("bndbox.xmin", defect.box.x + 1);
        object.add("bndbox.ymin", defect.box.y + 1);
        object.add("bndbox.xmax", defect.box.x + defect.box.width);
        object.add("bndbox.ymax", defect.box.y + defect.box.height);
    }
    std::ostringstream text;
    boost::property_tree::write_xml(text, tree, boost::property_tree::xml_writer_make_settings<std::string>(' ', 2));
    return text.str();
}

std::string polygon_lines(std::size_t number, const ListedDefect& defect, int width, int height) {
    std::string out;
    for (const auto& outline : outlines_of(defect)) {
        // A line of pixels has no area to walk around: its box stands for it.
        std::vector<cv::Point2d> corners(outline.begin(), outline.end());
        for (auto& corner : corners) corner += cv::Point2d(0.5, 0.5);
        if (corners.size() < 3) {
            const cv::Rect box = cv::boundingRect(outline);
            corners = {{double(box.x), double(box.y)},
                       {double(box.br().x), double(box.y)},
                       {double(box.br().x), double(box.br().y)},
                       {double(box.x), double(box.br().y)}};
        }
        out += std::to_string(number);
        for (const auto& corner : corners) out += shares(corner.x, width) + shares(corner.y, height);
        out += "\n";
    }
    return out;
}

PackedFile numbered(std::string path, int width, int height, const std::vector<ListedDefect>& defects,
                    const std::vector<std::size_t>& numbers) {
    fettle::Image image(width, height, 1);
    cv::Mat view(height, width, CV_8UC1, image.pixels.data());
    for (std::size_t k = 0; k < defects.size(); ++k)
        view.setTo(static_cast<double>(std::min<std::size_t>(numbers[k], 255)), defects[k].where);
    return {std::move(path), fettle::encode_image(image, ".png")};
}

}  // namespace

bool Annotations::wants(const char* format) const {
    return std::find(formats_.begin(), formats_.end(), format) != formats_.end();
}

std::size_t Annotations::class_of(const std::string& category) {
    const auto [known, fresh] = numbers_.try_emplace(category, classes_.size());
    if (fresh) classes_.push_back(category);
    return known->second;
}

std::vector<PackedFile> Annotations::add(const std::string& file, const std::string& name, int width, int height,
                                         const std::vector<ListedDefect>& defects) {
    std::vector<PackedFile> files;
    std::vector<std::size_t> places, classes;
    Json objects = Json::array();
    std::string boxes, polygons;
    ++images_;
    for (const ListedDefect& defect : defects) {
        const std::size_t number = class_of(defect.category);
        const cv::Rect& box = defect.box;
        places.push_back(places.size() + 1);
        classes.push_back(number + 1);
        const Json corner_and_size{box.x, box.y, box.width, box.height};
        if (wants("csv"))
            csv_ += field(file) + "," + field(defect.category) + "," + std::to_string(box.x) + "," +
                    std::to_string(box.y) + "," + std::to_string(box.width) + "," + std::to_string(box.height) + "," +
                    std::to_string(defect.area) + "\r\n";
        if (wants("yolo"))
            boxes += std::to_string(number) + shares(box.x + box.width / 2.0, width) +
                     shares(box.y + box.height / 2.0, height) + shares(box.width, width) + shares(box.height, height) +
                     "\n";
        if (wants("yolo_polygons")) polygons += polygon_lines(number, defect, width, height);
        if (wants("json")) {
            Json outlines = Json::array();
            for (const auto& outline : outlines_of(defect)) {
                outlines.push_back(Json::array());
                for (const cv::Point& corner : outline) outlines.back().push_back({corner.x, corner.y});
            }
            objects.push_back({{"class", defect.category},
                               {"box", corner_and_size},
                               {"area", defect.area},
                               {"polygons", std::move(outlines)}});
        }
        if (wants("coco"))
            coco_annotations_ +=
                (coco_annotations_.empty() ? "" : ",\n") +
                dumped({{"id", ++annotations_},
                        {"image_id", images_},
                        {"category_id", number + 1},
                        {"bbox", corner_and_size},
                        {"area", defect.area},
                        {"iscrowd", 0},
                        {"segmentation", {{"size", {height, width}}, {"counts", run_lengths(defect.where)}}}});
    }
    if (wants("json"))
        json_ += (json_.empty() ? "" : ",\n") +
                 dumped({{"file", file}, {"width", width}, {"height", height}, {"defects", std::move(objects)}});
    if (wants("coco"))
        coco_images_ += (coco_images_.empty() ? "" : ",\n") +
                        dumped({{"id", images_}, {"file_name", file}, {"width", width}, {"height", height}});
    if (wants("voc")) files.push_back(packed("voc/" + name + ".xml", voc_text(file, width, height, defects)));
    if (wants("yolo")) files.push_back(packed("yolo/" + name + ".txt", boxes));
    if (wants("yolo_polygons")) files.push_back(packed("yolo_polygons/" + name + ".txt", polygons));
    if (wants("instances")) files.push_back(numbered("instances/" + name + ".png", width, height, defects, places));
    if (wants("classes")) files.push_back(numbered("classes/" + name + ".png", width, height, defects, classes));
    return files;
}

std::vector<PackedFile> Annotations::finish() {
    std::vector<PackedFile> files;
    std::string names;
    Json categories = Json::array();
    for (std::size_t k = 0; k < classes_.size(); ++k) {
        names += classes_[k] + "\n";
        categories.push_back({{"id", k + 1}, {"name", classes_[k]}, {"supercategory", "defect"}});
    }
    if (wants("json")) files.push_back(packed("annotations.json", "[\n" + json_ + "\n]\n"));
    if (wants("csv")) files.push_back(packed("annotations.csv", "file,class,x,y,width,height,area\r\n" + csv_));
    if (wants("coco"))
        files.push_back(packed("coco.json", "{\"images\": [\n" + coco_images_ + "\n],\n\"annotations\": [\n" +
                                                coco_annotations_ + "\n],\n\"categories\": " + dumped(categories) +
                                                "}\n"));
    if (wants("yolo")) files.push_back(packed("yolo/classes.txt", names));
    if (wants("yolo_polygons")) files.push_back(packed("yolo_polygons/classes.txt", names));
    return files;
}
