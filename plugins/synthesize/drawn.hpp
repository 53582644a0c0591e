// What the drawn defects share: how many there are, where they may lie, how well they must show, and how each is put
// down in mask, instances and lineage. A defect itself only says which pixels it would change to what.
#pragma once

#include <fettle/sdk.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <initializer_list>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

constexpr float pi = std::numbers::pi_v<float>;

/// Least and greatest.
using Range = std::array<double, 2>;

inline float between(const Range& range, fettle::Random& random) {
    return static_cast<float>(random.uniform(range[0], range[1]));
}
inline int between(const std::array<int, 2>& range, fettle::Random& random) {
    return random.integer(range[0], range[1]);
}

/// "`width` begins with the greater number" for the first range that descends; empty where none does.
std::string descending(std::initializer_list<std::pair<const char*, Range>> ranges);

struct Point {
    float x = 0, y = 0;
};

/// An image as it is before a defect, and where on it one may lie.
class Ground {
   public:
    /// `on`: "everything", "bright" or "dark", parted by Otsu's threshold on the blurred grey image. `ring`: distances
    /// from the middle in halves of the shorter side; [0, 0] is everywhere. The sample must outlive it.
    Ground(const fettle::Sample& sample, const fettle::Images* objects, const std::string& on, const Range& ring);

    const fettle::Image& image() const { return sample_.image; }
    /// What is connected to `in.objects`, or null.
    const fettle::Images* objects() const { return objects_; }
    /// The shorter side in pixels.
    float side() const { return side_; }
    /// Whether every pixel is a grey: what is drawn stays one then.
    bool grey() const { return grey_; }
    bool has_room() const { return room_ > 0; }
    bool allows(int x, int y) const {
        return places_.empty() || places_[static_cast<std::size_t>(y) * image().width + x] != 0;
    }
    /// A pixel where a defect may lie, each as likely. Needs has_room().
    Point place(fettle::Random& random) const;

   private:
    const fettle::Sample& sample_;
    const fettle::Images* objects_;
    float side_;
    bool grey_;
    std::size_t room_;                  ///< pixels allowed
    std::vector<std::uint8_t> places_;  ///< 255 where allowed; empty: everywhere
};

/// New pixels for a box of an image, and what was drawn for it. What equals the image isn't part of the defect.
struct Change {
    int left = 0, top = 0;
    fettle::Image pixels;  ///< RGB; empty where no place was found
    nlohmann::json told;   ///< every value drawn, by name
};

/// A box of an image's pixels, to be changed: everything within `reach` of the points, clipped to the image. Empty
/// where nothing of it is inside.
Change change_around(const fettle::Image& image, const std::vector<Point>& points, float reach);

/// A defect that is drawn. Derived classes give it a name, a shape, and parameters.
struct Drawn : fettle::Synthesizer {
    std::vector<int> count{1};
    double contrast = 0.04;
    std::string on = "everything";
    Range ring{0, 0};

    /// Declares the parameters that all drawn defects have.
    template <class T>
    static void describe_common(fettle::Describe<T>& d) {
        d.param("count", &Drawn::count, "Defects per image: a number, or the least and the most.",
                fettle::between(1, 100));
        describe_places(d);
    }
    template <class T>
    static void describe_places(fettle::Describe<T>& d) {
        d.param("contrast", &Drawn::contrast,
                "Least mean absolute change within a defect's mask, from 0 to 1 (black to white); what shows less is "
                "drawn again.",
                fettle::between(0, 1))
            .param("on", &Drawn::on,
                   "Where defects may lie: on everything, or on what is brighter or darker than Otsu's threshold.",
                   fettle::one_of({"everything", "bright", "dark"}))
            .param("ring", &Drawn::ring,
                   "Least and greatest distance from the image's middle where defects may lie, in halves of its "
                   "shorter side; [0, 0] is everywhere.",
                   fettle::between(0, 100))
            .check(&T::contradiction);
    }

    std::string contradiction() const;

    fettle::Sample damage(fettle::Sample clean, const fettle::Images* objects, fettle::Random& random) const final;

   protected:
    /// The class of the defects, and the stage's id after its dot: "crack".
    virtual const char* name() const = 0;
    /// One defect on `ground`, which has room. Pure; draws from `random` alone. [any thread, concurrent with itself]
    virtual Change draw(const Ground& ground, fettle::Random& random) const = 0;
    /// What to try where no place is found, as a sentence.
    virtual std::string no_place_help() const { return "give it more room, or make the defect smaller"; }
    /// What contradicts itself among the derived class's own parameters, or an empty text.
    virtual std::string own_contradiction() const { return ""; }
    /// Changes of a pixel by less than so many of 255 levels, in every channel, are taken back, so that the mask ends
    /// where the eye sees the defect end.
    virtual int least_change() const { return 3; }

   private:
    void add_defect(fettle::Sample& sample, const Ground& ground, fettle::Random& random) const;
};
