// Images stored by `keep = true`: pixels one after another in samples.bin, what is known of them in value.json.
#pragma once

#include <fettle/ports.hpp>

#include <filesystem>

namespace fettle {

/// Makes every image and writes it: 8-bit where it is on the host, float32 where it is a tensor. Throws
/// Error(Fault::storage) where it can't be written, Error(Fault::plugin) where the images vary from round to round.
void keep_images(const Images& images, const std::filesystem::path& folder);

/// The same images, read from the file when asked for, one by one. Throws Error(Fault::storage).
Ref<Images> kept_images(const std::filesystem::path& folder);

}  // namespace fettle
