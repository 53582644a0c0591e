#include <fettle/ahead.hpp>
#include <fettle/error.hpp>
#include <fettle/parallel.hpp>
#include <fettle/ports.hpp>
#include <fettle/unique_ids.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace fettle {
namespace {

constexpr std::array label_words{"normal", "anomalous", "unknown"};
constexpr std::array split_words{"none", "train", "calibrate", "test"};

template <class Enum, std::size_t N>
Enum word_to(std::string_view word, const std::array<const char*, N>& words, const char* what) {
    for (std::size_t i = 0; i < N; ++i)
        if (word == words[i]) return static_cast<Enum>(i);
    std::string known;
    for (const char* each : words) known += std::string(known.empty() ? "" : ", ") + each;
    throw Error(Fault::data, "`" + std::string(word) + "` is no " + what).help("it is one of " + known);
}

class MadeImages final : public Images {
   public:
    MadeImages(std::vector<SampleInfo> infos, std::function<Sample(std::size_t, std::uint32_t)> make, bool varies,
               std::vector<std::string> left_out)
        : infos_(std::move(infos)), make_(std::move(make)), varies_(varies), left_out_(std::move(left_out)) {}

    std::size_t size() const override { return infos_.size(); }
    const SampleInfo& info(std::size_t index) const override { return infos_[index]; }
    bool varies() const override { return varies_; }
    std::vector<std::string> left_out() const override { return left_out_; }

    Ref<Batch> read(std::span<const std::size_t> indices, std::uint32_t round) const override {
        std::vector<Ref<Sample>> samples(indices.size());
        parallel_for_each_index(indices.size(), [&](std::size_t k) {
            Sample sample = make_(indices[k], round);
            const Label drawn = sample.info.label;
            sample.info = infos_[indices[k]];
            // Where only making it tells whether a sample is damaged, the sequence says "unknown".
            if (sample.info.label == Label::unknown) sample.info.label = drawn;
            samples[k] = std::make_shared<const Sample>(std::move(sample));
        });
        return std::make_shared<Batch>(std::move(samples));
    }

   private:
    std::vector<SampleInfo> infos_;
    std::function<Sample(std::size_t, std::uint32_t)> make_;
    bool varies_;
    std::vector<std::string> left_out_;
};

/// Elements of other sequences under new infos.
class PickedImages final : public Images {
   public:
    struct Pick {
        std::size_t part, index;
    };
    PickedImages(std::vector<Ref<Images>> parts, std::vector<Pick> picks, std::vector<SampleInfo> infos)
        : parts_(std::move(parts)), picks_(std::move(picks)), infos_(std::move(infos)) {}

    std::size_t size() const override { return picks_.size(); }
    const SampleInfo& info(std::size_t index) const override { return infos_[index]; }
    bool is_view() const override { return true; }
    bool varies() const override {
        return std::any_of(parts_.begin(), parts_.end(), [](const auto& part) { return part->varies(); });
    }

    std::vector<std::string> left_out() const override {
        std::vector<std::string> all;
        for (const auto& part : parts_)  // three splits of one set say the same
            for (auto& sentence : part->left_out())
                if (std::find(all.begin(), all.end(), sentence) == all.end()) all.push_back(std::move(sentence));
        return all;
    }

    Ref<Batch> read(std::span<const std::size_t> indices, std::uint32_t round) const override {
        std::map<std::size_t, std::vector<std::size_t>> wanted;  // part -> its indices, in the order asked for
        for (const std::size_t i : indices) wanted[picks_[i].part].push_back(picks_[i].index);
        std::map<std::size_t, Ref<Batch>> read;
        for (const auto& [part, elements] : wanted) read[part] = parts_[part]->read(elements, round);

        std::map<std::size_t, std::size_t> next;
        std::vector<Batch::Row> rows;
        for (const std::size_t i : indices) rows.emplace_back(read[picks_[i].part], next[picks_[i].part]++);
        return relabelled(Batch::gather(rows), indices);
    }

   private:
    Ref<Batch> relabelled(const Ref<Batch>& batch, std::span<const std::size_t> indices) const {
        if (const auto tensors = batch->tensors(); tensors && !batch->on_host()) {
            std::vector<SampleInfo> infos;
            for (const std::size_t i : indices) infos.push_back(infos_[i]);
            return std::make_shared<Batch>(std::move(infos), tensors);
        }
        std::vector<Ref<Sample>> samples;
        for (std::size_t k = 0; k < indices.size(); ++k) {
            const Ref<Sample>& sample = batch->sample(k);
            SampleInfo info = infos_[indices[k]];
            if (info.label == Label::unknown) info.label = sample->info.label;  // told by making it
            if (sample->info == info) {
                samples.push_back(sample);
                continue;
            }
            Sample copy = *sample;
            copy.info = std::move(info);
            samples.push_back(std::make_shared<const Sample>(std::move(copy)));
        }
        return std::make_shared<Batch>(std::move(samples));
    }

    std::vector<Ref<Images>> parts_;
    std::vector<Pick> picks_;
    std::vector<SampleInfo> infos_;
};

thread_local std::size_t ahead_limit = AheadLimit::none;

std::size_t whole_blocks(std::size_t samples, std::size_t block) {
    return (std::max<std::size_t>(samples, 1) + block - 1) / block * block;
}

/// How many samples are read at once, and how many such batches ahead of the one in use.
struct Strides {
    std::size_t step, ahead = 2;
};

/// Three batches (in use, made, in the making) within so many bytes, of samples of `each`; smaller ones where they
/// don't fit, then fewer.
Strides strides_within(std::size_t limit, std::size_t each, std::size_t block, std::size_t least, std::size_t most) {
    each = std::max<std::size_t>(each, 1);
    const std::size_t step = std::clamp(limit / 3 / each / block * block, least, std::max(least, most));
    return {step, std::clamp<std::size_t>(limit / each / step, 1, 3) - 1};
}

std::size_t bytes_of(const Sample& sample) {
    std::size_t bytes =
        sizeof(Sample) + sample.image.pixels.size() + sample.mask.pixels.size() + sample.instances.pixels.size();
    for (const auto& name : sample.instance_classes) bytes += name.size();
    for (const auto& step : sample.lineage) bytes += step.size();
    return bytes;
}

/// A missing score equals a missing one.
bool same_values(const std::vector<double>& left, const std::vector<double>& right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); });
}

/// Where each of `rows` lies in `among`, no place twice: by id, and by order alone where all ids come in the same one.
std::vector<std::size_t> places_of(const std::vector<SampleInfo>& rows, const std::vector<SampleInfo>& among) {
    if (rows.size() != among.size())
        throw Error(Fault::data, "the tables of scores hold " + std::to_string(among.size()) + " and " +
                                     std::to_string(rows.size()) + " samples; they must hold the same ones");
    std::vector<std::size_t> places(rows.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    const auto same_id = [](const SampleInfo& a, const SampleInfo& b) { return a.id == b.id; };
    if (std::equal(rows.begin(), rows.end(), among.begin(), same_id)) return places;
    std::unordered_map<std::string_view, std::size_t> place_of;
    for (std::size_t i = 0; i < among.size(); ++i) place_of.emplace(among[i].id, i);
    std::vector<bool> placed(among.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto place = place_of.find(rows[i].id);
        if (place == place_of.end())
            throw Error(Fault::data, "`" + rows[i].id + "` is scored in one table and not in the other");
        if (placed[place->second])
            throw Error(Fault::data, "two samples are called `" + rows[i].id + "`, and tables are joined by that")
                .help(
                    "give the stages that score them the same sets in the same order, or make ids unique with "
                    "`mix.ratio`");
        placed[place->second] = true;
        places[i] = place->second;
    }
    return places;
}

}  // namespace

std::string_view to_string(Label label) { return label_words[static_cast<std::size_t>(label)]; }
std::string_view to_string(Split split) { return split_words[static_cast<std::size_t>(split)]; }
Label label_from(std::string_view word) { return word_to<Label>(word, label_words, "label"); }
Split split_from(std::string_view word) { return word_to<Split>(word, split_words, "split"); }

Batch::Batch(std::vector<Ref<Sample>> samples) : count_(samples.size()), samples_(std::move(samples)), on_host_(true) {}

Batch::Batch(std::vector<SampleInfo> infos, std::shared_ptr<const TensorPart> rows)
    : count_(infos.size()), infos_(std::move(infos)), on_host_(false), tensors_(std::move(rows)) {
    if (tensors_->count() != count_) throw std::logic_error("a batch's tensor has another number of rows than infos");
}

const SampleInfo& Batch::info(std::size_t index) const {
    return infos_.empty() ? samples_.at(index)->info : infos_.at(index);
}

const Ref<Sample>& Batch::sample(std::size_t index) const {
    if (!on_host_.load(std::memory_order_acquire)) {
        const std::lock_guard lock(converting_);
        if (!on_host_.load(std::memory_order_relaxed)) {
            samples_.resize(count_);
            for (std::size_t i = 0; i < count_; ++i) {
                Sample sample;
                sample.info = infos_[i];
                sample.image = tensors_->image(i);
                samples_[i] = std::make_shared<const Sample>(std::move(sample));
            }
            on_host_.store(true, std::memory_order_release);
        }
    }
    return samples_.at(index);
}

Plane Batch::plane(std::size_t index) const {
    const auto part = tensors();
    if (!part) throw std::logic_error("this batch holds images, not maps");
    return part->plane(index);
}

std::shared_ptr<const TensorPart> Batch::tensors(
    const std::function<std::shared_ptr<const TensorPart>(const Batch&)>& make) const {
    if (auto ready = tensors()) return ready;
    auto made = make(*this);  // outside the lock: converting may itself ask for samples
    const std::lock_guard lock(converting_);
    if (!tensors_) tensors_ = std::move(made);
    return tensors_;
}

std::shared_ptr<const TensorPart> Batch::tensors() const {
    const std::lock_guard lock(converting_);
    return tensors_;
}

std::size_t Batch::bytes() const {
    const std::lock_guard lock(converting_);
    std::size_t bytes = sizeof(Batch) + infos_.size() * sizeof(SampleInfo) + (tensors_ ? tensors_->bytes() : 0);
    if (on_host_) {
        for (const auto& sample : samples_) bytes += bytes_of(*sample);
    }
    return bytes;
}

Ref<Batch> Batch::gather(std::span<const Row> rows) {
    const bool one_whole_batch =
        !rows.empty() && rows.size() == rows.front().first->size() &&
        std::all_of(rows.begin(), rows.end(), [&](const Row& row) {
            return row.first == rows.front().first && row.second == static_cast<std::size_t>(&row - rows.data());
        });
    if (one_whole_batch) return rows.front().first;

    const bool tensors_only =
        std::none_of(rows.begin(), rows.end(), [](const Row& row) { return row.first->on_host_.load(); });
    if (tensors_only && !rows.empty()) {
        std::vector<SampleInfo> infos;
        std::vector<TensorPart::Row> parts;
        for (const auto& [batch, row] : rows) {
            infos.push_back(batch->info(row));
            parts.emplace_back(batch->tensors(), row);
        }
        auto joined = parts.front().first->gather(parts);
        return std::make_shared<Batch>(std::move(infos), std::move(joined));
    }
    std::vector<Ref<Sample>> samples;
    for (const auto& [batch, row] : rows) samples.push_back(batch->sample(row));
    return std::make_shared<Batch>(std::move(samples));
}

Ref<Images> lazy_images(std::vector<SampleInfo> infos, std::function<Sample(std::size_t, std::uint32_t)> make,
                        bool varies, std::vector<std::string> left_out) {
    return std::make_shared<MadeImages>(std::move(infos), std::move(make), varies, std::move(left_out));
}

Ref<Images> select_images(Ref<Images> source, std::vector<std::size_t> indices,
                          const std::function<void(SampleInfo&)>& change) {
    std::vector<PickedImages::Pick> picks;
    std::vector<SampleInfo> infos;
    for (const std::size_t index : indices) {
        picks.push_back({0, index});
        infos.push_back(source->info(index));
        if (change) change(infos.back());
    }
    return std::make_shared<PickedImages>(std::vector{std::move(source)}, std::move(picks), std::move(infos));
}

void make_ids_unique(std::vector<SampleInfo>& infos) {
    std::unordered_set<std::string> original, taken;
    std::unordered_map<std::string, std::size_t> next;  // the number that the next sample of that id may have
    for (const SampleInfo& info : infos) original.insert(info.id);
    for (SampleInfo& info : infos) {
        if (taken.insert(info.id).second) continue;
        std::size_t& number = next.try_emplace(info.id, 2).first->second;
        std::string unique;
        do unique = info.id + "#" + std::to_string(number++);
        while (original.contains(unique));
        taken.insert(unique);
        info.id = std::move(unique);
    }
}

void require_same_label(const SampleInfo& one, const SampleInfo& other) {
    if (one.label == other.label || one.label == Label::unknown || other.label == Label::unknown) return;
    throw Error(Fault::data, "`" + one.id + "` is " + std::string(to_string(one.label)) + " in one input and " +
                                 std::string(to_string(other.label)) + " in another")
        .help("give all stages that take several sets the same ones in the same order");
}

Ref<Images> join_images(std::vector<Ref<Images>> parts) {
    if (parts.size() == 1) return parts.front();
    std::vector<PickedImages::Pick> picks;
    std::vector<SampleInfo> infos;
    for (std::size_t part = 0; part < parts.size(); ++part)
        for (std::size_t i = 0; i < parts[part]->size(); ++i) {
            picks.push_back({part, i});
            infos.push_back(parts[part]->info(i));
        }
    make_ids_unique(infos);
    return std::make_shared<PickedImages>(std::move(parts), std::move(picks), std::move(infos));
}

AheadLimit::AheadLimit(std::size_t bytes) : outer_(std::exchange(ahead_limit, bytes)) {}
AheadLimit::~AheadLimit() { ahead_limit = outer_; }
std::size_t AheadLimit::bytes() { return ahead_limit; }

void for_each_batch(const Sequence& images, std::size_t batch,
                    const std::function<void(std::size_t, const Batch&)>& use, std::uint32_t round) {
    const std::size_t block = std::max<std::size_t>(images.block(), 1);
    Strides strides{whole_blocks(batch, block)};
    std::size_t begin = 0;
    const auto read = [&](std::size_t first, std::size_t count) {
        std::vector<std::size_t> indices;
        for (std::size_t i = first; i < std::min(first + count, images.size()); ++i) indices.push_back(i);
        return images.read(indices, round);
    };
    if (AheadLimit::bytes() != AheadLimit::none && images.size() > 0) {  // how large samples are, the first ones tell
        const auto threads = static_cast<std::size_t>(std::max(1, tbb::this_task_arena::max_concurrency()));
        const std::size_t least = whole_blocks(std::min(batch, threads), block);
        const Ref<Batch> some = read(0, least);
        use(0, *some);
        begin = some->size();
        strides = strides_within(AheadLimit::bytes(), some->bytes() / some->size(), block, least, strides.step);
    }
    const std::size_t count = (images.size() - begin + strides.step - 1) / strides.step;
    Lookahead<Ref<Batch>> next(count, strides.ahead,
                               [&](std::size_t k) { return read(begin + k * strides.step, strides.step); });
    for (std::size_t k = 0; k < count; ++k) use(begin + k * strides.step, *next.take());
}

Scores join_scores(const std::vector<Ref<Scores>>& tables) {
    Scores joined = *tables.front();
    for (std::size_t t = 1; t < tables.size(); ++t) {
        const Scores& table = *tables[t];
        const auto places = places_of(table.rows, joined.rows);
        for (std::size_t i = 0; i < places.size(); ++i) require_same_label(joined.rows[places[i]], table.rows[i]);
        for (const Scores::Column& column : table.columns) {
            Scores::Column placed{column.name, std::vector<double>(places.size())};
            for (std::size_t i = 0; i < places.size(); ++i) placed.values[places[i]] = column.values[i];
            joined.columns.push_back(std::move(placed));
        }
    }
    std::unordered_map<std::string, int> seen;
    for (const auto& column : joined.columns)
        if (++seen[column.name] > 1)
            throw Error(Fault::data, "two columns of scores are named `" + column.name + "`")
                .help("give the two stages different parameters; the name is made of those that aren't defaults");
    return joined;
}

Measures join_measures(const std::vector<Ref<Measures>>& parts) {
    Measures joined = *parts.front();
    for (std::size_t i = 1; i < parts.size(); ++i) {
        const Measures& part = *parts[i];
        // What says nothing of single samples (tables of other things) may stand beside any scores.
        if (joined.scores.columns.empty()) joined.scores = part.scores;
        auto fresh = std::make_shared<Scores>(part.scores);
        if (fresh->columns.empty()) fresh->rows = joined.scores.rows;
        std::erase_if(fresh->columns, [&](const Scores::Column& column) {
            return std::any_of(joined.scores.columns.begin(), joined.scores.columns.end(),
                               [&](const Scores::Column& known) {
                                   return known.name == column.name && same_values(known.values, column.values);
                               });
        });
        joined.scores = join_scores({std::make_shared<Scores>(std::move(joined.scores)), fresh});
        joined.judgements.insert(joined.judgements.end(), part.judgements.begin(), part.judgements.end());
        joined.tables.insert(joined.tables.end(), part.tables.begin(), part.tables.end());
    }
    return joined;
}

}  // namespace fettle
