// TensorBoard, Weights & Biases and MLflow: published bytes, and what their own readers make of what was written.
#include "report_files.hpp"

#include "../../plugins/report/event_file.hpp"
#include "../../plugins/report/output.hpp"
#include "../../plugins/report/record_log.hpp"

#include <protozero/pbf_writer.hpp>

#include <numeric>

namespace {

using namespace written;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

using ReportTensorBoard = Written;
using ReportWandb = Written;
using ReportMLflow = Written;

std::string hex(std::string_view bytes) {
    std::string out;
    for (const char c : bytes) {
        char two[3];
        std::snprintf(two, sizeof two, "%02x", static_cast<unsigned char>(c));
        out += two;
    }
    return out;
}

/// What Python is to find: every figure by name, scores and settings.
void expect(const fs::path& folder, const material::Run& run) {
    Json json;
    for (const auto& judged : run.measures->judgements)
        for (const auto& figure : judged.figures) json["figures"][judged.cut.column][figure.name] = figure.value;
    for (const auto& value : run.measures->scores.columns) json["scores"][value.name] = value.values;
    const auto& network = dynamic_cast<const fettle::Network&>(*run.networks.at(0));
    json["loss"] = network.history.at(0).values;
    std::ofstream(folder / "expected.json") << json;
}

TEST(Names, AreTakenEverywhereAndNoTwoAreAlike) {
    report::Names names({.marks = "_-. ", .longest_part = 40});
    EXPECT_EQ(names({"ssim mean", "auroc"}), "ssim mean/auroc");
    EXPECT_EQ(names({"ssim mean", "auroc"}), "ssim mean/auroc_2");
    EXPECT_EQ(names({"a/b", ".."}), "a_b/_");
    EXPECT_EQ(names({"gr\xC3\xB6\xC3\x9F"
                     "e\n"}),
              "gr____e_");
    const std::string one = names({std::string(300, 'x')}), other = names({std::string(301, 'x')});
    EXPECT_THAT(one, SizeIs(40));
    EXPECT_NE(one, other);
    report::Names wide({.beyond_ascii = true, .longest_part = 20});
    std::string letters;
    for (int i = 0; i < 30; ++i) letters += "\xC3\xB6";
    EXPECT_NO_THROW(Json(wide({letters})).dump());  // no letter is cut in two
}

// ---- TensorBoard ----

TEST(EventFile, HasTheChecksumsOfRfc3720) {
    EXPECT_EQ(report::crc32c("123456789"), 0xe3069283u);
    EXPECT_EQ(report::crc32c(std::string(32, '\0')), 0x8a9136aau);
    EXPECT_EQ(report::crc32c(std::string(32, '\xFF')), 0x62a8ab43u);
    std::string ascending(32, '\0');
    std::iota(ascending.begin(), ascending.end(), '\0');
    EXPECT_EQ(report::crc32c(ascending), 0x46dd794eu);
}

TEST(EventFile, HasTheBytesThatTensorFlowWrites) {
    EXPECT_EQ(hex(report::EventFile(1700000000).bytes()),
              "1800000000000000a37f4b220900000040fc54d9411a0d627261696e2e4576656e743a32eced8f9d");
    report::EventFile file(1700000001);
    const std::size_t first = file.bytes().size();
    file.scalar("auroc", 7, 0.5);
    EXPECT_EQ(hex(file.bytes().substr(first)),
              "1b000000000000001a0d9e130900004040fc54d94110072a0e0a0c0a056175726f63150000003f5f8a41b9");
}

TEST(EventFile, BucketsHoldEveryFiniteNumberOnce) {
    fettle::Random random(1, 2);
    for (int round = 0; round < 50; ++round) {
        std::vector<double> values;
        for (int i = random.integer(1, 60); i > 0; --i) values.push_back(random.normal());
        const double low = *std::min_element(values.begin(), values.end()),
                     high = *std::max_element(values.begin(), values.end());
        const auto buckets = report::buckets_of(values, low - 1, high, 12);
        EXPECT_EQ(std::accumulate(buckets.counts.begin(), buckets.counts.end(), 0.0), values.size());
        for (std::size_t b = 0; b < buckets.limits.size(); ++b) {
            const double below = b == 0 ? -infinity : buckets.limits[b - 1];
            EXPECT_EQ(buckets.counts[b], std::count_if(values.begin(), values.end(), [&](double value) {
                          return value > below && value <= buckets.limits[b];
                      }));
        }
        EXPECT_GT(buckets.counts.front(), 0);
        EXPECT_GT(buckets.counts.back(), 0);
    }
    EXPECT_THAT(report::buckets_of({not_a_number, infinity}, infinity, -infinity, 5).counts, ::testing::IsEmpty());
    EXPECT_THAT(report::buckets_of({3, 3, not_a_number}, 3, 3, 5).counts, ElementsAre(2));
}

constexpr const char* tensorboard_reader = R"(
import json, math, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util
folder = sys.argv[1]
events = EventAccumulator(folder + '/out/output/tensorboard', size_guidance={k: 0 for k in
    ['scalars', 'tensors', 'images', 'histograms']}).Reload()
def arrays(tag): return [(e.step, e.wall_time, e.value) for e in events.Scalars(tag)]
def text(tag):
    assert events.SummaryMetadata(tag).plugin_data.plugin_name == 'text'
    return tensor_util.make_ndarray(events.Tensors(tag)[0].tensor_proto)[0].decode()
tags = events.Tags()
)";

TEST_F(ReportTensorBoard, ItsOwnReaderFindsEverything) {
    if (!support::has_python("tensorboard")) GTEST_SKIP() << "no Python with tensorboard";
    const material::Run run = material::make();
    expect(folder_, run);
    EXPECT_THAT(files_of(write("report.tensorboard", run, {{"examples", 2}}).folder),
                ElementsAre(::testing::Pair("tensorboard/events.out.tfevents.1700000000.fettle.0.0", ::testing::_)));
    support::run_python(folder_, std::string(tensorboard_reader) + R"(
expected = json.load(open(folder + '/expected.json'))
loss = arrays('training/loss')
assert [step for step, _, _ in loss] == list(range(1, 41)) and loss[0][1] == 1700000000
assert all(abs(v - e) <= 1e-6 * abs(e) for (_, _, v), e in zip(loss, expected['loss']))
for column, figures in expected['figures'].items():
    for name, value in figures.items():
        found = arrays(column + '/' + name)
        assert len(found) == 1 and abs(found[0][2] - value) <= 1e-6, (column, name, found)
for column, scores in expected['scores'].items():
    counted = 0
    for kind in ['calibrate normal', 'test normal', 'test anomalous']:
        found = events.Histograms('scores of ' + column + '/' + kind)[0].histogram_value
        assert found.bucket_limit == sorted(found.bucket_limit) and len(found.bucket) == len(found.bucket_limit)
        assert min(scores) <= found.min <= found.bucket_limit[0] and found.max <= max(scores)
        assert found.max <= found.bucket_limit[-1] and found.num == sum(found.bucket)
        counted += found.num
    assert counted == len(scores), (column, counted)
import io, PIL.Image
assert 'l1 mean/found' in tags['images'], tags
image = events.Images('l1 mean/found')[0]
assert PIL.Image.open(io.BytesIO(image.encoded_image_string)).size == (image.width, image.height)
assert '    epochs = 3' in text('graph/toml').splitlines()
)",
                        "tensorboard, PIL");
}

TEST_F(ReportTensorBoard, TakesNamesAndNumbersOfAnyKind) {
    if (!support::has_python("tensorboard")) GTEST_SKIP() << "no Python with tensorboard";
    write("report.tensorboard", awkward());
    support::run_python(folder_, std::string(tensorboard_reader) + R"(
loss = [v for _, _, v in arrays('training/loss')]
assert loss[0] == 0.5 and loss[1] == math.inf and math.isnan(loss[2]), loss
assert math.isnan(arrays('a _quoted_, _größe___b__..__, quantile(at=0.95)/auroc')[0][2]), tags
assert len([t for t in tags['scalars'] if t.endswith('/accuracy')]) == 3
assert len([t for t in tags['tensors'] if t.endswith('/remarks')]) == 5, tags
)",
                        "tensorboard");
}

TEST_F(ReportTensorBoard, EveryPrefixIsReadAsFarAsItGoes) {
    if (!support::has_python("tensorboard")) GTEST_SKIP() << "no Python with tensorboard";
    const auto out = write("report.tensorboard", awkward());
    support::run_python(folder_, R"(
import sys, glob, random
from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader
path = glob.glob(sys.argv[1] + '/out/output/tensorboard/*')[0]
data = open(path, 'rb').read()
whole = len(list(LegacyEventFileLoader(path).Load()))
random.seed(5)
before = 0
for end in sorted(random.sample(range(len(data)), 40)):
    cut = sys.argv[1] + '/events.out.tfevents.1.cut'
    open(cut, 'wb').write(data[:end])
    count = len(list(LegacyEventFileLoader(cut).Load()))
    assert before <= count <= whole
    before = count
assert before > whole // 2
)",
                        "tensorboard");
}

// ---- Weights & Biases ----

/// What wandb's own writer makes of a header record (its DataStore.write), of two versions of it.
TEST(RecordLog, HasTheBytesThatWandbWrites) {
    const auto written = [](const std::string& producer) {
        std::string record;
        {
            protozero::pbf_writer writer(record);
            writer.add_int64(1, 1);
            protozero::pbf_writer header(writer, 21);
            protozero::pbf_writer version(header, 1);
            version.add_string(1, producer);
            version.add_string(2, "0.9.0");
        }
        report::RecordLog log;
        log.add(record);
        return hex(log.bytes());
    };
    EXPECT_EQ(written("0.19.1"), "3a572642e1be00007641131600010801aa01110a0f0a06302e31392e311205302e392e30");
    EXPECT_EQ(written("0.19.0"), "3a572642e1be009e76ebdf1600010801aa01110a0f0a06302e31392e301205302e392e30");
}

TEST_F(ReportWandb, RecordsOfEveryLengthAreReadBack) {
    if (!support::has_python("wandb.sdk.internal.datastore"))
        GTEST_SKIP() << "no Python with a wandb whose datastore is in Python (up to 0.24)";
    // Around every place where a block ends: a head of seven bytes that fits, fits with nothing behind it, doesn't fit.
    std::vector<std::size_t> lengths;
    for (std::size_t near = 32768 - 7 - 20; near < 32768 + 8; ++near) lengths.push_back(near);
    lengths.insert(lengths.end(), {0, 1, 100000, 65536, 3 * 32761, 5});
    report::RecordLog log;
    for (const std::size_t length : lengths) log.add(std::string(length, static_cast<char>('a' + length % 26)));
    std::ofstream(folder_ / "log.wandb", std::ios::binary) << log.bytes();
    std::ofstream(folder_ / "lengths.json") << Json(lengths);
    support::run_python(folder_, R"(
import json, sys
from wandb.sdk.internal.datastore import DataStore
store = DataStore()
store.open_for_scan(sys.argv[1] + '/log.wandb')
for length in json.load(open(sys.argv[1] + '/lengths.json')):
    assert store.scan_data() == bytes([ord('a') + length % 26]) * length, length
assert store.scan_data() is None
written = DataStore()
written.open_for_write(sys.argv[1] + '/own.wandb')
for length in json.load(open(sys.argv[1] + '/lengths.json')): written._write_data(bytes([ord('a') + length % 26]) * length)
written.close()
assert open(sys.argv[1] + '/own.wandb', 'rb').read() == open(sys.argv[1] + '/log.wandb', 'rb').read()
)",
                        "wandb.sdk.internal.datastore");
}

constexpr const char* wandb_reader = R"(
import glob, hashlib, json, os, sys
from wandb.sdk.internal.datastore import DataStore
from wandb.proto import wandb_internal_pb2 as proto
folder = sys.argv[1]
runs = glob.glob(folder + '/out/output/wandb/*')
assert len(runs) == 1, runs
name = os.path.basename(runs[0])
ident = name.split('-')[-1]
assert name == 'offline-run-20231114_221320-' + ident and len(ident) == 8
store = DataStore()
store.open_for_scan(runs[0] + '/run-' + ident + '.wandb')
records = []
while (data := store.scan_data()) is not None:
    record = proto.Record()
    record.ParseFromString(data)
    records.append(record)
assert [r.num for r in records] == list(range(1, len(records) + 1))
kinds = [r.WhichOneof('record_type') for r in records]
assert kinds[:2] == ['header', 'run'] and kinds[-1] == 'exit', kinds
assert records[0].header.version_info.producer == '0.19.1'
run = records[1].run
config = {item.key: json.loads(item.value_json) for item in run.config.update}
history = [{item.key: json.loads(item.value_json) for item in r.history.item} for r in records
           if r.WhichOneof('record_type') == 'history']
assert [h['_step'] for h in history] == [r.history.step.num for r in records if r.WhichOneof('record_type') == 'history']
assert all(a['_step'] < b['_step'] for a, b in zip(history, history[1:]))
summary = [{item.key: json.loads(item.value_json) for item in r.summary.update} for r in records
           if r.WhichOneof('record_type') == 'summary'][0]
)";

TEST_F(ReportWandb, ItsOwnDatastoreFindsEverything) {
    if (!support::has_python("wandb.sdk.internal.datastore"))
        GTEST_SKIP() << "no Python with a wandb whose datastore is in Python (up to 0.24)";
    const material::Run run = material::make();
    expect(folder_, run);
    write("report.wandb", run, {{"examples", 2}});
    support::run_python(folder_, std::string(wandb_reader) + R"(
expected = json.load(open(folder + '/expected.json'))
assert run.run_id == ident and run.project == 'cast <ing>' and run.display_name == 'cast <ing>-' + ident
assert run.notes == 'Denoising | "quoted"' and run.start_time.seconds == 1700000000
assert config['train.epochs'] == 3 and config['train.sides'] == [1, 2] and config['train.far'] == 'inf'
assert config['train.words'] == 'two\nlines "quoted"' and config['train.rate'] == 1e-5
assert [h['training/loss'] for h in history if 'training/loss' in h] == expected['loss']
for column, figures in expected['figures'].items():
    for figure, value in figures.items():
        key = ''.join(c if c.isalnum() and c.isascii() else '_' for c in column) + '/' + figure.replace('.', '_')
        assert summary[key] == value, key
last = history[-1]
histogram = last['scores_of_l1_mean/anomalous']
assert histogram['_type'] == 'histogram' and len(histogram['bins']) == len(histogram['values']) + 1
assert sum(histogram['values']) == 60 and histogram['bins'] == sorted(histogram['bins'])
image = last['l1_mean/found']
data = open(runs[0] + '/files/' + image['path'], 'rb').read()
assert image['_type'] == 'image-file' and image['size'] == len(data)
assert image['sha256'] == hashlib.sha256(data).hexdigest()
sent = [item.path for r in records for item in r.files.files]
assert image['path'] in sent and all(os.path.exists(runs[0] + '/files/' + path) for path in sent)
assert records[-1].exit.exit_code == 0
)",
                        "wandb.sdk.internal.datastore");
}

TEST_F(ReportWandb, TakesNamesAndNumbersOfAnyKind) {
    if (!support::has_python("wandb.sdk.internal.datastore"))
        GTEST_SKIP() << "no Python with a wandb whose datastore is in Python (up to 0.24)";
    write("report.wandb", awkward());
    support::run_python(folder_, std::string(wandb_reader) + R"(
import re
assert [h.get('training/loss') for h in history[:3]] == [0.5, 'Infinity', 'NaN'], history
assert history[1]['training_2/calibration_loss'] == 0.25
for key in list(summary) + [k for h in history for k in h]:
    assert re.fullmatch('[A-Za-z0-9_]{1,120}(/[A-Za-z0-9_]{1,120})?', key), key
accuracies = [k for k in summary if k.endswith('/accuracy')]
assert len(accuracies) == 3 and all(summary[k] == 1 / 3 for k in accuracies)
assert [summary[k] for k in summary if k.endswith('/auroc')] == ['NaN'] * 3
assert [summary[k] for k in summary if k.endswith('/threshold')] == ['-Infinity'] * 3
)",
                        "wandb.sdk.internal.datastore");
}

// ---- MLflow ----

constexpr const char* mlflow_reader = R"(
import glob, json, math, os, sys
os.environ['MLFLOW_ALLOW_FILE_STORE'] = 'true'
os.chdir(sys.argv[1] + '/out/output')
import logging, warnings
warnings.simplefilter('ignore')
from mlflow import MlflowClient
client = MlflowClient('file:' + os.getcwd() + '/mlruns')
experiments = [e for e in client.search_experiments() if e.name != 'Default']
assert len(experiments) == 1, experiments
runs = client.search_runs([experiments[0].experiment_id])
assert len(runs) == 1, runs
run = runs[0]
)";

TEST_F(ReportMLflow, ItsOwnClientFindsEverything) {
    if (!support::has_python("mlflow")) GTEST_SKIP() << "no Python with mlflow";
    const material::Run run = material::make();
    expect(folder_, run);
    const auto out = write("report.mlflow", run, {{"examples", 2}});
    EXPECT_THAT(out.warnings, ::testing::Contains(HasSubstr("mlflow migrate-filestore --source mlruns")));
    support::run_python(folder_, std::string(mlflow_reader) + R"(
import re
expected = json.load(open(sys.argv[1] + '/expected.json'))
assert experiments[0].name == 'cast <ing>' and experiments[0].creation_time == 1700000000000
assert run.info.status == 'FINISHED' and run.info.start_time == 1700000000000
assert run.info.run_name == 'cast <ing>-' + run.info.run_id[:8]
assert run.data.params['train.epochs'] == '3' and run.data.params['train.use'] == 'train.reconstruction'
assert run.data.params['train.words'] == '"two\\nlines \\"quoted\\""'
assert len(run.data.params['train.long']) == 6000
loss = client.get_metric_history(run.info.run_id, 'training/loss')
assert [m.step for m in loss] == list(range(1, 41)) and [m.value for m in loss] == expected['loss']
for column, figures in expected['figures'].items():
    for name, value in figures.items():
        assert run.data.metrics[re.sub('[^A-Za-z0-9_. -]', '_', column) + '/' + name] == value, (column, name)
assert 'Denoising | "quoted"' in run.data.tags['mlflow.note.content']
files = [f.path for f in client.list_artifacts(run.info.run_id)] + \
        [f.path for f in client.list_artifacts(run.info.run_id, 'images')]
assert 'graph.toml' in files and 'images/l1 mean found.png' in files, files
)",
                        "mlflow");
}

TEST_F(ReportMLflow, TakesNamesAndNumbersOfAnyKind) {
    if (!support::has_python("mlflow")) GTEST_SKIP() << "no Python with mlflow";
    write("report.mlflow", awkward());
    support::run_python(folder_, std::string(mlflow_reader) + R"(
values = [v for k, v in run.data.metrics.items() if k.endswith('/accuracy')]
assert values == [1 / 3] * 3, run.data.metrics
assert all(math.isnan(v) for k, v in run.data.metrics.items() if k.endswith('/auroc'))
assert all(v == -math.inf for k, v in run.data.metrics.items() if k.endswith('/threshold'))
from mlflow.utils.validation import _validate_metric_name
for name in run.data.metrics: _validate_metric_name(name)
assert [m.value for m in client.get_metric_history(run.info.run_id, 'training/loss')][1] == math.inf
)",
                        "mlflow");
}

}  // namespace
