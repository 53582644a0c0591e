#include "strict_jpeg.hpp"

#include <turbojpeg.h>

#include <memory>
#include <vector>

std::string jpeg_damage(std::span<const std::uint8_t> bytes) {
    if (bytes.size() < 3 || bytes[0] != 0xFF || bytes[1] != 0xD8) return "";
    const std::unique_ptr<void, int (*)(tjhandle)> reader(tjInitDecompress(), tjDestroy);
    int width = 0, height = 0, subsampling = 0, colours = 0;
    const auto size = static_cast<unsigned long>(bytes.size());
    bool sound = tjDecompressHeader3(reader.get(), bytes.data(), size, &width, &height, &subsampling, &colours) == 0;
    if (sound) {
        const int format = colours == TJCS_CMYK || colours == TJCS_YCCK ? TJPF_CMYK : TJPF_RGB;
        std::vector<std::uint8_t> pixels(static_cast<std::size_t>(width) * height * tjPixelSize[format]);
        sound = tjDecompress2(reader.get(), bytes.data(), size, pixels.data(), width, 0, height, format,
                              TJFLAG_STOPONWARNING) == 0;
    }
    return sound ? "" : std::string("is damaged: ") + tjGetErrorStr2(reader.get());
}
