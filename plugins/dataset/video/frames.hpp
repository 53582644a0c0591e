// Frames of a video file by their numbers. OpenCV's types stay in frames.cpp.
#pragma once

#include <fettle/image.hpp>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

/// A video that is read forward only: going to a frame by its time is inexact in most formats. A few readers are kept
/// where they stopped; one that stands before a wanted frame goes on from there, else a new one begins at the start.
class Frames {
   public:
    /// Throws Error(Fault::data) where the file is no video that can be read.
    explicit Frames(std::filesystem::path path);
    ~Frames();

    /// How many frames the file says it holds; 0 where it doesn't say.
    std::size_t announced() const { return announced_; }
    /// How many can be read: goes through the whole file once and calls seen(n) for every frame.  [once, one thread]
    std::size_t count(const std::function<void(std::size_t)>& seen) const;
    /// The frames at `numbers`, which ascend strictly; use(k, image) gets numbers[k]'s, RGB. Throws Error(Fault::data)
    /// where one can't be read.                                       [any thread, concurrent with itself]
    void read(std::span<const std::size_t> numbers, const std::function<void(std::size_t, fettle::Image)>& use) const;

   private:
    class Reader;
    std::unique_ptr<Reader> borrow(std::size_t frame) const;
    void give_back(std::unique_ptr<Reader> reader) const;

    std::filesystem::path path_;
    std::size_t announced_ = 0;
    mutable std::mutex mutex_;
    mutable std::vector<std::unique_ptr<Reader>> idle_;
};
