// Roles from pixels to a verdict: Distance, Hash, Pooling, Threshold, Measure, Report. None of them needs LibTorch.
#pragma once

#include <fettle/bits.hpp>
#include <fettle/describe.hpp>
#include <fettle/random.hpp>

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace fettle {

/// What whoever makes a column of scores ends with. A score that is not finite (NaN or infinite) is missing. Where its
/// sample is of `test`, it becomes NaN, and one warning says how many of how many, which is the first and what to do:
/// one bad image must not cost the figures of all others. Throws Error(Fault::numeric) naming the first sample of any
/// other split whose score is missing (a threshold found without it would promise too much, and a training that
/// diverged shows there first), and where all test samples lack theirs.                    [any thread, concurrent]
void settle_missing(Scores::Column& column, const std::vector<SampleInfo>& rows, const Context& context);

/// Throws Error(Fault::numeric) naming the column and the sample where a score that must be finite isn't.
///                                                                                       [any thread, concurrent]
void require_finite(double score, const std::string& column, const std::string& id);

/// Whether a score can be made of a map: false where it holds a value that isn't finite and its sample is of `test`.
/// Throws Error(Fault::numeric) naming map and sample where one of any other split does, and Error(Fault::data) where
/// the map is empty. `label` is the maps'.                                               [any thread, concurrent]
bool can_be_scored(const Plane& map, const SampleInfo& info, const std::string& label);

/// One number per pair of images: a distance between hashes, say.
///   in   reference, candidate   sample i of one is compared with sample i of the other
///   out  scores                 one column, named after the stage's label; missing ones as settle_missing() has it
class Distance : public Component {
   public:
    static constexpr const char* role_name = "distance";
    struct In {
        Ref<Images> reference, candidate;
    };
    struct Out {
        Ref<Scores> scores;
    };

    /// How far apart two RGB images are: 0 for equal ones, higher is farther. They may differ in size where the
    /// distance allows it; otherwise throw Error(Fault::shape) saying both sizes. What isn't finite is a missing score.
    ///                                                                              [any thread, concurrent]
    virtual double distance(const Image& reference, const Image& candidate) const = 0;

    /// What the distance knows an image by, as text, where that is all it needs: a hash in hexadecimal. Empty where
    /// there is none.                                                              [any thread, concurrent]
    virtual std::string fingerprint_text(const Image&) const { return {}; }
    /// The distance of two such texts. Throws Error(Fault::data) naming the text that is none, and Error(Fault::shape)
    /// where the two don't fit each other.                                          [any thread, concurrent]
    virtual double text_distance(std::string_view reference, std::string_view candidate) const;

    Out run(const In& in, Context& context) const;

    template <class T>
    static void describe_role(Describe<T>& d) {
        d.in("reference", &In::reference, "The images as they are.")
            .in("candidate", &In::candidate, "The images to compare with them, sample by sample.")
            .out("scores", &Out::scores, "One distance per sample.", {}, Labels::kept);
    }
};

/// A fingerprint of bits; the distance of two images is the number of bits in which theirs differ. As a component it
/// finds near-duplicates: each image is fingerprinted once, and the fingerprints are compared.
class Hash : public Distance {
   public:
    static constexpr const char* role_name = "hash";

    /// Of an RGB image of any size; always of one length for the same parameters. Throws Error(Fault::data) where
    /// there are no pixels.                                                       [any thread, concurrent]
    virtual Bits fingerprint(const Image& image) const = 0;

    double distance(const Image& reference, const Image& candidate) const override {
        return bit_distance(fingerprint(reference), fingerprint(candidate));
    }
    std::string fingerprint_text(const Image& image) const override { return to_hex(fingerprint(image)); }
    double text_distance(std::string_view reference, std::string_view candidate) const override {
        return bit_distance(bits_from_hex(reference), bits_from_hex(candidate));
    }
};

/// One number per map.
///   in   maps     one or more sets of maps over the same samples
///   out  scores   a column for each: "ssim mean"
class Pooling : public Component {
   public:
    static constexpr const char* role_name = "pooling";
    struct In {
        std::vector<Ref<Maps>> maps;
    };
    struct Out {
        Ref<Scores> scores;
    };

    /// The map's values as one number. `plane.values` isn't empty and every value is finite; what is returned may be
    /// anything: if it isn't finite, the score is missing.
    ///                                                                [any thread, concurrent with itself]
    virtual double pool(const Plane& plane) const = 0;
    /// The second word of the column's name: "mean", "top 1%".
    virtual std::string name() const = 0;

    /// A map that holds a value that isn't finite has no score: see settle_missing(). Throws Error(Fault::numeric)
    /// naming the sample where it isn't one of `test`.
    Out run(const In& in, Context& context) const;

    template <class T>
    static void describe_role(Describe<T>& d) {
        d.in("maps", &In::maps, "Maps of dissimilarity, over the same samples.")
            .out("scores", &Out::scores, "A column for each set of maps.", {}, Labels::kept);
    }
};

/// What a threshold may be found from: scores of calibration samples, never of test samples.
struct Calibration {
    std::vector<double> normal;     ///< ascending
    std::vector<double> anomalous;  ///< of synthetic anomalies made from calibration images; ascending; may be empty
};

/// Finds, per column, the score above which a sample is called anomalous.
///   in   scores      one or more tables over the same samples; its `calibrate` rows are fitted on
///   out  decisions   the joined table with a cut for every column
/// Throws Error(Fault::numeric) naming the calibration sample whose score isn't finite.
class Threshold : public Component {
   public:
    static constexpr const char* role_name = "threshold";
    struct In {
        std::vector<Ref<Scores>> scores;
    };
    struct Out {
        Ref<Decisions> decisions;
    };

    /// The threshold: a sample is anomalous where its score is greater. Throws Error(Fault::data) saying how many
    /// scores are needed where there are too few.                          [any thread, concurrent]
    virtual double fit(const Calibration& calibration) const = 0;
    /// Whether `fit` needs anomalous calibration scores. Say so with Describe::needs_anomalies("scores") too, and a
    /// graph that surely has none is refused before it runs.
    virtual bool needs_anomalies() const { return false; }
    /// What the user should know about a threshold fitted on these scores (too few for what was asked, say); it
    /// becomes a warning that names the column. Empty: nothing.                      [any thread, concurrent]
    virtual std::string caution(const Calibration&) const { return {}; }

    Out run(const In& in, Context& context) const;

    template <class T>
    static void describe_role(Describe<T>& d) {
        d.in("scores", &In::scores, "Scores; those of calibration samples are fitted on.", needs_calibration())
            .out("decisions", &Out::decisions, "The scores with a threshold for each column.");
    }
};

/// Judges decisions by the samples of `test` whose label is known and whose score is finite; a remark counts those
/// whose score isn't and names the first. Throws Error(Fault::numeric) where none of them has a finite one.
///   in   decisions   one or more
///   out  measures    a judgement for every cut
class Measure : public Component {
   public:
    static constexpr const char* role_name = "measure";
    struct In {
        std::vector<Ref<Decisions>> decisions;
    };
    struct Out {
        Ref<Measures> measures;
    };

    /// One cut judged: `scores[i]`, finite, belongs to a sample that is anomalous where `anomalous[i]`. Both may be
    /// empty, or all of one kind: leave out what is undefined and say so in `remarks`.        [any thread, concurrent]
    virtual Judgement judge(std::span<const double> scores, const std::vector<bool>& anomalous,
                            const Cut& cut) const = 0;

    Out run(const In& in, Context& context) const;

    template <class T>
    static void describe_role(Describe<T>& d) {
        d.in("decisions", &In::decisions, "What to judge.").out("measures", &Out::measures, "Figures for every cut.");
    }
};

/// Writes something a person or another program reads.
///   in   measures   what was found, of one or more stages over the same samples
///   in   examples   maps to show beside their images (optional)
///   in   networks   trained networks, for their loss curves (optional)
///   out  files      the folder that was written
class Report : public Component {
   public:
    static constexpr const char* role_name = "report";
    struct In {
        std::vector<Ref<Measures>> measures;
        std::vector<Ref<Maps>> examples;
        std::vector<Ref<Network>> networks;
    };
    struct Out {
        Ref<Files> files;
    };
    /// What there is to report.
    struct Found {
        Measures measures;  ///< all of them joined; scores of test samples may be missing (NaN)
        std::vector<Ref<Maps>> examples;
        std::vector<Ref<Network>> networks;
    };

    /// What the runtime must know of what was written: see Files.
    struct Written {
        std::vector<std::string> records = {};
        std::vector<Gate> gates = {};
    };

    /// Writes into `folder`, which exists and is empty. What lands there is copied into the run's folder under the
    /// same names. Throws Error(Fault::storage) where it can't be written.             [any thread]
    virtual Written write(const Found& found, const std::filesystem::path& folder, Context& context) const = 0;

    Out run(const In& in, Context& context) const;

    template <class T>
    static void describe_role(Describe<T>& d) {
        d.in("measures", &In::measures, "The figures to report.")
            .in("examples", &In::examples, "Maps to show beside their images.", optional_port())
            .in("networks", &In::networks, "Networks whose loss curves are shown.", optional_port())
            .out("files", &Out::files, "The folder that was written.");
    }
};

}  // namespace fettle
