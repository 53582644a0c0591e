// Trees of image files that tests write, as folders and as archives.
#pragma once

#include "support.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

namespace support {

inline Library& dataset_library() {
    static Library library(FETTLE_PLUGIN_FOLDER "/dataset.so");
    return library;
}

using Tree = std::map<std::string, Bytes>;

inline Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }
inline Bytes png(std::uint64_t seed, int width = 24, int height = 20) {
    return encode_image(noise_image(seed, width, height), ".png");
}
inline Bytes jpeg(std::uint64_t seed, int width = 24, int height = 20) {
    return encode_image(noise_image(seed, width, height), ".jpg");
}
/// White from the column `left` on, and black before it.
inline Bytes mask_png(int left, int width = 24, int height = 20, std::uint8_t white = 255) {
    Image mask(width, height, 1);
    for (int y = 0; y < height; ++y)
        for (int x = left; x < width; ++x) *mask.at(x, y) = white;
    return encode_image(mask, ".png");
}

/// `jpeg` with an EXIF segment that says how to turn the picture (1: not at all; 6: a quarter turn).
inline Bytes with_exif(const Bytes& jpeg, std::uint8_t orientation) {
    Bytes exif{0xFF, 0xE1, 0,    34,   'E', 'x', 'i', 'f', 0, 0, 'I',         'I', '*', 0, 8, 0, 0, 0,
               1,    0,    0x12, 0x01, 3,   0,   1,   0,   0, 0, orientation, 0,   0,   0, 0, 0, 0, 0};
    Bytes out = jpeg;
    out.insert(out.begin() + 2, exif.begin(), exif.end());
    return out;
}

/// Class folders under train and test, an own test folder's name in capitals, things to pass over.
inline Tree class_folders() {
    return {{"set/train/OK/a.png", png(1)},          {"set/train/OK/b.jpg", jpeg(2)},
            {"set/Test/OK/c.png", png(3)},           {"set/Test/crack/d.png", png(4)},
            {"set/readme.txt", {'h', 'i'}},          {"__MACOSX/set/train/OK/._a.png", {1}},
            {"set/train/OK/.hidden.png", {1, 2, 3}}, {"loose.bmp", encode_image(noise_image(5), ".bmp")}};
}

inline void write_folder(const std::filesystem::path& root, const Tree& tree) {
    for (const auto& [name, bytes] : tree) write_file(root / name, bytes);
}

/// An archive written by libarchive; `format` and `filter` are its constants.
inline void write_archive(const std::filesystem::path& path, const Tree& tree, int format, int filter,
                          const char* options = "", const char* passphrase = nullptr) {
    // libarchive's writer takes names in the locale's characters; its reader is to cope without one.
    const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr), before = uselocale(utf8);
    archive* out = archive_write_new();
    archive_write_set_format(out, format);
    archive_write_add_filter(out, filter);
    ASSERT_EQ(archive_write_set_options(out, options), ARCHIVE_OK) << archive_error_string(out);
    if (passphrase != nullptr) archive_write_set_passphrase(out, passphrase);
    ASSERT_EQ(archive_write_open_filename(out, path.c_str()), ARCHIVE_OK);
    for (const auto& [name, bytes] : tree) {
        archive_entry* entry = archive_entry_new();
        archive_entry_set_pathname(entry, name.c_str());
        archive_entry_set_size(entry, static_cast<la_int64_t>(bytes.size()));
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, 0644);
        ASSERT_EQ(archive_write_header(out, entry), ARCHIVE_OK) << archive_error_string(out);
        ASSERT_EQ(archive_write_data(out, bytes.data(), bytes.size()), static_cast<la_ssize_t>(bytes.size()));
        archive_entry_free(entry);
    }
    ASSERT_EQ(archive_write_close(out), ARCHIVE_OK);
    archive_write_free(out);
    uselocale(before);
    freelocale(utf8);
}
inline void write_zip(const std::filesystem::path& path, const Tree& tree, const char* options = "") {
    write_archive(path, tree, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, options);
}
inline void write_tar(const std::filesystem::path& path, const Tree& tree, int filter = ARCHIVE_FILTER_NONE) {
    write_archive(path, tree, ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, filter);
}

/// The tree with every name below a folder.
inline Tree below(const std::string& folder, const Tree& tree) {
    Tree out;
    for (const auto& [name, bytes] : tree) out[folder + "/" + name] = bytes;
    return out;
}

/// The images of the data set `id` at `path`.
inline Ref<Images> images_at(const char* id, const std::filesystem::path& path, TestContext& context,
                             Settings settings = {}) {
    settings["path"] = path.string();
    return open_dataset(dataset_library(), id, settings, context);
}
inline Ref<Images> folder(const std::filesystem::path& path, TestContext& context, Settings settings = {}) {
    return images_at("dataset.folder", path, context, std::move(settings));
}
inline Ref<Images> opened(const std::filesystem::path& path, TestContext& context, Settings settings = {}) {
    return images_at("dataset.archive", path, context, std::move(settings));
}

inline void expect_equal(const Images& left, const Images& right) {
    ASSERT_EQ(ids_of(left), ids_of(right));
    for (std::size_t i = 0; i < left.size(); ++i) {
        const Sample a = sample_at(left, i), b = sample_at(right, i);
        EXPECT_EQ(a.image, b.image) << a.info.id;
        EXPECT_EQ(a.mask, b.mask) << a.info.id;
        EXPECT_EQ(a.info, b.info) << a.info.id;
        EXPECT_EQ(a.lineage, b.lineage) << a.info.id;
    }
}

}  // namespace support
