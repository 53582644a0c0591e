// How much memory batches may take that are made before they are needed.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fettle {

/// While one lives, for_each_batch on this thread keeps to so many bytes, as far as the first samples tell how large
/// all are: its batches become smaller, then fewer are made ahead. It never takes less than one block of the sequence,
/// or a sample for each thread. What comes out is the same. The runtime holds one around every stage.     [one thread]
class AheadLimit {
   public:
    static constexpr std::size_t none = SIZE_MAX;

    explicit AheadLimit(std::size_t bytes);
    ~AheadLimit();
    AheadLimit(const AheadLimit&) = delete;
    AheadLimit& operator=(const AheadLimit&) = delete;
    /// Of the innermost one on this thread; `none` where there is none.
    static std::size_t bytes();

   private:
    std::size_t outer_;
};

}  // namespace fettle
