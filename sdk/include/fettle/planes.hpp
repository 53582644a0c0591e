// Maps on the host in the place of a tensor.
#pragma once

#include <fettle/ports.hpp>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace fettle {

/// The values of a batch of maps that were computed without LibTorch: rows of one channel each.
///                                                                                   [any thread, concurrent]
class PlanePart final : public TensorPart {
   public:
    explicit PlanePart(std::vector<std::shared_ptr<const Plane>> rows) : rows_(std::move(rows)) {}

    std::size_t count() const override { return rows_.size(); }
    std::size_t bytes() const override {
        std::size_t bytes = 0;
        for (const auto& row : rows_) bytes += row->values.size() * sizeof(float);
        return bytes;
    }
    Plane plane(std::size_t row) const override { return *rows_.at(row); }
    Image image(std::size_t row) const override {
        const Plane& from = *rows_.at(row);
        Image out(from.width, from.height, 3);
        for (std::size_t i = 0; i < out.pixels.size(); ++i)
            out.pixels[i] = static_cast<std::uint8_t>(std::clamp(from.values[i / 3] * 255 + 0.5f, 0.0f, 255.0f));
        return out;
    }
    std::shared_ptr<const TensorPart> gather(std::span<const Row> rows) const override {
        std::vector<std::shared_ptr<const Plane>> taken;
        for (const auto& [part, row] : rows) taken.push_back(dynamic_cast<const PlanePart&>(*part).rows_.at(row));
        return std::make_shared<PlanePart>(std::move(taken));
    }

   private:
    std::vector<std::shared_ptr<const Plane>> rows_;
};

}  // namespace fettle
