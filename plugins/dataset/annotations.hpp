// What is wrong with each image, in the formats that other tools read.
#pragma once

#include "defect_list.hpp"
#include "pack.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

/// Writes annotations image by image. Classes are numbered in the order in which they first appear.
///   json           annotations.json: per image its file, size and defects (class, box, area, polygons)
///   csv            annotations.csv: one line per defect: file, class, x, y, width, height, area
///   voc            voc/<name>.xml: Pascal VOC; corners counted from 1, the last pixel included
///   yolo           yolo/<name>.txt: class, centre, width, height as shares of the image; yolo/classes.txt
///   yolo_polygons  yolo_polygons/<name>.txt: class, then the outline's corners as shares of the image
///   coco           coco.json: COCO instances, masks as run lengths (column by column), boxes exact
///   instances      instances/<name>.png: the number of the defect at each pixel, from 1
///   classes        classes/<name>.png: the number of its class, from 1
class Annotations {
   public:
    explicit Annotations(std::vector<std::string> formats) : formats_(std::move(formats)) {}

    bool empty() const { return formats_.empty(); }
    /// The files that belong to one image; `file` is the image's path in the pack, `name` the same without folder and
    /// extension. In the order of the set.                                              [one thread]
    std::vector<PackedFile> add(const std::string& file, const std::string& name, int width, int height,
                                const std::vector<ListedDefect>& defects);
    /// The files that belong to the set as a whole.
    std::vector<PackedFile> finish();

   private:
    bool wants(const char* format) const;
    std::size_t class_of(const std::string& category);

    std::vector<std::string> formats_;
    std::map<std::string, std::size_t> numbers_;
    std::vector<std::string> classes_;
    std::string json_, csv_, coco_images_, coco_annotations_;
    std::size_t images_ = 0, annotations_ = 0;
};
