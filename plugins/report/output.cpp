#include "output.hpp"

#include "identity.hpp"

#include <fettle/error.hpp>

#include <nlohmann/json.hpp>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <fstream>

namespace report {

std::string digits(double value) {
    char buffer[32];
    return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

std::string utf8(std::string_view text) {
    using nlohmann::json;
    return json::parse(json(text).dump(-1, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace));
}

void put_file(const std::filesystem::path& file, std::string_view bytes) {
    const std::filesystem::path draft = file.string() + ".part";
    std::error_code error;
    std::filesystem::create_directories(file.parent_path(), error);
    std::ofstream stream(draft, std::ios::binary);
    stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    stream.close();
    if (stream) std::filesystem::rename(draft, file, error);
    if (!stream || error)
        throw fettle::Error(fettle::Fault::storage, "`" + file.string() + "` could not be written")
            .help("is the disk full?");
}

std::int64_t milliseconds_now() {
    if (const char* fixed = std::getenv("SOURCE_DATE_EPOCH"); fixed != nullptr && *fixed != '\0') {
        constexpr std::int64_t year_10000 = 253402300800;
        const std::string_view text = fixed;
        std::int64_t seconds = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
        if (error != std::errc{} || end != text.data() + text.size() || seconds < 0 || seconds >= year_10000)
            throw fettle::Error(fettle::Fault::data,
                                "the environment's SOURCE_DATE_EPOCH is `" + std::string(text) + "`, which is no time")
                .help("it is a whole number of seconds since 1970, such as 1700000000; unset it for the clock's time");
        return seconds * 1000;
    }
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::string Names::part(std::string_view text) const {
    std::string out = utf8(text);
    for (char& c : out) {
        const auto byte = static_cast<unsigned char>(c);
        const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        const bool taken =
            byte < 0x80 ? alphanumeric || rules_.marks.find(c) != std::string_view::npos : rules_.beyond_ascii;
        if (!taken) c = '_';
    }
    if (out.size() > rules_.longest_part) {
        constexpr std::size_t of_digest = 8;
        std::size_t end = rules_.longest_part - of_digest - 1;
        while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0) == 0x80) --end;  // no half of a letter
        out = out.substr(0, end) + "_" + sha256(text).substr(0, of_digest);
    }
    if (out.find_first_not_of('.') == std::string::npos) out = "_";  // "", ".", ".." are no names of files
    return out;
}

std::string Names::operator()(std::initializer_list<std::string_view> parts) {
    std::string name;
    for (const std::string_view each : parts) name += (name.empty() ? "" : "/") + part(each);
    std::string free = name;
    for (int number = 2; !given_.insert(free).second; ++number) free = name + "_" + std::to_string(number);
    return free;
}

}  // namespace report
