#include "cutout_shelf.hpp"

std::shared_ptr<const Cutout> CutoutShelf::cutout(std::size_t index) const {
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = entries_.find(index); found != entries_.end()) {
            order_.splice(order_.begin(), order_, found->second.used);
            return found->second.cutout;
        }
    }
    auto made = std::make_shared<const Cutout>(object(index));
    const std::lock_guard lock(mutex_);
    if (const auto [place, is_new] = entries_.try_emplace(index); is_new) {
        order_.push_front(index);
        place->second = {made, order_.begin()};
        bytes_ += made->bytes();
    }
    while (bytes_ > limit_ && order_.size() > 1) {
        const auto oldest = entries_.find(order_.back());
        bytes_ -= oldest->second.cutout->bytes();
        entries_.erase(oldest);
        order_.pop_back();
    }
    return made;
}

fettle::Sample CutoutShelf::object(std::size_t index) const { return *objects_->read({&index, 1})->sample(0); }
