// Roles for images coming in and being changed: Dataset, Splitter, Transform, Synthesizer. Derive from one, give it
// parameters and one function; the ports are the role's.
#pragma once

#include <fettle/describe.hpp>
#include <fettle/random.hpp>

#include <string>
#include <vector>

namespace fettle {

/// A source of images.
///   out  images   every sample, none decoded yet
class Dataset : public Component {
   public:
    static constexpr const char* role_name = "dataset";
    struct In {};
    struct Out {
        Ref<Images> images;
    };
    /// For a set that has one use as a whole: "train", "calibrate" or "test".
    std::string split = "none";

    /// Lists the samples; reads nothing that can be read later. Throws Error(Fault::data) in words where there is
    /// nothing to read.                                                  [once per run, any thread]
    virtual Ref<Images> open(Context& context) const = 0;

    Out run(const In&, Context& context) const;

    template <class T>
    static void describe_role(Describe<T>& d) {
        d.param("split", &Dataset::split, "What the whole set is for; \"none\" leaves that to a split stage.",
                one_of({"none", "train", "calibrate", "test"}))
            .out("images", &Out::images, "Every sample of the set.", "@split");
    }
};

/// Says what each sample may be used for.
///   in   images
///   out  train, calibrate, test   selections of it; every sample is in one of them at most
class Splitter : public Component {
   public:
    static constexpr const char* role_name = "split";
    struct In {
        Ref<Images> images;
    };
    struct Out {
        Ref<Images> train, calibrate, test;
    };

    /// One Split per sample of `images`; `none` leaves the sample out. May look at infos and, where it must, at
    /// pixels. `random` is the stage's. Throws Error where the set can't be divided so.   [any thread]
    virtual std::vector<Split> assign(const Images& images, Random random) const = 0;

    Out run(const In& in, Context& context) const;

    template <class T>
    static void describe_role(Describe<T>& d) {
        d.in("images", &In::images, "The samples to divide.")
            .out("train", &Out::train, "Samples to learn from.", "train", Labels::kept)
            .out("calibrate", &Out::calibrate, "Samples to find thresholds on.", "calibrate", Labels::kept)
            .out("test", &Out::test, "Samples to judge by, and nothing else.", "test", Labels::kept)
            .random();
    }
};

/// Changes each image on its own.
///   in   images   one or more sets, taken one after another
///   out  images   the same samples, changed
class Transform : public Component {
   public:
    static constexpr const char* role_name = "transform";
    struct In {
        std::vector<Ref<Images>> images;
    };
    struct Out {
        Ref<Images> images;
    };

    /// The sample, changed; a mask follows its image through every change of geometry. Add a line to `lineage`
    /// where something was drawn at random. Pure: same sample and random state, same result.
    ///                                                                [any thread, concurrent with itself]
    virtual Sample apply(Sample sample, Random& random) const = 0;
    /// `apply`, and the sample's instances follow its mask: where the transform moved the mask alone, each instance is
    /// sent the same way as a mask of its own.                         [any thread, concurrent with itself]
    Sample change(Sample sample, Random& random) const;
    /// Whether `apply` draws anew in every epoch.
    virtual bool is_fresh() const { return false; }

    Out run(const In& in, Context& context) const;

    template <class T>
    static void describe_role(Describe<T>& d) {
        d.in("images", &In::images, "The samples to change; several sets are taken one after another.")
            .out("images", &Out::images, "The changed samples.", {}, Labels::kept);
    }
};

/// Damages sound images, so that a network can learn what sound is.
///   in   images    sound ones
///   in   objects   what is pasted, alpha in the mask (optional)
///   out  images    the same samples, damaged, masks where they are
class Synthesizer : public Component {
   public:
    static constexpr const char* role_name = "synthesizer";
    struct In {
        Ref<Images> images, objects;
    };
    struct Out {
        Ref<Images> images;
    };
    /// New defects in every epoch, or the same ones for ever.
    bool fresh = true;
    /// Share of the images that are damaged at all.
    double share = 1.0;

    /// `clean`, damaged: image, mask (white where it differs, joined with the one it had) and one line of lineage
    /// per defect with every value drawn. `objects` is null where none are connected. Pure.
    ///                                                                [any thread, concurrent with itself]
    virtual Sample damage(Sample clean, const Images* objects, Random& random) const = 0;

    Out run(const In& in, Context& context) const;

    template <class T>
    static void describe_role(Describe<T>& d) {
        d.in("images", &In::images, "The sound images to damage.")
            .in("objects", &In::objects, "Cut-outs to paste; a mask is an object's alpha.",
                optional_port() & outside_data())
            .out("images", &Out::images, "The images, damaged, with masks.")
            .param("fresh", &Synthesizer::fresh, "New defects in every epoch; otherwise one fixed set.")
            .param("share", &Synthesizer::share, "Share of the images that are damaged.", between(0, 1))
            .random();
    }
};

}  // namespace fettle
