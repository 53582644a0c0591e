// Annotations are read back by readers that aren't ours, and say what the masks say.
#include "python.hpp"
#include "support.hpp"

#include <nlohmann/json.hpp>

#include <iterator>
#include <set>

namespace {

using namespace support;

Library& library() {
    static Library library(FETTLE_PLUGIN_FOLDER "/dataset.so");
    return library;
}

/// Random blots, some over others, of three kinds; every fourth image is sound, every fifth knows its mask alone.
std::vector<Sample> blotted(int count) {
    const char* const kinds[] = {"crack", "pore, large", "<chip>"};
    std::vector<Sample> samples;
    for (int i = 0; i < count; ++i) {
        Random random(7, static_cast<std::uint64_t>(i));
        const int width = random.integer(20, 60), height = random.integer(20, 60);
        Sample sample =
            sample_of("set/pärt " + std::to_string(i), noise_image(static_cast<std::uint64_t>(i), width, height));
        if (i % 4 != 0) {
            sample.info.label = Label::anomalous;
            sample.info.category = "broken";
            sample.mask = Image(width, height, 1);
            sample.instances = Image(width, height, 1);
            for (int k = 1; k <= random.integer(1, 4); ++k) {
                sample.instance_classes.emplace_back(kinds[random.integer(0, 2)]);
                const int cx = random.integer(0, width - 1), cy = random.integer(0, height - 1),
                          r = random.integer(0, 9);
                for (int y = 0; y < height; ++y)
                    for (int x = 0; x < width; ++x)
                        if ((x - cx) * (x - cx) + (y - cy) * (y - cy) <= r * r) {
                            *sample.mask.at(x, y) = 255;
                            *sample.instances.at(x, y) = static_cast<std::uint8_t>(k);
                        }
            }
            if (i % 5 == 0) {
                sample.instances = {};
                sample.instance_classes.clear();
            }
        }
        samples.push_back(std::move(sample));
    }
    return samples;
}

/// Everything is compared with the numbered masks and with what this test knows of each image.
constexpr auto reader = R"(
import csv, json, os, sys
import xml.etree.ElementTree as xml
import numpy as np
from PIL import Image
os.chdir(sys.argv[1])
out = "output"
rows = list(csv.DictReader(open(f"{out}/samples.csv", newline="", encoding="utf-8")))
known = json.load(open("known.json", encoding="utf-8"))
assert len(rows) == len(known)
table = {}
for line in csv.DictReader(open(f"{out}/annotations.csv", newline="", encoding="utf-8")):
    table.setdefault(line["file"], []).append(line)
plain = {entry["file"]: entry for entry in json.load(open(f"{out}/annotations.json", encoding="utf-8"))}
coco = json.load(open(f"{out}/coco.json", encoding="utf-8"))
names = {c["id"]: c["name"] for c in coco["categories"]}
images = {i["file_name"]: i for i in coco["images"]}
yolo_names = open(f"{out}/yolo/classes.txt", encoding="utf-8").read().splitlines()
assert yolo_names == [names[k + 1] for k in range(len(names))]
try:
    from pycocotools.coco import COCO
    tools = COCO(f"{out}/coco.json")
except ImportError:
    tools = None
found = 0
for row, what in zip(rows, known):
    file = row["path"]
    stem = os.path.splitext(file)[0].split("/", 1)[1]
    pixels = np.asarray(Image.open(f"{out}/{file}"))
    height, width = pixels.shape[:2]
    instances = np.asarray(Image.open(f"{out}/instances/{stem}.png"))
    classes = np.asarray(Image.open(f"{out}/classes/{stem}.png"))
    if row["mask"]:
        assert ((instances > 0) == (np.asarray(Image.open(f"{out}/{row['mask']}")) > 127)).all()
    count = int(instances.max())
    if what is not None: assert sorted(what) == sorted(d["class"] for d in plain[file]["defects"]), (what, plain[file])
    voc = xml.parse(f"{out}/voc/{stem}.xml").getroot()
    assert voc.find("filename").text == os.path.basename(file)
    assert (int(voc.find("size/width").text), int(voc.find("size/height").text)) == (width, height)
    boxes = [l.split() for l in open(f"{out}/yolo/{stem}.txt")]
    marks = [a for a in coco["annotations"] if a["image_id"] == images[file]["id"]]
    lines = table.get(file, [])
    assert count == len(boxes) == len(marks) == len(lines) == len(voc.findall("object")) == len(plain[file]["defects"])
    for k in range(count):
        where = instances == k + 1
        ys, xs = np.nonzero(where)
        box = [int(xs.min()), int(ys.min()), int(xs.max() - xs.min() + 1), int(ys.max() - ys.min() + 1)]
        name = plain[file]["defects"][k]["class"]
        assert plain[file]["defects"][k]["box"] == box and plain[file]["defects"][k]["area"] == where.sum()
        assert [int(lines[k][c]) for c in ("x", "y", "width", "height")] == box and lines[k]["class"] == name
        assert marks[k]["bbox"] == box and marks[k]["area"] == where.sum() and names[marks[k]["category_id"]] == name
        assert (classes[where] == marks[k]["category_id"]).all()
        runs = marks[k]["segmentation"]["counts"]
        flat = np.concatenate([np.full(n, i % 2) for i, n in enumerate(runs)])
        assert (flat.reshape((width, height)).T == where).all()
        if tools: assert (tools.annToMask(marks[k]) == where).all()
        node = voc.findall("object")[k]
        corners = [int(node.find(f"bndbox/{c}").text) for c in ("xmin", "ymin", "xmax", "ymax")]
        assert corners == [box[0] + 1, box[1] + 1, box[0] + box[2], box[1] + box[3]] and node.find("name").text == name
        number, cx, cy, w, h = boxes[k]
        assert yolo_names[int(number)] == name
        assert abs(float(cx) * width - (box[0] + box[2] / 2)) < 1e-3 and abs(float(w) * width - box[2]) < 1e-3
        assert abs(float(cy) * height - (box[1] + box[3] / 2)) < 1e-3 and abs(float(h) * height - box[3]) < 1e-3
        found += 1
    for line in open(f"{out}/yolo_polygons/{stem}.txt"):
        numbers = line.split()
        assert len(numbers) >= 7 and len(numbers) % 2 == 1 and all(0 <= float(n) <= 1 for n in numbers[1:])
assert found > 40, found
)";

TEST(Annotations, SayWhatTheMasksSayInEveryFormat) {
    if (!has_python("PIL, numpy")) GTEST_SKIP() << "no python3 with Pillow and numpy is here to read annotations with";
    const TemporaryFolder folder;
    TestContext context(folder.path());
    const auto samples = blotted(60);
    auto known = nlohmann::json::array();
    for (const Sample& sample : samples) {
        std::set<int> seen(sample.instances.pixels.begin(), sample.instances.pixels.end());
        auto classes = nlohmann::json::array();
        for (std::size_t k = 0; k < sample.instance_classes.size(); ++k)
            if (seen.count(static_cast<int>(k) + 1) > 0) classes.push_back(sample.instance_classes[k]);
        known.push_back(!sample.mask.empty() && sample.instances.empty() ? nlohmann::json() : classes);
    }
    std::ofstream(folder / "known.json") << known.dump();
    const Setting::List all{"json", "csv", "voc", "yolo", "yolo_polygons", "coco", "instances", "classes"};
    library().run("dataset.write", *library().make("dataset.write", {{"annotations", all}}),
                  {{"images", {fixed_images(samples)}}}, context);
    run_python(folder.path(), reader);
}

TEST(Annotations, AMaskAloneIsTakenApartByWhatTouches) {
    const TemporaryFolder folder;
    TestContext context(folder.path());
    Image mask(9, 9, 1);
    for (const auto& [x, y] : {std::pair{1, 1}, {2, 2}, {7, 1}, {7, 2}}) *mask.at(x, y) = 255;  // corners touch
    Sample sample = sample_of("a", Image(9, 9, 3, 90), mask, Label::anomalous);
    sample.info.category = "crack";
    library().run("dataset.write", *library().make("dataset.write", {{"annotations", Setting::List{"csv"}}}),
                  {{"images", {fixed_images({sample})}}}, context);
    std::ifstream file(folder / "output/annotations.csv", std::ios::binary);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}),
              "file,class,x,y,width,height,area\r\nimages/a.png,crack,1,1,2,2,2\r\nimages/a.png,crack,7,1,1,2,2\r\n");
}

}  // namespace
