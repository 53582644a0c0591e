// The values that travel on a graph's edges. Port types are names with a revision and match exactly.
//
//   images/1     lazy, replayable, index-addressed samples        scores/1     sample, label, split, a column per
//   metric maps/1       lazy per-pixel dissimilarity, one channel        decisions/1  scores with a threshold for each
//   column network/1    a trained network and its description            measures/1   figures, confusion counts, curves
//   files/1      a folder that was written
//
// Images are RGB, 8 bit on the host; tensors are N x C x H x W float32 in [0, 1]. Scores and maps measure
// dissimilarity: higher is more anomalous, always.
#pragma once

#include <fettle/image.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fettle {

/// What a value on an edge is, seen from anywhere: immutable once made, shared by reference.
class Value {
   public:
    virtual ~Value() = default;
    virtual std::string_view type() const = 0;
};

/// A shared, read-only reference; null only where a port is optional and nothing is connected.
template <class T>
using Ref = std::shared_ptr<const T>;
using ValueRef = Ref<Value>;

/// What a person or a data set says about an image.
enum class Label : std::uint8_t { normal, anomalous, unknown };
/// What a sample may be used for. `none`: no split stage has spoken yet.
enum class Split : std::uint8_t { none, train, calibrate, test };

std::string_view to_string(Label label);
std::string_view to_string(Split split);
/// The reverse; throw Error(Fault::data) naming the word where it is none of them.
Label label_from(std::string_view word);
Split split_from(std::string_view word);

/// What is known of a sample without decoding it.
struct SampleInfo {
    std::string id;  ///< stable and unique in its set: the path inside the data set, with '/'
    Label label = Label::unknown;
    Split split = Split::none;
    std::string category;   ///< the class folder's name: "ok_front", "crack"; for tables per class
    std::string published;  ///< what the set itself says of its use: "train", "test", a table's word; else empty
    friend bool operator==(const SampleInfo&, const SampleInfo&) = default;
};

/// An image with what is known of it.
struct Sample {
    SampleInfo info;
    Image image;                       ///< RGB
    Image mask;                        ///< 255 where anomalous (of a cut-out: its alpha); empty where none is known
    std::vector<std::string> lineage;  ///< how it came to be, oldest first: one JSON object per step, in one line
    /// Which defect a pixel belongs to, where whoever made the defects knows: one channel, 0 for none, else a place in
    /// `instance_classes`, counted from 1; later defects lie on top. Empty where nobody knows. It follows the
    /// mask through transforms that know nothing of it.
    Image instances;
    std::vector<std::string> instance_classes;  ///< "crack", "dog": of each defect, at most 255
};

/// Channels x height x width of float32, row-major: one row of a tensor, on the host.
struct Floats {
    int channels = 0, height = 0, width = 0;
    std::vector<float> values;
};

/// The tensor side of a batch. The one implementation that knows LibTorch is in `roles/learn.hpp`; host code
/// needs these functions only.                                                 [any thread, concurrent]
class TensorPart {
   public:
    virtual ~TensorPart() = default;
    virtual std::size_t count() const = 0;
    virtual std::size_t bytes() const = 0;
    /// Row as an RGB image, values times 255, rounded, limited to 0..255; one channel is repeated.
    virtual Image image(std::size_t row) const = 0;
    /// Channel 0 of a row, as it is.
    virtual Plane plane(std::size_t row) const = 0;
    /// All channels of a row, as they are.
    virtual Floats floats(std::size_t row) const {
        Plane one = plane(row);
        return {1, one.height, one.width, std::move(one.values)};
    }
    /// Rows of several parts (all of this one's class) put together, in that order.
    using Row = std::pair<std::shared_ptr<const TensorPart>, std::size_t>;
    virtual std::shared_ptr<const TensorPart> gather(std::span<const Row> rows) const = 0;
};

/// Some samples of a sequence: on the host, on the device, or both. It is converted once, when first asked.
/// Immutable to its readers.                                                         [any thread, concurrent]
class Batch {
   public:
    /// Samples on the host.
    explicit Batch(std::vector<Ref<Sample>> samples);
    /// Samples whose pixels are tensors; `rows->count()` equals `infos.size()`.
    Batch(std::vector<SampleInfo> infos, std::shared_ptr<const TensorPart> rows);

    std::size_t size() const { return count_; }
    const SampleInfo& info(std::size_t index) const;
    /// On the host, images as RGB; converted from the tensor where there was none.
    const Ref<Sample>& sample(std::size_t index) const;
    /// A map's values; throws std::logic_error on a batch that never was a tensor.
    Plane plane(std::size_t index) const;
    bool on_host() const { return on_host_; }
    /// The tensor side; made by `make` when first asked, and kept.
    std::shared_ptr<const TensorPart> tensors(
        const std::function<std::shared_ptr<const TensorPart>(const Batch&)>& make) const;
    /// The tensor side if it is there already, else null.
    std::shared_ptr<const TensorPart> tensors() const;
    /// Memory held, in bytes.
    std::size_t bytes() const;
    /// Rows of several batches put together; tensor rows stay tensor rows.
    using Row = std::pair<Ref<Batch>, std::size_t>;
    static Ref<Batch> gather(std::span<const Row> rows);

   private:
    std::size_t count_;
    std::vector<SampleInfo> infos_;
    mutable std::mutex converting_;
    mutable std::vector<Ref<Sample>> samples_;
    mutable std::atomic<bool> on_host_;
    mutable std::shared_ptr<const TensorPart> tensors_;
};

/// A lazy sequence: element i is a pure function of (seed, stage, i, round), so any thread may ask for any of
/// them, in any order and as often as it likes, with the same result. The framework wraps every sequence that a
/// stage returns: it remembers what was made (bounded in bytes) and charges the time to that stage.
class Sequence : public Value {
   public:
    virtual std::size_t size() const = 0;
    /// Cheap: nothing is decoded. The reference stays valid as long as the sequence.  [any thread, concurrent]
    virtual const SampleInfo& info(std::size_t index) const = 0;
    /// The samples at `indices` (each < size()), in that order. `round` is the epoch; sequences that don't vary
    /// ignore it. Throws Error.                                    [any thread, concurrent with itself]
    virtual Ref<Batch> read(std::span<const std::size_t> indices, std::uint32_t round = 0) const = 0;
    /// How many neighbours are made at once. 1: each sample on its own. More: the framework asks for whole
    /// aligned blocks only, so that a tensor computation always sees the same neighbours and rounds the same.
    virtual std::size_t block() const { return 1; }
    /// Whether another round gives other samples.
    virtual bool varies() const { return false; }
    /// Whether reading costs nothing of its own (a selection of another sequence), so remembering it is no use.
    virtual bool is_view() const { return false; }
};

/// Images with label, split, mask and lineage.
class Images : public Sequence {
   public:
    static constexpr std::string_view type_name = "images/1";
    std::string_view type() const final { return type_name; }
    /// What a data set had to leave out, a sentence for each: "`a.jpg` is empty". Selections and joined sets hand on
    /// what theirs say; a set made from another one says nothing.                 [any thread, concurrent]
    virtual std::vector<std::string> left_out() const { return {}; }
};

/// Per-pixel dissimilarity, one channel; element i belongs to sample i. A map may be smaller than its image:
/// what is missing is an even border (windows that would reach over the edge aren't taken).
class Maps : public Sequence {
   public:
    static constexpr std::string_view type_name = "maps/1";
    std::string_view type() const final { return type_name; }
    /// What made it, short, with its parameters that aren't defaults: "ssim", "ssim(window=7)".
    virtual std::string label() const = 0;
    /// The two images that were compared, for reports.
    virtual Ref<Images> reference() const = 0;
    virtual Ref<Images> candidate() const = 0;
};

/// Images made by functions: the usual way to return a sequence.
///   infos:  one per element.
///   make:   the sample at an index in a round; its info is overwritten by infos[index].
///   left_out: what the sequence's left_out() says.
/// `make` is called from any thread, concurrently with itself, and must be pure.
Ref<Images> lazy_images(std::vector<SampleInfo> infos,
                        std::function<Sample(std::size_t index, std::uint32_t round)> make, bool varies = false,
                        std::vector<std::string> left_out = {});

/// A selection of `source`, in the given order; `change`, where given, edits each info (its split, say).
Ref<Images> select_images(Ref<Images> source, std::vector<std::size_t> indices,
                          const std::function<void(SampleInfo&)>& change = {});

/// Several sequences one after another, an id that comes again made unique ("a#2"); a single one as it is.
Ref<Images> join_images(std::vector<Ref<Images>> parts);

/// Reads `images` from first to last in batches of `batch` (raised to a multiple of its block), the next batches
/// being made while `use(first_index, batch)` runs. `use` is called in order, from the calling thread.
void for_each_batch(const Sequence& images, std::size_t batch,
                    const std::function<void(std::size_t first, const Batch&)>& use, std::uint32_t round = 0);

/// A table of scores: one row per sample, one column per metric; higher is more anomalous. Scores are raw: never
/// clamped, scaled or rounded. NaN is a missing score: only samples of `test` may have one (see Missing).
class Scores final : public Value {
   public:
    static constexpr std::string_view type_name = "scores/1";
    std::string_view type() const final { return type_name; }

    struct Column {
        std::string name;            ///< "ssim mean"
        std::vector<double> values;  ///< one per row
    };
    std::vector<SampleInfo> rows;
    std::vector<Column> columns;
};

/// Which of the samples that something is made of have no finite score: what judges or shows scores counts them here.
class Missing {
   public:
    /// Counts a sample, and says whether its score is there.
    bool holds(double score, const std::string& id);
    /// Counts a sample whose score or map is finite or not.
    void add(const std::string& id, bool finite);

    std::size_t count() const { return count_; }         ///< of those that have none
    const std::string& first() const { return first_; }  ///< the first of them; empty where none is missing
    /// "3 of 800 test samples have no finite score, the first `x.png`: the figures are of the other 797"; empty where
    /// none is missing. `samples` and `thing` are the words for what was counted.
    std::string words(const std::string& samples = "test samples", const std::string& thing = "score") const;
    /// Throws Error(Fault::numeric) naming the first where all that were counted lack it: "the score `ssim mean` of
    /// `x.png` is not finite, nor that of any other of 12 test samples". `thing`: "the score `ssim mean`".
    void require_any(const std::string& thing, const std::string& samples = "test samples") const;

   private:
    std::size_t count_ = 0, of_ = 0;
    std::string first_;
};

/// The tables joined into one by sample id, in the first one's order. Throws Error(Fault::data) where they don't hold
/// the same samples, equal ids are in another order, a sample is normal here and anomalous there, or names are equal.
Scores join_scores(const std::vector<Ref<Scores>>& tables);

/// A threshold on one column: anomalous where score > threshold.
struct Cut {
    std::string column;
    double threshold = 0;
    std::string method;      ///< "quantile(at=0.95)"
    std::size_t fitted = 0;  ///< number of calibration scores it was found from
    bool anomalies = false;  ///< whether scores of synthetic anomalies were among them
    std::string caution;     ///< what a reader should know of it: "300 scores can't tell ..."; may be empty
};

/// Scores with one cut per column.
class Decisions final : public Value {
   public:
    static constexpr std::string_view type_name = "decisions/1";
    std::string_view type() const final { return type_name; }

    Scores scores;
    std::vector<Cut> cuts;
};

/// One figure; `low` and `high` bound its interval where one is known, else NaN.
struct Figure {
    std::string name;  ///< "auroc", "accuracy", ...
    double value = 0;
    double low = 0;
    double high = 0;
};

/// Counts at a threshold: anomalous is positive.
struct Confusion {
    std::size_t true_positive = 0, false_positive = 0, true_negative = 0, false_negative = 0;
};

/// A line for reports, with a band about it where one is known: a precision-recall curve, say.
struct Plot {
    std::string name;               ///< "precision and recall"
    std::string x_name, y_name;     ///< of the axes: "recall", "precision"
    std::vector<double> x, y;       ///< the line's points, in the order they are joined
    std::vector<double> low, high;  ///< the band's edges at each point, or empty
};

/// Figures of several things side by side: trivial scores, pairs that were compared.
struct Table {
    struct Row {
        std::string name;             ///< "mean grey"
        std::vector<Figure> figures;  ///< the columns, by name; rows may have different ones
        std::string verdict;          ///< in words: "not distinguishable"; may be empty
    };
    std::string title;
    std::string note;  ///< how to read it, a sentence or two
    std::vector<Row> rows;
};

/// How one cut does on the samples of `test`.
struct Judgement {
    Cut cut;
    std::vector<Figure> figures;
    Confusion confusion;
    /// Corners of the ROC curve, from (0, 0) to (1, 1): false alarm rate, detection rate.
    std::vector<std::pair<double, double>> roc;
    std::vector<Plot> plots;  ///< further curves
    /// What the reader must know: "no anomalous sample: AUROC is undefined".
    std::vector<std::string> remarks;
};

/// Figures with everything needed to draw them: the scores are kept along.
class Measures final : public Value {
   public:
    static constexpr std::string_view type_name = "measures/1";
    std::string_view type() const final { return type_name; }

    Scores scores;  ///< every row that was scored, calibration included
    std::vector<Judgement> judgements;
    std::vector<Table> tables;
};

/// Several stages' measures as one: the tables of scores joined by sample id (a column that is in two with the same
/// values is kept once), judgements and tables one after another. Throws Error(Fault::data) where they don't hold the
/// same samples, or a column differs from its namesake.
Measures join_measures(const std::vector<Ref<Measures>>& parts);

/// A curve of training: a figure per step.
struct Curve {
    std::string name;  ///< "loss"
    std::vector<double> steps, values;
};

/// A trained network: a TorchScript program and its description, both as bytes, so that no LibTorch is needed to
/// carry or store it. `forward` takes and returns N x C x H x W float32 in [0, 1].
class Network final : public Value {
   public:
    static constexpr std::string_view type_name = "network/1";
    std::string_view type() const final { return type_name; }

    /// A sample as the trained network saw it, for reports.
    struct Example {
        SampleInfo info;
        Image input, target, output;  ///< RGB
    };

    std::string script;                       ///< TorchScript archive; plain LibTorch and Python load it
    std::string architecture;                 ///< "model.dilated_autoencoder" with its parameters, as TOML
    int channels = 3, height = 0, width = 0;  ///< the input it was built for
    std::size_t parameters = 0;               ///< trainable numbers
    /// Whether `forward` gives a pair: images, and N x 1 x H x W with how likely each pixel is anomalous.
    bool segments = false;
    std::string preprocessing;         ///< in words, what images go through first: "RGB, value / 255"
    std::vector<std::string> lineage;  ///< how it came to be, oldest first: one JSON object per step, in one line
    std::vector<Curve> history;
    std::vector<Example> examples;
};

/// A demand on the figures, and whether it was met.
struct Gate {
    std::string condition;  ///< "auroc >= 0.95"
    bool held = false;
    std::string found;  ///< what there was, in words: "ssim mean, quantile: auroc is 0.93 (0.91 to 0.95)"
};

/// A folder that was written: everything below it belongs to the value.
class Files final : public Value {
   public:
    static constexpr std::string_view type_name = "files/1";
    std::string_view type() const final { return type_name; }

    std::filesystem::path folder;
    /// Texts in the folder (paths relative to it) that want to tell of the run itself: in the copy that lands in the
    /// run's folder, the first `run_record_mark` in each is replaced by the run's record, in one line of JSON that may
    /// stand inside an HTML script element. The cached folder keeps the mark, so times of one run don't
    /// show up in another.
    std::vector<std::string> records;
    std::vector<Gate> gates;
};
/// Itself a JSON value, so a text with the mark is whole before it is replaced.
inline constexpr std::string_view run_record_mark = "\"@fettle-run-record@\"";

/// Writes a value into an empty folder, exactly: what `load_value` reads back equals it to the last bit, infinities
/// and NaN included. Of lazy values, images can be stored (all of them are made for it), unless they vary from round
/// to round. Throws Error(Fault::storage), on a full disk too.
void save_value(const Value& value, const std::filesystem::path& folder);
/// Throws Error(Fault::storage) where the folder doesn't hold a value of that type.
ValueRef load_value(std::string_view type, const std::filesystem::path& folder);

}  // namespace fettle
