// What the roles do around an author's one function.
#include <fettle/parallel.hpp>
#include <fettle/roles/data.hpp>
#include <fettle/roles/decide.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace fettle {
namespace {

std::vector<SampleInfo> infos_of(const Sequence& sequence) {
    std::vector<SampleInfo> infos;
    infos.reserve(sequence.size());
    for (std::size_t i = 0; i < sequence.size(); ++i) infos.push_back(sequence.info(i));
    return infos;
}

/// One sample of a sequence.
Sample sample_of(const Images& images, std::size_t index, std::uint32_t round) {
    return *images.read({&index, 1}, round)->sample(0);
}

template <class T>
std::shared_ptr<const T> self(const T* object) {
    return std::static_pointer_cast<const T>(object->shared_from_this());
}

void require_same_size(const Sequence& left, const char* left_name, const Sequence& right, const char* right_name) {
    if (left.size() != right.size())
        throw Error(Fault::shape, std::string("`") + left_name + "` has " + std::to_string(left.size()) +
                                      " samples, `" + right_name + "` has " + std::to_string(right.size()));
}

/// Refuses calibration samples of which only making them tells whether they are damaged: whatever looks for sound
/// ones would take them for sound.
void require_known(const std::vector<SampleInfo>& infos, double share) {
    const auto calibrate = std::count_if(infos.begin(), infos.end(),
                                         [](const SampleInfo& info) { return info.split == Split::calibrate; });
    if (calibrate == 0) return;
    throw Error(Fault::data, "which of " + std::to_string(calibrate) +
                                 " calibration images are damaged isn't known: `share` = " + Setting(share).text() +
                                 " of them, drawn anew in every round")
        .parameter("share")
        .help("`fresh = false` draws once which ones are damaged and how; `share = 1` damages all of them");
}

void require_scores(const Threshold& threshold, const Calibration& calibration) {
    if (calibration.normal.empty())
        throw Error(Fault::data, calibration.anomalous.empty()
                                     ? "there are no calibration samples to find a threshold from"
                                     : "there are no sound calibration samples to find a threshold from: all " +
                                           std::to_string(calibration.anomalous.size()) + " are anomalous")
            .help(calibration.anomalous.empty()
                      ? "score the `calibrate` output of a split stage together with `test`"
                      : "let sound images be among those that calibrate: they say what is usual");
    if (threshold.needs_anomalies() && calibration.anomalous.empty())
        throw Error(Fault::data, "this threshold needs scores of anomalous calibration samples")
            .help("damage the `calibrate` output with a synthesizer and score that too");
}

/// The threshold; what goes wrong names the column.
double fit_of(const Threshold& threshold, const Calibration& calibration, const std::string& column) {
    try {
        require_scores(threshold, calibration);
        return threshold.fit(calibration);
    } catch (const Error& error) {
        throw Error(error.fault(), "`" + column + "`: " + error.what()).help(error.help()).parameter(error.parameter());
    }
}

}  // namespace

Dataset::Out Dataset::run(const In&, Context& context) const {
    auto images = open(context);
    if (split == "none") return {images};
    // Not a selection: those aren't remembered, since what they select from is; here nothing else is seen of it.
    auto infos = infos_of(*images);
    for (SampleInfo& info : infos) info.split = split_from(split);
    return {lazy_images(
        std::move(infos), [images](std::size_t index, std::uint32_t round) { return sample_of(*images, index, round); },
        images->varies(), images->left_out())};
}

Splitter::Out Splitter::run(const In& in, Context& context) const {
    const std::vector<Split> splits = assign(*in.images, Random(context.seed()));
    const auto chosen = [&](Split split) {
        std::vector<std::size_t> indices;
        for (std::size_t i = 0; i < splits.size(); ++i)
            if (splits[i] == split) indices.push_back(i);
        return select_images(in.images, std::move(indices), [split](SampleInfo& info) { info.split = split; });
    };
    return {chosen(Split::train), chosen(Split::calibrate), chosen(Split::test)};
}

Sample Transform::change(Sample sample, Random& random) const {
    const Sample before = sample.instances.empty() ? Sample() : sample;
    const Random same = random;
    Sample after = apply(std::move(sample), random);
    if (before.instances.empty() || after.mask == before.mask || after.instances != before.instances) return after;
    after.instances = Image(after.mask.width, after.mask.height, 1);
    for (std::size_t k = 0; k < before.instance_classes.size(); ++k) {
        Sample one = before;
        for (std::size_t i = 0; i < one.mask.pixels.size(); ++i)
            one.mask.pixels[i] = before.instances.pixels[i] == k + 1 ? 255 : 0;
        Random again = same;
        const Image moved = apply(std::move(one), again).mask;
        for (std::size_t i = 0; i < moved.pixels.size(); ++i)
            if (moved.pixels[i] >= 128) after.instances.pixels[i] = static_cast<std::uint8_t>(k + 1);
    }
    return after;
}

Transform::Out Transform::run(const In& in, Context& context) const {
    const Ref<Images> joined = join_images(in.images);
    return {lazy_images(
        infos_of(*joined),
        [me = self(this), images = joined, seed = context.seed()](std::size_t index, std::uint32_t round) {
            Random random(seed, index, me->is_fresh() ? round : 0);
            return me->change(sample_of(*images, index, round), random);
        },
        is_fresh() || joined->varies())};
}

Synthesizer::Out Synthesizer::run(const In& in, Context& context) const {
    auto infos = infos_of(*in.images);
    const bool told_by_making = fresh && share > 0 && share < 1;
    if (told_by_making) require_known(infos, share);
    for (std::size_t i = 0; i < infos.size(); ++i)
        if (told_by_making)
            infos[i].label = Label::unknown;
        else if (Random(context.seed(), i).chance(share))  // as below, where the sample is made
            infos[i].label = Label::anomalous;
    return {lazy_images(
        std::move(infos),
        [me = self(this), in, seed = context.seed()](std::size_t index, std::uint32_t round) {
            Random random(seed, index, me->fresh ? round : 0);
            Sample clean = sample_of(*in.images, index, round);
            if (!random.chance(me->share)) return clean;
            Sample damaged = me->damage(std::move(clean), in.objects.get(), random);
            damaged.info.label = Label::anomalous;
            return damaged;
        },
        fresh || in.images->varies())};
}

Distance::Out Distance::run(const In& in, Context& context) const {
    require_same_size(*in.reference, "reference", *in.candidate, "candidate");
    auto scores = std::make_shared<Scores>();
    scores->rows = infos_of(*in.reference);
    Scores::Column column{context.label(), std::vector<double>(scores->rows.size())};
    // Both sides are read in the same aligned batches: the one with the larger blocks leads.
    const bool leads = in.reference->block() > in.candidate->block();
    const Images &leader = leads ? *in.reference : *in.candidate, &other = leads ? *in.candidate : *in.reference;
    for_each_batch(leader, leader.block(), [&](std::size_t first, const Batch& batch) {
        context.check_stop();
        std::vector<std::size_t> indices;
        for (std::size_t i = 0; i < batch.size(); ++i) indices.push_back(first + i);
        const auto beside = other.read(indices);
        const Batch &references = leads ? batch : *beside, &candidates = leads ? *beside : batch;
        parallel_for_each_index(indices.size(), [&](std::size_t i) {
            column.values[first + i] = distance(references.sample(i)->image, candidates.sample(i)->image);
        });
        context.progress(first + indices.size(), scores->rows.size());
    });
    settle_missing(column, scores->rows, context);
    scores->columns.push_back(std::move(column));
    return {scores};
}

Pooling::Out Pooling::run(const In& in, Context& context) const {
    std::vector<Ref<Scores>> tables;
    for (std::size_t which = 0; which < in.maps.size(); ++which) {
        const Maps& maps = *in.maps[which];
        auto table = std::make_shared<Scores>();
        table->rows = infos_of(maps);
        Scores::Column column{maps.label() + " " + name(), std::vector<double>(table->rows.size())};
        for_each_batch(maps, 32, [&](std::size_t first, const Batch& batch) {
            context.check_stop();
            parallel_for_each_index(batch.size(), [&](std::size_t i) {
                const Plane plane = batch.plane(i);
                column.values[first + i] = can_be_scored(plane, batch.info(i), maps.label())
                                               ? pool(plane)
                                               : std::numeric_limits<double>::quiet_NaN();
            });
            context.progress(which * table->rows.size() + first + batch.size(), in.maps.size() * table->rows.size());
        });
        settle_missing(column, table->rows, context);
        table->columns.push_back(std::move(column));
        tables.push_back(std::move(table));
    }
    return {std::make_shared<Scores>(join_scores(tables))};
}

Threshold::Out Threshold::run(const In& in, Context& context) const {
    auto decisions = std::make_shared<Decisions>();
    decisions->scores = join_scores(in.scores);
    const Scores& scores = decisions->scores;
    for (const Scores::Column& column : scores.columns) {
        Calibration calibration;
        for (std::size_t i = 0; i < scores.rows.size(); ++i) {
            if (scores.rows[i].split != Split::calibrate) continue;
            require_finite(column.values[i], column.name, scores.rows[i].id);
            if (scores.rows[i].label == Label::anomalous)
                calibration.anomalous.push_back(column.values[i]);
            else
                calibration.normal.push_back(column.values[i]);
        }
        std::sort(calibration.normal.begin(), calibration.normal.end());
        std::sort(calibration.anomalous.begin(), calibration.anomalous.end());
        const double threshold = fit_of(*this, calibration, column.name);
        const std::string words = caution(calibration);
        if (!words.empty()) context.warn("`" + column.name + "`: " + words);
        const std::size_t fitted = calibration.normal.size() + (needs_anomalies() ? calibration.anomalous.size() : 0);
        decisions->cuts.push_back({column.name, threshold, context.label(), fitted, needs_anomalies(), words});
    }
    return {decisions};
}

Measure::Out Measure::run(const In& in, Context&) const {
    auto measures = std::make_shared<Measures>();
    std::vector<Ref<Measures>> tables;  // several decisions may share columns: two thresholds on one metric
    for (const auto& decisions : in.decisions) {
        const auto table = std::make_shared<Measures>();
        table->scores = decisions->scores;
        tables.push_back(table);
        for (const Cut& cut : decisions->cuts) {
            const auto column = std::find_if(decisions->scores.columns.begin(), decisions->scores.columns.end(),
                                             [&](const auto& each) { return each.name == cut.column; });
            std::vector<double> values;
            std::vector<bool> anomalous;
            std::size_t unlabelled = 0;
            Missing missing;
            for (std::size_t i = 0; i < decisions->scores.rows.size(); ++i) {
                const SampleInfo& row = decisions->scores.rows[i];
                if (row.split != Split::test) continue;
                if (row.label == Label::unknown) {
                    ++unlabelled;
                    continue;
                }
                if (!missing.holds(column->values[i], row.id)) continue;
                values.push_back(column->values[i]);
                anomalous.push_back(row.label == Label::anomalous);
            }
            const char* judged = unlabelled > 0 ? "test samples with a label" : "test samples";
            missing.require_any("the score `" + cut.column + "`", judged);
            Judgement judgement = judge(values, anomalous, cut);
            if (missing.count() > 0)  // the first: all others are of the rest
                judgement.remarks.insert(judgement.remarks.begin(), missing.words(judged));
            if (unlabelled > 0)
                judgement.remarks.push_back(unlabelled == 1 ? "1 test sample without a label was not judged"
                                                            : std::to_string(unlabelled) +
                                                                  " test samples without a label were not judged");
            measures->judgements.push_back(std::move(judgement));
        }
    }
    measures->scores = join_measures(tables).scores;
    return {measures};
}

double Distance::text_distance(std::string_view, std::string_view) const {
    throw Error(Fault::data, "this distance knows images by no text");
}

Report::Out Report::run(const In& in, Context& context) const {
    auto files = std::make_shared<Files>();
    files->folder = context.output_folder();
    Written written = write({join_measures(in.measures), in.examples, in.networks}, files->folder, context);
    files->records = std::move(written.records);
    files->gates = std::move(written.gates);
    return {files};
}

}  // namespace fettle
