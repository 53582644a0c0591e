// One image and the objects pasted into it.
#pragma once

#include "cutout_shelf.hpp"
#include "paste_settings.hpp"
#include "place.hpp"

#include <fettle/roles/data.hpp>

#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

/// What a paste tells of the run it belongs to, so that it can be made again.
struct Origin {
    std::uint64_t seed = 0, index = 0;
    std::uint32_t round = 0;
};

/// Pastes objects into one image.                                                    [one thread each]
class Paster {
   public:
    using Steps = std::vector<fettle::Ref<fettle::Transform>>;

    /// `objects` change each object before it is cut out. `allowed` is null where an object may lie anywhere.
    Paster(const PasteSettings& settings, const Steps& object_steps, const CutoutShelf& shelf, const Allowed* allowed,
           const Origin& origin, fettle::Random& random);

    /// Pastes as many objects as are drawn; returns how many could be. Throws Error(Fault::data) where one can't and
    /// the settings say so.
    int paste_into(fettle::Sample& ground);

   private:
    struct Drawn;
    struct Laid {
        BitMask bits;
        cv::Point corner;
    };

    bool paste_one(fettle::Sample& ground);
    std::optional<Patch> tried(const fettle::Sample& ground, Drawn& drawn);
    std::size_t draw_object();
    std::shared_ptr<const Cutout> cutout_of(std::size_t index, nlohmann::json& steps);
    Pose draw_pose(const Cutout& cutout, const fettle::Image& onto, Drawn& drawn);
    bool fits(const BitMask& object, cv::Point corner) const;
    void keep(fettle::Sample& ground, const Drawn& drawn, const Patch& patch);
    void mark(fettle::Sample& ground, const Patch& patch, const std::string& kind) const;
    void give_up(fettle::Sample& ground);

    const PasteSettings& settings_;
    const Steps& object_steps_;
    const CutoutShelf& shelf_;
    const Allowed* allowed_;
    const Origin& origin_;
    fettle::Random& random_;
    std::vector<Laid> laid_;
    std::vector<std::size_t> used_;  ///< sorted; objects that may not come again
    int unseen_ = 0, without_room_ = 0;
    std::string last_;  ///< the object tried last
};
