#include "annotations.hpp"
#include "pack.hpp"
#include "safe_names.hpp"
#include "table_rows.hpp"

#include <fettle/image.hpp>
#include <fettle/sdk.hpp>
#include <fettle/unique_ids.hpp>

#include <algorithm>
#include <optional>

namespace {

using fettle::Error;
using fettle::Fault;

std::string row_text(const std::string& word) {
    if (word.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
        throw Error(Fault::data, "a sample's name or class `" + word + "` has a line break, which a table can't hold")
            .help("rename the file or folder it comes from");
    return word;
}

bool is_soft(const fettle::Image& mask) {
    return std::any_of(mask.pixels.begin(), mask.pixels.end(), [](auto value) { return value != 0 && value != 255; });
}

/// A data set as files: pictures, masks, and a table that says what they are. `dataset.table` reads it back.
struct Write final : fettle::Stage {
    std::string format = "png";
    int quality = 95;
    std::string pack = "folder";
    std::vector<std::string> annotations;
    int first = 0;
    int count = 0;

    struct In {
        std::vector<fettle::Ref<fettle::Images>> images;
    };
    struct Out {
        fettle::Ref<fettle::Files> files;
    };

    static void describe(fettle::Describe<Write>& d) {
        d.summary(
             "Writes images with labels, masks, splits and lineage, as a folder or an archive for `dataset.table`.")
            .in("images", &In::images, "The samples to write; several sets are taken one after another.")
            .out("files", &Out::files, "A folder with images/, masks/ and samples.csv, or with an archive of them.")
            .param("format", &Write::format, "How images are written: \"png\" loses nothing, \"jpg\" is smaller.",
                   fettle::one_of({"png", "jpg"}))
            .param("quality", &Write::quality, "Quality of \"jpg\", 1 to 100.", fettle::between(1, 100))
            .param("pack", &Write::pack, "A \"folder\", or one file in it: samples.zip or samples.tar.",
                   fettle::one_of({"folder", "zip", "tar"}))
            .param("annotations", &Write::annotations,
                   "Formats in which the defects are written as well: boxes, outlines, masks of each defect and of "
                   "each class.",
                   fettle::one_of({"json", "csv", "voc", "yolo", "yolo_polygons", "coco", "instances", "classes"}))
            .param("first", &Write::first, "Which sample is the first to be written, counted from 0.",
                   fettle::at_least(0))
            .param("count", &Write::count, "How many are written; 0 writes all from the first on.",
                   fettle::at_least(0));
    }

    Out run(const In& in, fettle::Context& context) const {
        const auto images = chosen(fettle::join_images(in.images));
        const auto folder = context.output_folder();
        const auto target = make_pack(pack, folder);
        Names names(*images, context);
        Annotations marks(annotations);
        std::string table = csv_line({"id", "path", "label", "split", "category", "mask", "alpha", "lineage"});
        constexpr std::size_t batch_size = 16;  // what is held at once, three times
        fettle::for_each_batch(*images, batch_size, [&](std::size_t first, const fettle::Batch& batch) {
            context.check_stop();
            std::vector<Written> written(batch.size());
            for (std::size_t i = 0; i < batch.size(); ++i) written[i].name = names.file(first + i);
            fettle::parallel_for_each_index(batch.size(), [&](std::size_t i) { encode(*batch.sample(i), written[i]); });
            std::vector<PackedFile> files;
            for (std::size_t i = 0; i < batch.size(); ++i) {
                table += row(*batch.sample(i), names.id(first + i), written[i]);
                const fettle::Image& image = batch.sample(i)->image;
                for (auto& file :
                     marks.add(written[i].image, written[i].name, image.width, image.height, written[i].defects))
                    files.push_back(std::move(file));
                std::move(written[i].files.begin(), written[i].files.end(), std::back_inserter(files));
            }
            target->add(files);
            context.progress(first + batch.size(), images->size());
        });
        target->add({{"samples.csv", {table.begin(), table.end()}}});
        target->add(marks.finish());
        target->finish();
        auto files = std::make_shared<fettle::Files>();
        files->folder = folder;
        return {files};
    }

   private:
    fettle::Ref<fettle::Images> chosen(fettle::Ref<fettle::Images> images) const {
        if (first == 0 && count == 0) return images;
        const auto begin = static_cast<std::size_t>(first);
        if (begin >= images->size())
            throw Error(Fault::data, "there is no sample " + std::to_string(first) + ": the set has " +
                                         std::to_string(images->size()))
                .parameter("first")
                .help("samples are counted from 0");
        std::vector<std::size_t> indices;
        for (std::size_t i = begin; i < images->size() && (count == 0 || i - begin < static_cast<std::size_t>(count));
             ++i)
            indices.push_back(i);
        return fettle::select_images(std::move(images), std::move(indices));
    }

    /// A sample on its way into the pack.
    struct Written {
        std::string name, image, mask, alpha;  ///< `name` has no extension; the others are paths in the pack
        std::vector<PackedFile> files;
        std::vector<ListedDefect> defects;  ///< where annotations are wanted
    };

    /// Ids and names of files, each once. A sample that is there twice is written twice, as "x" and "x#2".
    class Names {
       public:
        Names(const fettle::Images& images, fettle::Context& context) {
            std::vector<fettle::SampleInfo> infos;
            for (std::size_t i = 0; i < images.size(); ++i) infos.push_back({row_text(images.info(i).id)});
            const auto own = infos;
            fettle::make_ids_unique(infos);
            SafeNames safe;
            int repeated = 0;
            for (std::size_t i = 0; i < images.size(); ++i) {
                repeated += infos[i].id != own[i].id;
                files_.push_back(safe.of(infos[i].id));
                ids_.push_back(std::move(infos[i].id));
            }
            if (repeated > 0)
                context.warn(std::to_string(repeated) + " samples have the id of another one; they are written as `" +
                             "x#2`, `x#3` and so on");
        }
        const std::string& id(std::size_t index) const { return ids_[index]; }
        const std::string& file(std::size_t index) const { return files_[index]; }

       private:
        std::vector<std::string> ids_, files_;
    };

    void encode(const fettle::Sample& sample, Written& written) const {
        written.image = "images/" + written.name + "." + format;
        written.files.push_back({written.image, fettle::encode_image(sample.image, "." + format, quality)});
        if (sample.mask.empty()) return;
        if (!annotations.empty()) written.defects = defects_of(sample);
        std::string& path = is_soft(sample.mask) ? written.alpha : written.mask;
        path = "masks/" + written.name + ".png";
        written.files.push_back({path, fettle::encode_image(sample.mask, ".png")});
    }

    static std::string row(const fettle::Sample& sample, const std::string& id, const Written& written) {
        const fettle::SampleInfo& info = sample.info;
        const bool published = info.split == fettle::Split::none;
        return csv_line({id, written.image, std::string(to_string(info.label)),
                         row_text(published ? info.published : std::string(to_string(info.split))),
                         row_text(info.category), written.mask, written.alpha,
                         sample.lineage.empty() ? "" : lineage_text(sample.lineage)});
    }
};

}  // namespace

void add_write(fettle::PluginBuilder& plugin) { plugin.add<Write>("dataset.write"); }
