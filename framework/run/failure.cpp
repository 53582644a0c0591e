#include "run/failure.hpp"

#include <fettle/error.hpp>
#include <fettle/thrown.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <filesystem>
#include <new>

namespace fettle::runtime {
namespace {

namespace fs = std::filesystem;

const char* const memory_help =
    "take a smaller batch or smaller images, or let fewer samples be remembered: a smaller --memory than now (512M "
    "where "
    "nothing is said)";

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

/// The parameter of that name; null where there is none.
const Given* parameter_of(const Use& use, const std::string& name) {
    for (std::size_t i = 0; i < use.parameters.size(); ++i)
        if (use.type->parameters[i].name == name) return &use.parameters[i];
    return nullptr;
}

/// The member of a list of components that an error means: by its number, counted from 0, at the beginning of `rest`
/// (which then goes); else the first that sets the parameter, else the first that has it, else the first.
const Use& member_of(const std::vector<Use>& parts, std::string& rest) {
    const auto dot = std::min(rest.find('.'), rest.size());
    const std::string number = rest.substr(0, dot);
    if (!number.empty() && number.size() < 7 && number.find_first_not_of("0123456789") == std::string::npos) {
        rest.erase(0, dot + 1);
        return parts[std::min<std::size_t>(std::stoul(number), parts.size() - 1)];
    }
    const Use* has = nullptr;
    for (const Use& part : parts) {
        const Given* given = parameter_of(part, rest);
        if (given != nullptr && !given->is_default) return part;
        if (given != nullptr && has == nullptr) has = &part;
    }
    return has != nullptr ? *has : parts.front();
}

/// Where a parameter was given: "window", or "loss.window" of a component, "loss.1.window" of the second in a list.
Span place_of(const Use& use, const std::string& parameter) {
    const auto dot = parameter.find('.');
    for (std::size_t c = 0; dot != std::string::npos && c < use.components.size(); ++c)
        if (use.type->components[c].name == parameter.substr(0, dot) && !use.components[c].empty()) {
            std::string rest = parameter.substr(dot + 1);
            const Use& member = member_of(use.components[c], rest);
            return place_of(member, rest);
        }
    const Given* given = parameter_of(use, parameter);
    return given != nullptr ? given->span : use.span;
}

}  // namespace

std::string free_space(const fs::path& folder) {
    std::error_code error;
    const fs::space_info space = fs::space(folder, error);
    return error ? std::string()
                 : fmt::format("{:.1f} MiB are free where `{}` lies", static_cast<double>(space.available) / (1 << 20),
                               folder.string());
}

Diagnostic explain_exception(const StageUse& stage, std::exception_ptr failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const Error& error) {
        constexpr auto factory = [](Fault fault) {
            switch (fault) {
                case Fault::data:
                    return errors::bad_data;
                case Fault::numeric:
                    return errors::not_finite;
                case Fault::memory:
                    return errors::out_of_memory;
                case Fault::shape:
                    return errors::shapes_do_not_fit;
                case Fault::device:
                    return errors::device_failed;
                case Fault::storage:
                    return errors::storage_failed;
                case Fault::plugin:
                    break;
            }
            return errors::plugin_threw;
        };
        Diagnostic diagnostic =
            factory(error.fault())(place_of(stage.use, error.parameter()), stage.name, error.what());
        if (!error.help().empty()) diagnostic.help.push_back(error.help());
        return diagnostic;
    } catch (const Failure& known) {
        return known.diagnostic;
    } catch (const fs::filesystem_error& error) {
        return errors::storage_failed(stage.use.span, stage.name, error.what());
    } catch (const std::exception& error) {
        const std::string text = first_line(sentence_of(error));
        if (!means_out_of_memory(error)) return errors::plugin_threw(stage.use.span, stage.name, text);
        const bool plain = dynamic_cast<const std::bad_alloc*>(&error) != nullptr;
        auto diagnostic = errors::out_of_memory(stage.use.span, stage.name, plain ? "an allocation failed" : text);
        diagnostic.help = {memory_help};
        return diagnostic;
    } catch (...) {
        return errors::plugin_threw(stage.use.span, stage.name, "it threw something that is no std::exception");
    }
}

}  // namespace fettle::runtime
