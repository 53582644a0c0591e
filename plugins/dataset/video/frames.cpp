#include "frames.hpp"

#include <fettle/error.hpp>

#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>

#include <algorithm>

class Frames::Reader {
   public:
    explicit Reader(const std::filesystem::path& path) : path_(path) {
        // Named one by one: asked for any, OpenCV also tries cameras and numbered pictures, and writes about each.
        for (const int backend : {cv::CAP_FFMPEG, cv::CAP_OPENCV_MJPEG})
            if (!capture_.isOpened()) capture_.open(path.string(), backend);
        if (!capture_.isOpened())
            throw fettle::Error(fettle::Fault::data, "`" + path.string() + "` can't be opened as a video")
                .parameter("path")
                .help(
                    "what FFmpeg reads is read: MP4, AVI, MKV, WebM; an MP4 that was cut short can't be opened at all");
    }

    /// The frame that the next grab() reaches.
    std::size_t next() const { return next_; }
    std::size_t announced() const {
        const double frames = capture_.get(cv::CAP_PROP_FRAME_COUNT);
        return frames > 0 && frames < 1e9 ? static_cast<std::size_t>(frames) : 0;
    }
    bool grab() {
        if (!capture_.grab()) return false;
        ++next_;
        return true;
    }
    fettle::Image frame(std::size_t number) {
        while (next_ <= number)
            if (!grab()) fail(number);
        cv::Mat bgr;
        if (!capture_.retrieve(bgr) || bgr.empty() || bgr.depth() != CV_8U) fail(number);
        fettle::Image image(bgr.cols, bgr.rows, 3);
        cv::Mat rgb(bgr.rows, bgr.cols, CV_8UC3, image.pixels.data());
        cv::cvtColor(bgr, rgb, bgr.channels() == 1 ? cv::COLOR_GRAY2RGB : cv::COLOR_BGR2RGB);
        return image;
    }

   private:
    [[noreturn]] void fail(std::size_t number) const {
        throw fettle::Error(fettle::Fault::data, "frame " + std::to_string(number) + " of `" + path_.string() +
                                                     "` can't be read, though it could when the set was opened")
            .help("was the file changed meanwhile?");
    }

    const std::filesystem::path& path_;
    cv::VideoCapture capture_;
    std::size_t next_ = 0;
};

Frames::Frames(std::filesystem::path path) : path_(std::move(path)) {
    idle_.push_back(std::make_unique<Reader>(path_));
    announced_ = idle_.front()->announced();
}

Frames::~Frames() = default;

std::size_t Frames::count(const std::function<void(std::size_t)>& seen) const {
    Reader reader(path_);
    while (reader.grab()) seen(reader.next());
    return reader.next();
}

void Frames::read(std::span<const std::size_t> numbers,
                  const std::function<void(std::size_t, fettle::Image)>& use) const {
    if (numbers.empty()) return;
    auto reader = borrow(numbers.front());
    for (std::size_t k = 0; k < numbers.size(); ++k) use(k, reader->frame(numbers[k]));
    give_back(std::move(reader));
}

std::unique_ptr<Frames::Reader> Frames::borrow(std::size_t frame) const {
    {
        const std::lock_guard lock(mutex_);
        auto nearest = idle_.end();
        for (auto reader = idle_.begin(); reader != idle_.end(); ++reader)
            if ((*reader)->next() <= frame && (nearest == idle_.end() || (*nearest)->next() < (*reader)->next()))
                nearest = reader;
        if (nearest != idle_.end()) {
            auto reader = std::move(*nearest);
            idle_.erase(nearest);
            return reader;
        }
    }
    return std::make_unique<Reader>(path_);
}

void Frames::give_back(std::unique_ptr<Reader> reader) const {
    constexpr std::size_t kept = 4;
    std::unique_ptr<Reader> dropped;  // closed outside the lock
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(reader));
    if (idle_.size() > kept) {
        dropped = std::move(idle_.front());
        idle_.erase(idle_.begin());
    }
}
