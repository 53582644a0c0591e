// Maps on the host in the place of a tensor.
#pragma once

#include <fettle/ports.hpp>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

/// Rows of one channel each.
class PlanePart final : public fettle::TensorPart {
   public:
    explicit PlanePart(std::vector<std::shared_ptr<const fettle::Plane>> rows) : rows_(std::move(rows)) {}

    std::size_t count() const override { return rows_.size(); }
    std::size_t bytes() const override {
        std::size_t bytes = 0;
        for (const auto& row : rows_) bytes += row->values.size() * sizeof(float);
        return bytes;
    }
    fettle::Plane plane(std::size_t row) const override { return *rows_.at(row); }
    fettle::Image image(std::size_t row) const override {
        const fettle::Plane& from = *rows_.at(row);
        fettle::Image out(from.width, from.height, 3);
        for (std::size_t i = 0; i < out.pixels.size(); ++i)
            out.pixels[i] = static_cast<std::uint8_t>(std::clamp(from.values[i / 3] * 255 + 0.5f, 0.0f, 255.0f));
        return out;
    }
    std::shared_ptr<const fettle::TensorPart> gather(std::span<const Row> rows) const override {
        std::vector<std::shared_ptr<const fettle::Plane>> taken;
        for (const auto& [part, row] : rows) taken.push_back(dynamic_cast<const PlanePart&>(*part).rows_.at(row));
        return std::make_shared<PlanePart>(std::move(taken));
    }

   private:
    std::vector<std::shared_ptr<const fettle::Plane>> rows_;
};
