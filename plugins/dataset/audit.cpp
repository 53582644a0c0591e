#include "audit_findings.hpp"
#include "audit_page.hpp"

#include <fettle/sdk.hpp>

#include <fstream>

namespace {

/// Looks a data set over before anyone trusts figures measured on it: copies within and across splits (turned and
/// mirrored ones too), contradictory labels, sizes, colours, and what could not be read.
struct DatasetAudit final : fettle::Stage {
    struct In {
        std::vector<fettle::Ref<fettle::Images>> images;
    };
    struct Out {
        fettle::Ref<fettle::Files> files;
    };
    int radius = fettle::Likeness{}.radius;
    double alike = fettle::Likeness{}.alike;
    int pictures = 60;
    fettle::Ref<fettle::Hash> hash;

    static void describe(fettle::Describe<DatasetAudit>& d) {
        d.summary("Copies within and across splits, sizes, colours and unreadable files, as a table and a page.")
            .in("images", &In::images,
                "The sets to look over, taken together; a data set's output or those of a split.")
            .param("radius", &DatasetAudit::radius, "Bits in which the fingerprints of copies differ at most.",
                   fettle::between(0, 4096))
            .param("alike", &DatasetAudit::alike,
                   "Correlation of two images, shrunk to 24x24, from which they count as copies; -1 leaves it to the "
                   "fingerprints.",
                   fettle::between(-1, 1))
            .param("pictures", &DatasetAudit::pictures,
                   "Pairs of copies that the page shows, those across splits first.", fettle::between(0, 10000))
            .component("hash", &DatasetAudit::hash, "What makes the fingerprints; 256 bits suit the defaults.")
            .out("files", &Out::files, "audit.html, audit.json, and copies.csv with every pair.");
    }

    Out run(const In& in, fettle::Context& context) const {
        const auto images = fettle::join_images(in.images);
        if (images->size() == 0) throw fettle::Error(fettle::Fault::data, "there is no image to look over");
        const Audit audit = audited(*images, *hash, {radius, alike}, context);
        const auto folder = context.output_folder();
        write(folder / "audit.html", audit_page(audit, *images, static_cast<std::size_t>(pictures)));
        write(folder / "audit.json", audit_json(audit));
        write(folder / "copies.csv", copies_csv(audit));
        for (const auto& [name, part] : audit.parts)
            if (const std::size_t seen = audit.seen_elsewhere(name); seen > 0 && name == "test")
                context.warn(std::to_string(seen) + " of " + std::to_string(part.count()) +
                             " images of `test` have a copy outside of it: figures measured on them flatter; "
                             "`split.grouped` keeps copies on one side");
        auto files = std::make_shared<fettle::Files>();
        files->folder = folder;
        return {files};
    }

   private:
    static void write(const std::filesystem::path& path, const std::string& text) {
        std::ofstream file(path, std::ios::binary);
        file << text;
        file.close();
        if (!file)
            throw fettle::Error(fettle::Fault::storage, "`" + path.string() + "` could not be written")
                .help("is the disk full?");
    }
};

}  // namespace

void add_audit(fettle::PluginBuilder& plugin) { plugin.add<DatasetAudit>("dataset.audit"); }
