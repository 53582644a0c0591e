// Folders of a test's own, and graphs checked against the plugins that need no LibTorch.
#pragma once

#include "graph/graph.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace support {

/// A folder that goes when the test does.
class Folder {
   public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "fettle-test-XXXXXX").string();
        path_ = mkdtemp(name.data());
    }
    ~Folder() {
        std::error_code error;
        std::filesystem::remove_all(path_, error);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    const std::filesystem::path& path() const { return path_; }

    /// Writes a file below it and returns its path.
    std::filesystem::path write(const std::string& name, const std::string& text) const {
        const auto file = path_ / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file, std::ios::binary) << text;
        return file;
    }

   private:
    std::filesystem::path path_;
};

inline std::string text_of(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// "G201 at 3:1", in the order they were found.
inline std::vector<std::string> places(const fettle::runtime::Diagnostics& diagnostics) {
    std::vector<std::string> out;
    for (const auto& d : diagnostics.all())
        out.push_back(d.code + " at " + std::to_string(d.span.line) + ":" + std::to_string(d.span.column));
    return out;
}

/// Loaded once; remembers nothing on disk.
inline fettle::runtime::Registry& registry() {
    static fettle::runtime::Diagnostics diagnostics;
    static fettle::runtime::Registry all = [] {
        std::vector<std::filesystem::path> files;
        for (const char* family :
             {"dataset", "split", "transform", "synthesize", "hash", "threshold", "evaluate", "report"})
            files.push_back(std::filesystem::path(FETTLE_PLUGIN_FOLDER) / (std::string(family) + ".so"));
        return fettle::runtime::Registry(files, {}, diagnostics);
    }();
    return all;
}

/// A graph from its text; throws with the whole report where it is wrong.
inline fettle::runtime::Graph graph_of(const std::string& text, const std::vector<std::string>& overrides = {},
                                       const std::filesystem::path& base = std::filesystem::current_path()) {
    using namespace fettle::runtime;
    Diagnostics diagnostics;
    const auto document = read_document_text("graph.toml", text, base, overrides, diagnostics);
    std::optional<Graph> graph;
    if (document) graph = check(*document, "graph.toml", registry(), diagnostics);
    if (!graph) throw std::runtime_error(render(diagnostics.all()));
    return std::move(*graph);
}

/// The value a stage's parameter has in a checked graph, as TOML.
inline std::string value_of(const fettle::runtime::Graph& graph, const std::string& stage, const std::string& name) {
    for (const auto& each : graph.stages)
        for (std::size_t i = 0; each.name == stage && i < each.use.parameters.size(); ++i)
            if (each.use.type->parameters[i].name == name) return each.use.parameters[i].value.text();
    throw std::runtime_error("there is no " + stage + "." + name);
}

}  // namespace support
