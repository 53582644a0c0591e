#include "targets.hpp"

#include "dataset/tree.hpp"
#include "graph/document.hpp"
#include "graph/graph.hpp"

#include <fettle/bits.hpp>
#include <fettle/error.hpp>
#include <fettle/image.hpp>
#include <fettle/ports.hpp>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace fuzz {
namespace {

namespace fs = std::filesystem;
using namespace fettle::runtime;

std::string text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// A folder in memory, if there is such a place, that goes with the process.
const fs::path& folder() {
    struct Own {
        fs::path path = (fs::is_directory("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path()) /
                        ("fettle-fuzz-" + std::to_string(::getpid()));
        Own() { fs::create_directories(path); }
        ~Own() {
            std::error_code error;
            fs::remove_all(path, error);
        }
    };
    static const Own own;
    return own.path;
}

void write(const fs::path& file, Bytes bytes) {
    std::ofstream stream(file, std::ios::binary | std::ios::trunc);
    stream.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

/// What a user is told is no finding.
template <class Work>
void expect_words(const Work& work) {
    try {
        work();
    } catch (const fettle::Error& error) {
        if (std::string(error.what()).empty()) throw std::logic_error("an error without words");
    }
}

}  // namespace

void graph(Bytes bytes) {
    const std::string text = text_of(bytes), line = text.substr(0, text.find('\n'));
    for (const bool overridden : {false, true}) {
        Diagnostics diagnostics;
        const std::vector<std::string> overrides = overridden ? std::vector{line} : std::vector<std::string>{};
        const auto document = read_document_text("fuzzed.toml", text, folder(), overrides, diagnostics);
        if (document) check_sweep(*document, diagnostics);
        for (const Diagnostic& each : diagnostics.all())  // every place must be one in the text
            if (render(each).empty()) throw std::logic_error("a diagnostic without words");
    }
}

void image(Bytes bytes) {
    const auto header = fettle::read_image_header(bytes);
    if (header.pixels() > 4'000'000) return;  // large pictures are large, not wrong
    expect_words([&] {
        const auto whole = fettle::decode_image(bytes, "fuzzed");
        if (whole.image.pixels.size() != static_cast<std::size_t>(whole.image.width) * whole.image.height * 3)
            throw std::logic_error("an image of another size than it says");
    });
    expect_words([&] { fettle::decode_image(bytes, "fuzzed", {16, 16}); });
    expect_words([&] { fettle::decode_mask(bytes, "fuzzed"); });
}

void archive(Bytes bytes) {
    const fs::path file = folder() / "fuzzed.archive";
    write(file, bytes);
    expect_words([&] {
        const auto tree = open_tree(file, std::size_t{1} << 20);
        for (std::size_t i = 0; i < std::min<std::size_t>(tree->names().size(), 40); ++i)
            expect_words([&] { tree->read(i); });
    });
}

void kept(Bytes bytes) {
    if (bytes.empty()) return;
    constexpr const char* types[] = {"scores/1", "decisions/1", "measures/1", "network/1", "images/1"};
    write(folder() / "value.json", bytes.subspan(1));
    expect_words([&] { fettle::load_value(types[bytes[0] % std::size(types)], folder()); });
}

void hash(Bytes bytes) {
    expect_words([&] {
        const auto bits = fettle::bits_from_hex(text_of(bytes));
        if (fettle::bits_from_hex(fettle::to_hex(bits)) != bits) throw std::logic_error("bits that change as text");
    });
}

std::vector<std::string> seeds(const std::string& target) {
    std::vector<std::string> out;
    if (target == "graph") {
        out.push_back(
            "cut.at=0.5\nformat = 1\n[graph]\nname = \"a\"\nseed = 7\n[parameters]\nside = 8\nsize = [\"${side}\", 9]\n"
            "[stage.photos]\nuse = \"dataset.folder\"\npath = \"${env:HOME:-x}/y\"\nsize = \"${size}\"\n"
            "[stage.cut]\nuse = \"threshold.quantile\"\nin.scores = [\"photos.images\"]\nat = 0.9\n"
            "[[stage.cut.loss]]\nuse = \"similarity.ssim\"\n[sweep]\nmode = \"grid\"\nrepeat = 2\n"
            "[sweep.over]\ncut.at = [0.5, 1]\n");
        out.emplace_back("extends = \"fuzzed.toml\"\n[stage]\na.drop = true\nb = 1979-05-27T07:32:00Z\n");
    } else if (target == "image") {
        fettle::Image picture(9, 7, 3);
        for (std::size_t i = 0; i < picture.pixels.size(); ++i) picture.pixels[i] = static_cast<std::uint8_t>(i * 29);
        for (const char* kind : {".png", ".jpg", ".webp", ".bmp", ".tiff"}) {
            const auto bytes = fettle::encode_image(picture, kind);
            out.emplace_back(bytes.begin(), bytes.end());
        }
    } else if (target == "archive") {
        // One empty file in a zip; one of three letters in a tar.
        std::string zip("PK\5\6", 4);
        zip.append(18, '\0');
        out.push_back(zip);
        std::string tar(1024, '\0');
        tar.replace(0, 5, "a.txt").replace(100, 7, "0000644").replace(124, 11, "00000000003").replace(156, 1, "0");
        tar.replace(257, 5, "ustar").replace(263, 2, "00").replace(512, 3, "abc").replace(148, 8, 8, ' ');
        unsigned sum = 0;
        for (int i = 0; i < 512; ++i) sum += static_cast<unsigned char>(tar[static_cast<std::size_t>(i)]);
        char digits[8];
        std::snprintf(digits, sizeof digits, "%06o", sum);
        tar.replace(148, 7, std::string(digits, 6) + '\0');
        out.push_back(tar + std::string(1024, '\0'));
    } else if (target == "kept") {
        fettle::Scores scores;
        scores.rows.push_back({"a.png", fettle::Label::normal, fettle::Split::test, "good", ""});
        scores.columns.push_back({"ssim mean", {0.25}});
        fettle::Decisions decisions;
        decisions.scores = scores;
        decisions.cuts.push_back({"ssim mean", 0.5, "quantile", 3, false, ""});
        fettle::Measures measures;
        measures.scores = scores;
        measures.judgements.push_back(
            {decisions.cuts[0], {{"auroc", 0.9, 0.8, 1}}, {1, 2, 3, 4}, {{0, 0}, {1, 1}}, {}, {}});
        measures.tables.push_back({"t", "n", {{"mean grey", {{"auroc", 1, 1, 1}}, "same"}}});
        const auto add = [&](char type, const fettle::Value& value) {
            const fs::path place = folder() / "seed";
            fs::create_directories(place);
            fettle::save_value(value, place);
            std::ifstream file(place / "value.json", std::ios::binary);
            out.push_back(type + std::string{std::istreambuf_iterator<char>(file), {}});
            fs::remove_all(place);
        };
        add(0, scores);
        add(1, decisions);
        add(2, measures);
        out.emplace_back("\3{\"architecture\": \"a\", \"channels\": 3, \"height\": 8, \"width\": 8}");
        out.emplace_back("\4{\"count\": 1}");
    } else {
        out = {"ffd7918181c9ffff", "0", "9x5"};
    }
    return out;
}

}  // namespace fuzz
