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

Json to_json(const Scores& scores) {
    Json rows = Json::array();
    for (const SampleInfo& row : scores.rows)
        rows.push_back(
            {words(row.id), to_string(row.label), to_string(row.split), words(row.category), words(row.published)});
    Json columns = Json::array();
    for (const auto& column : scores.columns)
        columns.push_back({{"name", words(column.name)}, {"values", numbers(column.values)}});
    return {{"rows", std::move(rows)}, {"columns", std::move(columns)}};
}

void from_json(const Json& json, Scores& scores) {
    for (const Json& row : json.at("rows"))
        scores.rows.push_back({words(row.at(0)), label_from(row.at(1).get<std::string>()),
                               split_from(row.at(2).get<std::string>()), words(row.at(3)), words(row.at(4))});
    for (const Json& column : json.at("columns")) {
        scores.columns.push_back({words(column.at("name")), numbers(column.at("values"))});
        if (scores.columns.back().values.size() != scores.rows.size())
            throw Error(Fault::storage,
                        "the stored column `" + scores.columns.back().name + "` has another length than its table");
    }
}

Json to_json(const Cut& cut) {
    return {{"column", words(cut.column)},
            {"threshold", number(cut.threshold)},
            {"method", words(cut.method)},
            {"fitted", cut.fitted}};
}

Cut cut_from(const Json& json) {
    return {words(json.at("column")), number(json.at("threshold")), words(json.at("method")), json.at("fitted")};
}

Json to_json(const Judgement& judgement) {
    Json figures = Json::array(), roc = Json::array(), remarks = Json::array();
    for (const Figure& f : judgement.figures)
        figures.push_back(
            {{"name", f.name}, {"value", number(f.value)}, {"low", number(f.low)}, {"high", number(f.high)}});
    for (const auto& [x, y] : judgement.roc) roc.push_back({number(x), number(y)});
    for (const std::string& remark : judgement.remarks) remarks.push_back(words(remark));
    const Confusion& c = judgement.confusion;
    return {{"cut", to_json(judgement.cut)},
            {"figures", std::move(figures)},
            {"confusion",
             {{"true_positive", c.true_positive},
              {"false_positive", c.false_positive},
              {"true_negative", c.true_negative},
              {"false_negative", c.false_negative}}},
            {"roc", std::move(roc)},
            {"remarks", std::move(remarks)}};
}

Judgement judgement_from(const Json& json) {
    Judgement out;
    out.cut = cut_from(json.at("cut"));
    for (const Json& f : json.at("figures"))
        out.figures.push_back({f.at("name"), number(f.at("value")), number(f.at("low")), number(f.at("high"))});
    const Json& c = json.at("confusion");
    out.confusion = {c.at("true_positive"), c.at("false_positive"), c.at("true_negative"), c.at("false_negative")};
    for (const Json& point : json.at("roc")) out.roc.emplace_back(number(point.at(0)), number(point.at(1)));
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

Json to_json(const Network& network) {
    Json history = Json::array();
    for (const Curve& curve : network.history)
        history.push_back({{"name", curve.name}, {"steps", numbers(curve.steps)}, {"values", numbers(curve.values)}});
    return {{"architecture", network.architecture},
            {"channels", network.channels},
            {"height", network.height},
            {"width", network.width},
            {"parameters", network.parameters},
            {"history", std::move(history)}};
}

ValueRef load(std::string_view type, const fs::path& folder) {
    if (type == Files::type_name) {
        if (!fs::is_directory(folder)) throw Error(Fault::storage, "the folder `" + folder.string() + "` is missing");
        auto files = std::make_shared<Files>();
        files->folder = folder;
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
        return measures;
    }
    if (type == Network::type_name) {
        auto network = std::make_shared<Network>();
        network->script = read_file(folder / "network.pt");
        network->architecture = json.at("architecture");
        network->channels = json.at("channels");
        network->height = json.at("height");
        network->width = json.at("width");
        network->parameters = json.at("parameters");
        for (const Json& curve : json.at("history"))
            network->history.push_back({curve.at("name"), numbers(curve.at("steps")), numbers(curve.at("values"))});
        return network;
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
        Json judgements = Json::array();
        for (const Judgement& judgement : measures->judgements) judgements.push_back(to_json(judgement));
        write_json(folder, {{"scores", to_json(measures->scores)}, {"judgements", std::move(judgements)}});
    } else if (const auto* network = dynamic_cast<const Network*>(&value)) {
        write_file(folder / "network.pt", network->script);
        write_json(folder, to_json(*network));
    } else if (const auto* files = dynamic_cast<const Files*>(&value)) {
        std::error_code error;
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
