#include "record_log.hpp"

#include <boost/crc.hpp>

#include <algorithm>
#include <cstdint>

namespace report {
namespace {

constexpr std::size_t block = 32768, head = 7;  ///< of a chunk: CRC, length, kind

}  // namespace

RecordLog::RecordLog() : bytes_(":W&B\xE1\xBE", 6) { bytes_ += '\0'; }  // its name, 0xBEE1 little-endian, version 0

void RecordLog::add(std::string_view record) {
    bool begun = false;
    do {
        const std::size_t left = block - bytes_.size() % block;
        if (left < head) {
            bytes_.append(left, '\0');
            continue;
        }
        const auto data = record.substr(0, left - head);
        const bool ends = data.size() == record.size();
        chunk(begun ? (ends ? Part::last : Part::middle) : (ends ? Part::full : Part::first), data);
        record.remove_prefix(data.size());
        if (ends) return;
        begun = true;
    } while (true);
}

/// The CRC is that of zlib over the kind's byte and the data, unmasked (unlike LevelDB's).
void RecordLog::chunk(Part part, std::string_view data) {
    boost::crc_32_type crc;
    crc.process_byte(static_cast<unsigned char>(part));
    crc.process_bytes(data.data(), data.size());
    const std::uint32_t sum = crc.checksum();
    for (int i = 0; i < 4; ++i) bytes_ += static_cast<char>(sum >> (8 * i) & 0xFF);
    bytes_ += static_cast<char>(data.size() & 0xFF);
    bytes_ += static_cast<char>(data.size() >> 8);
    bytes_ += static_cast<char>(part);
    bytes_ += data;
}

}  // namespace report
