// Values on disk. JSON for tables (nlohmann writes numbers with the fewest digits that read back equal; what JSON
// cannot say, NaN and infinities, is written as a word), plain files for bytes.
#include <fettle/error.hpp>
#include <fettle/ports.hpp>

#include "kept.hpp"
#include "words.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <limits>

namespace fettle {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

Json number(double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    return value;
}

double number(const Json& json) {
    if (!json.is_string()) return json.get<double>();
    const auto& word = json.get_ref<const std::string&>();
    return word == "nan" ? std::numeric_limits<double>::quiet_NaN()
                         : (word == "inf" ? 1 : -1) * std::numeric_limits<double>::infinity();
}

Json numbers(const std::vector<double>& values) {
    Json out = Json::array();
    for (const double value : values) out.push_back(number(value));
    return out;
}

std::vector<double> numbers(const Json& json) {
    std::vector<double> out;
    for (const Json& each : json) out.push_back(number(each));
    return out;
}

Json to_json(const SampleInfo& row) {
    return {words(row.id), to_string(row.label), to_string(row.split), words(row.category), words(row.published)};
}

SampleInfo info_from(const Json& row) {
    return {words(row.at(0)), label_from(row.at(1).get<std::string>()), split_from(row.at(2).get<std::string>()),
            words(row.at(3)), words(row.at(4))};
}

Json to_json(const Scores& scores) {
    Json rows = Json::array();
    for (const SampleInfo& row : scores.rows) rows.push_back(to_json(row));
    Json columns = Json::array();
    for (const auto& column : scores.columns)
        columns.push_back({{"name", words(column.name)}, {"values", numbers(column.values)}});
    return {{"rows", std::move(rows)}, {"columns", std::move(columns)}};
}

void from_json(const Json& json, Scores& scores) {
    for (const Json& row : json.at("rows")) scores.rows.push_back(info_from(row));
    for (const Json& column : json.at("columns")) {
        scores.columns.push_back({words(column.at("name")), numbers(column.at("values"))});
        if (scores.columns.back().values.size() != scores.rows.size())
            throw Error(Fault::storage,
                        "the stored column `" + scores.columns.back().name + "` has another length than its table");
    }
}

Json to_json(const Cut& cut) {
    return {{"column", words(cut.column)}, {"threshold", number(cut.threshold)}, {"method", words(cut.method)},
            {"fitted", cut.fitted},        {"anomalies", cut.anomalies},         {"caution", words(cut.caution)}};
}

Cut cut_from(const Json& json) {
    return {words(json.at("column")), number(json.at("threshold")), words(json.at("method")),
            json.at("fitted"),        json.at("anomalies"),         words(json.at("caution"))};
}

Json to_json(const std::vector<Figure>& figures) {
    Json out = Json::array();
    for (const Figure& f : figures)
        out.push_back(
            {{"name", words(f.name)}, {"value", number(f.value)}, {"low", number(f.low)}, {"high", number(f.high)}});
    return out;
}

std::vector<Figure> figures_from(const Json& json) {
    std::vector<Figure> out;
    for (const Json& f : json)
        out.push_back({words(f.at("name")), number(f.at("value")), number(f.at("low")), number(f.at("high"))});
    return out;
}

Json to_json(const Plot& plot) {
    return {{"name", words(plot.name)},  {"x_name", words(plot.x_name)}, {"y_name", words(plot.y_name)},
            {"x", numbers(plot.x)},      {"y", numbers(plot.y)},         {"low", numbers(plot.low)},
            {"high", numbers(plot.high)}};
}

Plot plot_from(const Json& json) {
    return {words(json.at("name")), words(json.at("x_name")), words(json.at("y_name")), numbers(json.at("x")),
            numbers(json.at("y")),  numbers(json.at("low")),  numbers(json.at("high"))};
}

Json to_json(const Table& table) {
    Json rows = Json::array();
    for (const Table::Row& row : table.rows)
        rows.push_back({{"name", words(row.name)}, {"figures", to_json(row.figures)}, {"verdict", words(row.verdict)}});
    return {{"title", words(table.title)}, {"note", words(table.note)}, {"rows", std::move(rows)}};
}

Table table_from(const Json& json) {
    Table out{words(json.at("title")), words(json.at("note")), {}};
    for (const Json& row : json.at("rows"))
        out.rows.push_back({words(row.at("name")), figures_from(row.at("figures")), words(row.at("verdict"))});
    return out;
}

Json to_json(const Judgement& judgement) {
    Json roc = Json::array(), plots = Json::array(), remarks = Json::array();
    for (const auto& [x, y] : judgement.roc) roc.push_back({number(x), number(y)});
    for (const Plot& plot : judgement.plots) plots.push_back(to_json(plot));
    for (const std::string& remark : judgement.remarks) remarks.push_back(words(remark));
    const Confusion& c = judgement.confusion;
    return {{"cut", to_json(judgement.cut)},
            {"figures", to_json(judgement.figures)},
            {"confusion",
             {{"true_positive", c.true_positive},
              {"false_positive", c.false_positive},
              {"true_negative", c.true_negative},
              {"false_negative", c.false_negative}}},
            {"roc", std::move(roc)},
            {"plots", std::move(plots)},
            {"remarks", std::move(remarks)}};
}

Judgement judgement_from(const Json& json) {
    Judgement out;
    out.cut = cut_from(json.at("cut"));
    out.figures = figures_from(json.at("figures"));
    const Json& c = json.at("confusion");
    out.confusion = {c.at("true_positive"), c.at("false_positive"), c.at("true_negative"), c.at("false_negative")};
    for (const Json& point : json.at("roc")) out.roc.emplace_back(number(point.at(0)), number(point.at(1)));
    for (const Json& plot : json.at("plots")) out.plots.push_back(plot_from(plot));
    for (const Json& remark : json.at("remarks")) out.remarks.push_back(words(remark));
    return out;
}

void write_file(const fs::path& path, const std::string& bytes) {
    std::ofstream file(path, std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (!file) throw Error(Fault::storage, "`" + path.string() + "` could not be written").help("is the disk full?");
}

std::string read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw Error(Fault::storage, "`" + path.string() + "` could not be read");
    return {std::istreambuf_iterator<char>(file), {}};
}

void write_json(const fs::path& folder, const Json& json) { write_file(folder / "value.json", json.dump(1) + "\n"); }

/// Pixels of the examples go one after another into `pixels`, for a file of their own.
Json to_json(const Network& network, std::string& pixels) {
    Json history = Json::array(), lineage = Json::array(), examples = Json::array();
    for (const Curve& curve : network.history)
        history.push_back({{"name", curve.name}, {"steps", numbers(curve.steps)}, {"values", numbers(curve.values)}});
    for (const std::string& step : network.lineage) lineage.push_back(words(step));
    for (const Network::Example& example : network.examples) {
        Json sides = Json::array();
        for (const Image* image : {&example.input, &example.target, &example.output}) {
            sides.push_back({image->width, image->height, image->channels});
            pixels.append(image->pixels.begin(), image->pixels.end());
        }
        examples.push_back({{"row", to_json(example.info)}, {"sides", std::move(sides)}});
    }
    return {{"architecture", network.architecture},
            {"channels", network.channels},
            {"height", network.height},
            {"width", network.width},
            {"parameters", network.parameters},
            {"segments", network.segments},
            {"preprocessing", words(network.preprocessing)},
            {"lineage", std::move(lineage)},
            {"history", std::move(history)},
            {"examples", std::move(examples)}};
}

Network network_from(const Json& json, std::string script, const std::string& pixels) {
    Network network;
    network.script = std::move(script);
    network.architecture = json.at("architecture");
    network.channels = json.at("channels");
    network.height = json.at("height");
    network.width = json.at("width");
    network.parameters = json.at("parameters");
    network.segments = json.at("segments");
    network.preprocessing = words(json.at("preprocessing"));
    for (const Json& step : json.at("lineage")) network.lineage.push_back(words(step));
    for (const Json& curve : json.at("history"))
        network.history.push_back({curve.at("name"), numbers(curve.at("steps")), numbers(curve.at("values"))});
    std::size_t taken = 0;
    for (const Json& stored : json.at("examples")) {
        Network::Example& example = network.examples.emplace_back();
        example.info = info_from(stored.at("row"));
        std::size_t which = 0;
        for (Image* image : {&example.input, &example.target, &example.output}) {
            const Json& sides = stored.at("sides").at(which++);
            *image = Image(sides.at(0), sides.at(1), sides.at(2));
            if (taken + image->pixels.size() > pixels.size())
                throw Error(Fault::storage, "the examples of a stored network are cut short");
            std::copy_n(pixels.begin() + static_cast<std::ptrdiff_t>(taken), image->pixels.size(),
                        image->pixels.begin());
            taken += image->pixels.size();
        }
    }
    return network;
}

/// What is known of a written folder lies beside it, so nothing is added to what was written.
fs::path about_files(const fs::path& folder) { return folder.parent_path() / (folder.filename().string() + ".json"); }

void save_about(const Files& files, const fs::path& folder) {
    if (files.records.empty() && files.gates.empty()) return;
    Json gates = Json::array();
    for (const Gate& gate : files.gates)
        gates.push_back({{"condition", gate.condition}, {"held", gate.held}, {"found", gate.found}});
    write_file(about_files(folder), Json{{"records", files.records}, {"gates", std::move(gates)}}.dump());
}

ValueRef load(std::string_view type, const fs::path& folder) {
    if (type == Files::type_name) {
        if (!fs::is_directory(folder)) throw Error(Fault::storage, "the folder `" + folder.string() + "` is missing");
        auto files = std::make_shared<Files>();
        files->folder = folder;
        if (const fs::path about = about_files(folder); fs::exists(about)) {
            const Json json = Json::parse(read_file(about));
            files->records = json.at("records").get<std::vector<std::string>>();
            for (const Json& gate : json.at("gates"))
                files->gates.push_back({gate.at("condition"), gate.at("held"), gate.at("found")});
        }
        return files;
    }
    if (type == Images::type_name) return kept_images(folder);
    const Json json = Json::parse(read_file(folder / "value.json"));
    if (type == Scores::type_name) {
        auto scores = std::make_shared<Scores>();
        from_json(json, *scores);
        return scores;
    }
    if (type == Decisions::type_name) {
        auto decisions = std::make_shared<Decisions>();
        from_json(json.at("scores"), decisions->scores);
        for (const Json& cut : json.at("cuts")) decisions->cuts.push_back(cut_from(cut));
        return decisions;
    }
    if (type == Measures::type_name) {
        auto measures = std::make_shared<Measures>();
        from_json(json.at("scores"), measures->scores);
        for (const Json& judgement : json.at("judgements")) measures->judgements.push_back(judgement_from(judgement));
        for (const Json& table : json.at("tables")) measures->tables.push_back(table_from(table));
        return measures;
    }
    if (type == Network::type_name) {
        return std::make_shared<Network>(
            network_from(json, read_file(folder / "network.pt"), read_file(folder / "examples.bin")));
    }
    throw Error(Fault::storage, "values of type `" + std::string(type) + "` are not stored");
}

}  // namespace

void save_value(const Value& value, const fs::path& folder) {
    if (const auto* scores = dynamic_cast<const Scores*>(&value)) {
        write_json(folder, to_json(*scores));
    } else if (const auto* decisions = dynamic_cast<const Decisions*>(&value)) {
        Json cuts = Json::array();
        for (const Cut& cut : decisions->cuts) cuts.push_back(to_json(cut));
        write_json(folder, {{"scores", to_json(decisions->scores)}, {"cuts", std::move(cuts)}});
    } else if (const auto* measures = dynamic_cast<const Measures*>(&value)) {
        Json judgements = Json::array(), tables = Json::array();
        for (const Judgement& judgement : measures->judgements) judgements.push_back(to_json(judgement));
        for (const Table& table : measures->tables) tables.push_back(to_json(table));
        write_json(folder, {{"scores", to_json(measures->scores)},
                            {"judgements", std::move(judgements)},
                            {"tables", std::move(tables)}});
    } else if (const auto* network = dynamic_cast<const Network*>(&value)) {
        write_file(folder / "network.pt", network->script);
        std::string pixels;
        const Json described = to_json(*network, pixels);
        write_file(folder / "examples.bin", pixels);
        write_json(folder, described);
    } else if (const auto* files = dynamic_cast<const Files*>(&value)) {
        std::error_code error;
        save_about(*files, folder);
        if (fs::equivalent(files->folder, folder, error)) return;
        fs::copy(files->folder, folder, fs::copy_options::recursive | fs::copy_options::overwrite_existing, error);
        if (error)
            throw Error(Fault::storage, "`" + files->folder.string() + "` could not be copied to `" + folder.string() +
                                            "`: " + error.message());
    } else if (const auto* images = dynamic_cast<const Images*>(&value)) {
        keep_images(*images, folder);
    } else {
        throw Error(Fault::storage, "values of type `" + std::string(value.type()) + "` are not stored");
    }
}

ValueRef load_value(std::string_view type, const fs::path& folder) {
    try {
        return load(type, folder);
    } catch (const Json::exception& error) {
        throw Error(Fault::storage, "`" + folder.string() + "` does not hold a value of type `" + std::string(type) +
                                        "`: " + error.what());
    } catch (const Error& error) {  // a label that is none is damage here, not the user's data
        throw Error(Fault::storage, error.what()).help(error.help());
    }
}

}  // namespace fettle
