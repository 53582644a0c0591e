#include "run/batches.hpp"

#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <cmath>

namespace fettle::runtime {

void Batches::add(double batch_seconds, std::uint64_t batch_items) {
    const auto n = static_cast<double>(batch_items);
    ++count;
    seconds += batch_seconds;
    items += n;
    squares += batch_seconds * batch_seconds;
    products += batch_seconds * n;
    item_squares += n * n;
}

nlohmann::json to_json(const Batches& batches) {
    return {batches.count, batches.seconds, batches.items, batches.squares, batches.products, batches.item_squares};
}

Batches batches_from(const nlohmann::json& json) {
    return {json.at(0), json.at(1), json.at(2), json.at(3), json.at(4), json.at(5)};
}

std::optional<Doubt> doubt_of(const Batches& batches, double items) {
    if (batches.count < 2) return std::nullopt;
    const auto m = static_cast<double>(batches.count);
    const double ratio = batches.seconds / batches.items;
    const double squares = batches.squares - 2 * ratio * batches.products + ratio * ratio * batches.item_squares;
    return Doubt{std::max(0.0, squares) * m / (m - 1) / (items * items), m - 1};
}

Doubt sum_of(const std::vector<Doubt>& parts) {
    Doubt sum;
    double fourths = 0, least = parts.front().freedom;
    for (const Doubt& part : parts) {
        sum.variance += part.variance;
        fourths += part.variance * part.variance / part.freedom;
        least = std::min(least, part.freedom);
    }
    sum.freedom = fourths > 0 ? sum.variance * sum.variance / fourths : least;
    return sum;
}

std::pair<double, double> interval(double figure, const Doubt& doubt) {
    const boost::math::students_t distribution(doubt.freedom);
    const double half = boost::math::quantile(distribution, 0.975) * std::sqrt(doubt.variance);
    return {std::max(0.0, figure - half), figure + half};
}

}  // namespace fettle::runtime
