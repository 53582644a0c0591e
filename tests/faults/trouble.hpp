// A small graph without networks, for faults that have nothing to do with training: two stages that read one set of
// images, `sums` by the plugin trouble.cpp.
#pragma once

#include "process.hpp"

#include <fettle/image.hpp>

#include <gmock/gmock.h>

namespace testing_fettle {

class Troubled : public Workshop {
   protected:
    /// A stage of the graphs of this file.
    static std::string stage(const std::string& name, const std::string& use, const std::string& rest) {
        return "[stage." + name + "]\nuse = \"" + use + "\"\n" + rest;
    }
    static std::string sums(const std::string& name, const std::string& rest = "", const std::string& of = "parts") {
        return stage(name, "test.trouble", "in.images = [\"" + of + "\"]\n" + rest);
    }
    static std::string hash(const std::string& name, int size, const std::string& of = "parts") {
        return stage(name, "hash.perceptual",
                     "in.reference = \"parts\"\nin.candidate = \"" + of + "\"\nsize = " + std::to_string(size) + "\n");
    }
    static std::string begin(const std::string& name) {
        return "format = 1\n[graph]\nname = \"" + name + "\"\nseed = 7\n";
    }
    static std::string made() {
        return stage("parts", "dataset.procedural", "count = 12\nsize = [32, 32]\nsplit = \"test\"\n");
    }
    static std::string photos() { return stage("parts", "dataset.folder", "path = \"photos\"\nsplit = \"test\"\n"); }
    fs::path small() const { return graph("small.toml", begin("small") + made() + sums("sums") + hash("hash", 8)); }

    Launch run_of(const fs::path& file, Arguments more = {}, const std::string& cache = "cache") const {
        Arguments arguments{"run", file, "--plugin", TEST_TROUBLE};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return fettle(arguments, cache);
    }
    std::map<std::string, std::string> entries(const std::string& cache = "cache") const {
        return files_of(folder() / cache / "entries");
    }
    bool has_drafts(const std::string& cache = "cache") const { return !fs::is_empty(folder() / cache / "drafts"); }

    fs::path photo(const std::string& name) const { return folder() / "photos/good" / name; }
    static std::string png(int value) {
        fettle::Image image(16, 16, 3);
        image.pixels[5] = static_cast<std::uint8_t>(value);
        const auto bytes = fettle::encode_image(image, ".png");
        return {bytes.begin(), bytes.end()};
    }
};

}  // namespace testing_fettle
