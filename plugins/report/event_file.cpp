#include "event_file.hpp"

#include <boost/crc.hpp>
#include <protozero/pbf_writer.hpp>

#include <algorithm>
#include <cmath>

namespace report {
namespace {

using protozero::pbf_writer;

// Field numbers of tensorflow's event.proto, summary.proto, tensor.proto and tensor_shape.proto.
struct EventFields {
    enum : std::uint32_t { wall_time = 1, step = 2, file_version = 3, summary = 5 };
};
struct ValueFields {
    enum : std::uint32_t { tag = 1, simple_value = 2, image = 4, histogram = 5, tensor = 8, metadata = 9 };
};

/// Little-endian, whatever the machine.
template <class Integer>
std::string little(Integer value) {
    std::string out;
    for (std::size_t i = 0; i < sizeof value; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
    return out;
}

/// A CRC of data that itself holds CRCs would be weak, so TensorFlow stores it turned and shifted (its
/// record_writer.h).
std::uint32_t masked(std::uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xa282ead8u; }

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
    boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
    crc.process_bytes(bytes.data(), bytes.size());
    return crc.checksum();
}

Buckets buckets_of(const std::vector<double>& values, double from, double to, std::size_t most) {
    Buckets out;
    std::vector<double> counts(most);
    const double width = (to - from) / static_cast<double>(most);
    for (const double value : values) {
        if (!std::isfinite(value)) continue;
        out.lowest = out.count == 0 ? value : std::min(out.lowest, value);
        out.highest = out.count == 0 ? value : std::max(out.highest, value);
        out.sum += value;
        out.sum_of_squares += value * value;
        out.count += 1;
        const double place = width > 0 ? std::ceil((value - from) / width) - 1 : 0;
        counts[static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(most - 1)))] += 1;
    }
    std::size_t first = 0, end = most;
    while (first < end && counts[first] == 0) ++first;
    while (end > first && counts[end - 1] == 0) --end;
    for (std::size_t i = first; i < end; ++i) {
        out.limits.push_back(i + 1 == most ? to : from + width * static_cast<double>(i + 1));
        out.counts.push_back(counts[i]);
    }
    return out;
}

EventFile::EventFile(double seconds) : seconds_(seconds) {
    std::string data;
    pbf_writer event(data);
    event.add_double(EventFields::wall_time, seconds_);
    event.add_string(EventFields::file_version, "brain.Event:2");
    record(data);
}

void EventFile::scalar(std::string_view tag, std::int64_t step, double value) {
    std::string data;
    pbf_writer writer(data);
    writer.add_string(ValueFields::tag, tag.data(), tag.size());
    writer.add_float(ValueFields::simple_value, static_cast<float>(value));
    event(step, data);
}

void EventFile::image(std::string_view tag, std::int64_t step, int width, int height, std::string_view png) {
    enum : std::uint32_t { height_field = 1, width_field = 2, colorspace = 3, encoded = 4 };
    constexpr int rgb = 3;
    std::string data;
    pbf_writer writer(data);
    writer.add_string(ValueFields::tag, tag.data(), tag.size());
    {
        pbf_writer picture(writer, ValueFields::image);
        picture.add_int32(height_field, height);
        picture.add_int32(width_field, width);
        picture.add_int32(colorspace, rgb);
        picture.add_bytes(encoded, png.data(), png.size());
    }
    event(step, data);
}

void EventFile::histogram(std::string_view tag, std::int64_t step, const Buckets& buckets) {
    enum : std::uint32_t { min = 1, max = 2, num = 3, sum = 4, sum_squares = 5, bucket_limit = 6, bucket = 7 };
    std::string data;
    pbf_writer writer(data);
    writer.add_string(ValueFields::tag, tag.data(), tag.size());
    {
        pbf_writer histogram(writer, ValueFields::histogram);
        histogram.add_double(min, buckets.lowest);
        histogram.add_double(max, buckets.highest);
        histogram.add_double(num, buckets.count);
        histogram.add_double(sum, buckets.sum);
        histogram.add_double(sum_squares, buckets.sum_of_squares);
        histogram.add_packed_double(bucket_limit, buckets.limits.begin(), buckets.limits.end());
        histogram.add_packed_double(bucket, buckets.counts.begin(), buckets.counts.end());
    }
    event(step, data);
}

void EventFile::text(std::string_view tag, std::int64_t step, std::string_view words) {
    enum : std::uint32_t { dtype = 1, tensor_shape = 2, string_val = 8, dim = 2, size = 1, plugin_data = 1, name = 1 };
    constexpr int dt_string = 7;
    std::string data;
    pbf_writer writer(data);
    writer.add_string(ValueFields::tag, tag.data(), tag.size());
    {
        pbf_writer tensor(writer, ValueFields::tensor);
        tensor.add_enum(dtype, dt_string);
        {
            pbf_writer shape(tensor, tensor_shape);
            pbf_writer(shape, dim).add_int64(size, 1);
        }
        tensor.add_bytes(string_val, words.data(), words.size());
    }
    {
        pbf_writer metadata(writer, ValueFields::metadata);
        pbf_writer(metadata, plugin_data).add_string(name, "text");
    }
    event(step, data);
}

void EventFile::event(std::int64_t step, std::string_view value) {
    std::string data;
    pbf_writer event(data);
    event.add_double(EventFields::wall_time, seconds_);
    event.add_int64(EventFields::step, step);
    pbf_writer(event, EventFields::summary).add_message(1, value.data(), value.size());
    record(data);
}

void EventFile::record(std::string_view data) {
    const std::string length = little(static_cast<std::uint64_t>(data.size()));
    bytes_ += length + little(masked(crc32c(length)));
    bytes_ += data;
    bytes_ += little(masked(crc32c(data)));
}

}  // namespace report
