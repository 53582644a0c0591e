// Values made by hand, for tests of what comes after the network.
#pragma once

#include <fettle/ports.hpp>
#include <fettle/roles/decide.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace fakes {

/// Planes on the host in the place of a tensor.
class FloatPart final : public fettle::TensorPart {
   public:
    explicit FloatPart(std::vector<fettle::Plane> planes) : planes_(std::move(planes)) {}

    std::size_t count() const override { return planes_.size(); }
    std::size_t bytes() const override {
        std::size_t sum = 0;
        for (const auto& plane : planes_) sum += plane.values.size() * sizeof(float);
        return sum;
    }
    fettle::Image image(std::size_t row) const override {
        const fettle::Plane& plane = planes_.at(row);
        fettle::Image out(plane.width, plane.height, 3);
        for (std::size_t i = 0; i < out.pixels.size(); ++i)
            out.pixels[i] = static_cast<std::uint8_t>(std::clamp(plane.values[i / 3] * 255 + 0.5f, 0.0f, 255.0f));
        return out;
    }
    fettle::Plane plane(std::size_t row) const override { return planes_.at(row); }
    std::shared_ptr<const fettle::TensorPart> gather(std::span<const Row> rows) const override {
        std::vector<fettle::Plane> planes;
        for (const auto& [part, row] : rows) planes.push_back(part->plane(row));
        return std::make_shared<FloatPart>(std::move(planes));
    }

   private:
    std::vector<fettle::Plane> planes_;
};

/// Maps that are there already.
class FixedMaps final : public fettle::Maps {
   public:
    FixedMaps(std::string label, std::vector<fettle::SampleInfo> infos, std::vector<fettle::Plane> planes,
              fettle::Ref<fettle::Images> reference = {}, fettle::Ref<fettle::Images> candidate = {})
        : label_(std::move(label)),
          infos_(std::move(infos)),
          planes_(std::move(planes)),
          reference_(std::move(reference)),
          candidate_(std::move(candidate)) {}

    std::size_t size() const override { return infos_.size(); }
    const fettle::SampleInfo& info(std::size_t index) const override { return infos_.at(index); }
    std::string label() const override { return label_; }
    fettle::Ref<fettle::Images> reference() const override { return reference_; }
    fettle::Ref<fettle::Images> candidate() const override { return candidate_; }
    fettle::Ref<fettle::Batch> read(std::span<const std::size_t> indices, std::uint32_t) const override {
        std::vector<fettle::SampleInfo> infos;
        std::vector<fettle::Plane> planes;
        for (const std::size_t i : indices) {
            infos.push_back(infos_.at(i));
            planes.push_back(planes_.at(i));
        }
        return std::make_shared<fettle::Batch>(std::move(infos), std::make_shared<FloatPart>(std::move(planes)));
    }

   private:
    std::string label_;
    std::vector<fettle::SampleInfo> infos_;
    std::vector<fettle::Plane> planes_;
    fettle::Ref<fettle::Images> reference_, candidate_;
};

inline fettle::SampleInfo info(std::string id, fettle::Split split, fettle::Label label) {
    return {std::move(id), label, split, label == fettle::Label::anomalous ? "bad" : "good", ""};
}

/// A table of one column.
inline std::shared_ptr<fettle::Scores> table(std::string column, std::vector<fettle::SampleInfo> rows,
                                             std::vector<double> values) {
    auto scores = std::make_shared<fettle::Scores>();
    scores->rows = std::move(rows);
    scores->columns.push_back({std::move(column), std::move(values)});
    return scores;
}

}  // namespace fakes
