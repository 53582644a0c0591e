#include "table_rows.hpp"
#include "tree_dataset.hpp"

namespace {

/// What a table says, and nothing else: the folders' names mean nothing here.
struct Table final : TreeDataset {
    std::string table = "samples.csv";

    static void describe(fettle::Describe<Table>& d) {
        d.summary("Images listed in a CSV table with their labels, splits and masks, as `dataset.write` writes it.");
        describe_tree(d, "A folder, or a zip or tar archive, with the table and the files that it names.");
        d.param(
            "table", &Table::table,
            "The table in it: columns path and label, and where wanted id, split, mask, category and lineage; paths "
            "begin in the table's folder.");
        describe_memory(d);
    }

    fettle::Ref<fettle::Images> open(fettle::Context& context) const override {
        if (lower(path.extension().string()) == ".csv" && std::filesystem::is_regular_file(path))
            throw fettle::Error(fettle::Fault::data, "`" + path.string() + "` is a table, not what it lies in")
                .parameter("path")
                .help("give the folder as `path` and the file's name as `table`: its images belong to the set");
        auto tree = opened();
        const std::size_t file = table_in(*tree);
        TableRows rows = read_rows(tree->read(file), tree->names()[file], tree->names());
        if (rows.images.empty() && rows.refused.empty())
            throw fettle::Error(fettle::Fault::data, "the table `" + tree->names()[file] + "` lists no image")
                .parameter("table");
        return images_of(std::move(tree), {.images = std::move(rows.images), .refused = std::move(rows.refused)},
                         context);
    }

   private:
    /// The table's place in the tree; an archive may nest everything in a folder of its own.
    std::size_t table_in(const FileTree& tree) const {
        std::vector<std::size_t> nested;
        std::vector<std::string> others;
        for (std::size_t i = 0; i < tree.names().size(); ++i) {
            const std::string& name = tree.names()[i];
            if (name == table) return i;
            if (name.ends_with("/" + table)) nested.push_back(i);
            if (lower(name).ends_with(".csv")) others.push_back("`" + name + "`");
        }
        if (nested.size() == 1) return nested.front();
        throw fettle::Error(fettle::Fault::data, "`" + path.string() + "` holds " +
                                                     (nested.empty() ? "no table `" : "several tables `") + table + "`")
            .parameter("table")
            .help(others.empty() ? "it holds no .csv file" : "it has " + listed(others));
    }
};

}  // namespace

void add_table(fettle::PluginBuilder& plugin) { plugin.add<Table>("dataset.table"); }
