// How a stage or component says what it is. From this one declaration come validation, `fettle inspect`, the manual
// and the editor's schema.
#pragma once

#include <fettle/context.hpp>
#include <fettle/parameter.hpp>
#include <fettle/ports.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace fettle {

/// Anything a graph can name with `use`: a stage, or a component (a model, a loss) inside one. A plain struct
/// whose members are its parameters; const once the graph is running.
class Component : public std::enable_shared_from_this<Component> {
   public:
    virtual ~Component() = default;
};

// ---- What is known of a type without its code: plain data, kept in the registry's cache ----

struct ParameterInfo {
    std::string name;
    Kind kind = Kind::text;
    Setting initial;  ///< the member's initial value
    std::string doc;
    Constraint constraint;
};

struct ComponentInfo {
    std::string name;
    std::string role;  ///< what may stand here: "autoencoder", "similarity"
    std::string doc;
    bool many = false;      ///< a list of tables
    bool optional = false;  ///< may be left out
};

/// What is known of the labels of an output's `calibrate` samples before anything runs.
enum class Labels {
    any,     ///< nothing: some may be anomalous
    kept,    ///< none is anomalous where none of the inputs' is, outside material aside
    normal,  ///< none is anomalous
};

struct PortInfo {
    std::string name;
    std::string type;  ///< "images/1"
    std::string doc;
    // of inputs
    bool many = false;  ///< a list of edges
    bool optional = false;
    bool learns = false;             ///< refuses values that hold `test` samples, or samples no split stage has seen
    bool needs_calibration = false;  ///< refuses values without `calibrate` samples
    bool carries_split = true;       ///< its splits become those of the outputs
    /// "always": refuses values whose `calibrate` samples are surely all normal; "@name": while that boolean parameter
    /// is true; empty: takes them.
    std::string needs_anomalies;
    // of outputs
    std::string split;  ///< "train": fixed; "@name": what that parameter says; empty: that of the inputs
    Labels labels = Labels::any;
};

struct TypeInfo {
    std::string id;    ///< "similarity.ssim"
    std::string role;  ///< "similarity", "stage"
    std::string summary;
    std::vector<ParameterInfo> parameters;
    std::vector<ComponentInfo> components;
    std::vector<PortInfo> inputs, outputs;
    bool stage = false;         ///< can stand as [stage.x]; else a component only
    bool random = false;        ///< draws random numbers: its seed enters the cache key
    bool device = false;        ///< its result depends on the class of device
    bool deterministic = true;  ///< the same result whatever the number of threads
    bool reads_graph = false;   ///< asks for Context::graph, whose text enters the cache key
    bool checks = false;        ///< has a check of its own (Describe::check)
    int revision = 1;           ///< raised when results change though the source digest doesn't say so
};

using Inputs = std::vector<std::vector<ValueRef>>;  ///< per declared input port, in order
using Outputs = std::vector<ValueRef>;              ///< per declared output port, in order

/// A type with its code.
struct TypeEntry {
    TypeInfo info;
    std::function<std::shared_ptr<Component>()> create;
    std::vector<std::function<void(Component&, const Setting&)>> set;                            ///< per parameter
    std::vector<std::function<void(Component&, std::vector<std::shared_ptr<Component>>)>> plug;  ///< per component
    std::function<std::string(const Component&)> check;                                          ///< empty text: fine
    std::function<Outputs(const Component&, const Inputs&, Context&)> run;                       ///< null: no stage
};

// ---- Options of ports ----

struct PortOption {
    bool optional = false, learns = false, needs_calibration = false, outside_data = false;
};
/// The port may stay unconnected; its Ref is null.
inline PortOption optional_port() { return {.optional = true}; }
/// The port learns from what it gets: `test` samples and unsplit ones are refused before anything runs.
inline PortOption learns() { return {.learns = true}; }
/// The port needs `calibrate` samples among what it gets.
inline PortOption needs_calibration() { return {.needs_calibration = true}; }
/// What comes in is outside material (cut-outs to paste, textures): its splits don't spread to the outputs.
inline PortOption outside_data() { return {.outside_data = true}; }
inline PortOption operator&(PortOption a, PortOption b) {
    return {a.optional || b.optional, a.learns || b.learns, a.needs_calibration || b.needs_calibration,
            a.outside_data || b.outside_data};
}
enum class Presence { required, optional };

/// Collects the description of T. Every function returns *this, so calls chain. Members are given as pointers:
/// no name is looked up by string while a graph runs.                             [once, when the plugin loads]
template <class T>
class Describe {
   public:
    explicit Describe(TypeEntry& entry) : entry_(entry) {}

    /// One sentence, shown by `fettle list`.
    Describe& summary(std::string text) {
        entry_.info.summary = std::move(text);
        return *this;
    }

    /// A parameter: its name in the graph, its member (whose initial value is the default), a sentence with its
    /// unit, and what it must satisfy.
    template <class M, class C>
    requires std::derived_from<T, C> Describe& param(std::string name, M C::*member, std::string doc,
                                                     Constraint constraint = {}) {
        if (FixedLength<M>::value && !constraint.length) constraint.length = FixedLength<M>::value;
        const T prototype{};
        entry_.info.parameters.push_back(
            {.name = std::move(name),
             .kind = Parameter<M>::kind,
             .initial = constraint.required ? Setting{} : Parameter<M>::write(prototype.*member),
             .doc = std::move(doc),
             .constraint = std::move(constraint)});
        entry_.set.push_back([member](Component& object, const Setting& value) {
            static_cast<T&>(object).*member = Parameter<M>::read(value);
        });
        return *this;
    }

    /// A component: a table with a `use` of its own, `[stage.x.name]`.
    template <class R, class C>
    requires std::derived_from<T, C> Describe& component(std::string name, Ref<R> C::*member, std::string doc,
                                                         Presence presence = Presence::required) {
        entry_.info.components.push_back(
            {std::move(name), R::role_name, std::move(doc), false, presence == Presence::optional});
        entry_.plug.push_back([member](Component& object, std::vector<std::shared_ptr<Component>> parts) {
            if (!parts.empty()) static_cast<T&>(object).*member = cast<R>(parts.front());
        });
        return *this;
    }
    /// A list of components: `[[stage.x.name]]`.
    template <class R, class C>
    requires std::derived_from<T, C> Describe& components(std::string name, std::vector<Ref<R>> C::*member,
                                                          std::string doc, Presence presence = Presence::required) {
        entry_.info.components.push_back(
            {std::move(name), R::role_name, std::move(doc), true, presence == Presence::optional});
        entry_.plug.push_back([member](Component& object, std::vector<std::shared_ptr<Component>> parts) {
            for (const auto& part : parts) (static_cast<T&>(object).*member).push_back(cast<R>(part));
        });
        return *this;
    }

    /// An input port, a member of T::In: a Ref (one edge) or a vector of Refs (a list of edges).
    template <class V, class I>
    Describe& in(std::string name, Ref<V> I::*member, std::string doc, PortOption option = {}) {
        add_input(std::move(name), V::type_name, std::move(doc), false, option);
        bind_.push_back([member](void* in, const std::vector<ValueRef>& values) {
            if (!values.empty())
                static_cast<I*>(static_cast<typename T::In*>(in))->*member = cast_value<V>(values.front());
        });
        return *this;
    }
    template <class V, class I>
    Describe& in(std::string name, std::vector<Ref<V>> I::*member, std::string doc, PortOption option = {}) {
        add_input(std::move(name), V::type_name, std::move(doc), true, option);
        bind_.push_back([member](void* in, const std::vector<ValueRef>& values) {
            for (const ValueRef& value : values)
                (static_cast<I*>(static_cast<typename T::In*>(in))->*member).push_back(cast_value<V>(value));
        });
        return *this;
    }

    /// An output port, a member of T::Out. `split`: "train", "calibrate" or "test" where the stage decides it,
    /// "@name" where a parameter does, empty where it is that of the inputs. `labels`: what is sure of those of
    /// `calibrate` samples.
    template <class V, class O>
    Describe& out(std::string name, Ref<V> O::*member, std::string doc, std::string split = {},
                  Labels labels = Labels::any) {
        entry_.info.outputs.push_back({.name = std::move(name),
                                       .type = std::string(V::type_name),
                                       .doc = std::move(doc),
                                       .split = std::move(split),
                                       .labels = labels});
        take_.push_back([member](const void* out) -> ValueRef {
            return static_cast<const O*>(static_cast<const typename T::Out*>(out))->*member;
        });
        return *this;
    }

    /// What is sure of the labels of an output that was described before, by the role say.
    Describe& labels(std::string_view output, Labels labels) {
        port(entry_.info.outputs, output).labels = labels;
        return *this;
    }
    /// The input, described before, needs anomalous samples among the `calibrate` ones; while that boolean parameter is
    /// true, where one is named.
    Describe& needs_anomalies(std::string_view input, const std::string& parameter = {}) {
        port(entry_.info.inputs, input).needs_anomalies = parameter.empty() ? "always" : "@" + parameter;
        return *this;
    }

    /// The stage draws random numbers (from Context::seed).
    Describe& random() { return entry_.info.random = true, *this; }
    /// The result depends on the class of device (tensors are computed).
    Describe& on_device() { return entry_.info.device = true, *this; }
    /// It tells of the whole graph (Context::graph): a change anywhere in it makes this anew.
    Describe& reads_graph() { return entry_.info.reads_graph = true, *this; }
    /// The result's last bits may depend on the number of threads.
    Describe& depends_on_threads() { return entry_.info.deterministic = false, *this; }
    Describe& revision(int number) { return entry_.info.revision = number, *this; }
    /// A check across parameters, made before anything runs: returns what is wrong, or an empty text.
    Describe& check(std::string (T::*member)() const) {
        entry_.info.checks = true;
        entry_.check = [member](const Component& object) { return (static_cast<const T&>(object).*member)(); };
        return *this;
    }

    /// Called by PluginBuilder::add once T has said everything.
    void finish() {
        entry_.create = [] { return std::make_shared<T>(); };
        if constexpr (requires {
                          typename T::In;
                          typename T::Out;
                      }) {
            entry_.info.stage = true;
            entry_.run = [bind = bind_, take = take_](const Component& object, const Inputs& inputs, Context& context) {
                typename T::In in;
                for (std::size_t i = 0; i < bind.size(); ++i) bind[i](&in, inputs.at(i));
                const typename T::Out out = static_cast<const T&>(object).run(in, context);
                Outputs values;
                for (const auto& port : take) values.push_back(port(&out));
                return values;
            };
        }
    }

   private:
    template <class R>
    static Ref<R> cast(const std::shared_ptr<Component>& part) {
        auto typed = std::dynamic_pointer_cast<const R>(part);
        if (!typed) throw std::logic_error("a component of another role was plugged in");
        return typed;
    }
    template <class V>
    static Ref<V> cast_value(const ValueRef& value) {
        auto typed = std::dynamic_pointer_cast<const V>(value);
        if (!typed) throw std::logic_error("a value of another type reached a port for " + std::string(V::type_name));
        return typed;
    }
    static PortInfo& port(std::vector<PortInfo>& ports, std::string_view name) {
        for (PortInfo& each : ports)
            if (each.name == name) return each;
        throw std::logic_error("no port `" + std::string(name) + "` was described before");
    }
    void add_input(std::string name, std::string_view type, std::string doc, bool many, PortOption option) {
        entry_.info.inputs.push_back({.name = std::move(name),
                                      .type = std::string(type),
                                      .doc = std::move(doc),
                                      .many = many,
                                      .optional = option.optional,
                                      .learns = option.learns,
                                      .needs_calibration = option.needs_calibration,
                                      .carries_split = !option.outside_data});
    }

    TypeEntry& entry_;
    std::vector<std::function<void(void*, const std::vector<ValueRef>&)>> bind_;
    std::vector<std::function<ValueRef(const void*)>> take_;
};

/// Where no role fits: derive, declare `struct In`, `struct Out` and
/// `Out run(const In&, Context&) const`, a pure function.
class Stage : public Component {
   public:
    static constexpr const char* role_name = "stage";
    template <class T>
    static void describe_role(Describe<T>&) {}
};

}  // namespace fettle
