#include "run/failure.hpp"

#include <fettle/error.hpp>

#include <filesystem>
#include <new>

namespace fettle::runtime {
namespace {

namespace fs = std::filesystem;

/// The first line of an exception's words: LibTorch appends a page of stack.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

bool means_out_of_memory(const std::string& text) {
    return text.find("out of memory") != std::string::npos || text.find("not enough memory") != std::string::npos ||
           text.find("can't allocate memory") != std::string::npos;
}

/// Where a parameter was given: "window", or "loss.window" of a component.
Span place_of(const Use& use, const std::string& parameter) {
    const auto dot = parameter.find('.');
    for (std::size_t c = 0; dot != std::string::npos && c < use.components.size(); ++c)
        if (use.type->components[c].name == parameter.substr(0, dot) && !use.components[c].empty())
            return place_of(use.components[c].front(), parameter.substr(dot + 1));
    for (std::size_t i = 0; i < use.parameters.size(); ++i)
        if (use.type->parameters[i].name == parameter) return use.parameters[i].span;
    return use.span;
}

}  // namespace

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
    } catch (const std::bad_alloc&) {
        auto diagnostic = errors::out_of_memory(stage.use.span, stage.name, "an allocation failed");
        diagnostic.help = {"take a smaller batch or smaller images"};
        return diagnostic;
    } catch (const fs::filesystem_error& error) {
        return errors::storage_failed(stage.use.span, stage.name, error.what());
    } catch (const std::exception& error) {
        const std::string text = first_line(error.what());
        if (!means_out_of_memory(text)) return errors::plugin_threw(stage.use.span, stage.name, text);
        auto diagnostic = errors::out_of_memory(stage.use.span, stage.name, text);
        diagnostic.help = {"take a smaller batch or smaller images"};
        return diagnostic;
    } catch (...) {
        return errors::plugin_threw(stage.use.span, stage.name, "it threw something that is no std::exception");
    }
}

}  // namespace fettle::runtime
