// Cut-outs of a set of objects, remembered within a bound in bytes.
#pragma once

#include "cutout.hpp"

#include <cstdint>
#include <list>
#include <map>
#include <mutex>

/// Objects are decoded and cut out once and used often. Two threads that miss the same one at once both make it.
///                                                                                    [any thread, concurrent]
class CutoutShelf {
   public:
    CutoutShelf(fettle::Ref<fettle::Images> objects, std::size_t bytes) : objects_(std::move(objects)), limit_(bytes) {}

    const fettle::Images& objects() const { return *objects_; }
    /// The cut-out of the object at `index`.
    std::shared_ptr<const Cutout> cutout(std::size_t index) const;
    /// The object itself, to be changed before it is cut out.
    fettle::Sample object(std::size_t index) const;

   private:
    struct Entry {
        std::shared_ptr<const Cutout> cutout;
        std::list<std::size_t>::iterator used;
    };
    fettle::Ref<fettle::Images> objects_;
    std::size_t limit_;
    mutable std::mutex mutex_;
    mutable std::map<std::size_t, Entry> entries_;
    mutable std::list<std::size_t> order_;  ///< indices, the last used first
    mutable std::size_t bytes_ = 0;
};
