// Converts facts to the journal's rows and back. Every member is written; readers give absent ones
// their default, so that an older row stays readable when a member is added.
#include "runner/engine/event.hpp"

#include "runner/base/relative_path.hpp"
#include "runner/base/try.hpp"
#include "runner/engine/answer_limits.hpp"

#include <boost/system/errc.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

namespace darkroom::engine {

namespace {

using json::Value;

json::Array texts_of(std::vector<std::string> const& texts) {
    json::Array out;
    for (auto const& text : texts) out.emplace_back(text);
    return out;
}

Value variables_to_json(jobs::Variables const& variables) {
    json::Object out;
    for (auto const& [name, value] : variables) out.emplace_back(name, value);
    return out;
}

/// The variables of a step that are read: job files and tables have some hundred at most.
constexpr std::size_t variables_max = 1000;

/// The service of facts that name none: there was no other when they were first written.
constexpr std::string_view unnamed_service = "midjourney"; // stored: never rename

Value info_to_json(StepInfo const& info) {
    Value out = json::Object{{"job", info.job},
                             {"item", static_cast<std::uint64_t>(info.item)},
                             {"repeat", info.repeat},
                             {"path", info.path},
                             {"variables", variables_to_json(info.variables)},
                             {"prompt", info.prompt},
                             {"action", info.action},
                             {"mode", info.mode},
                             {"parent_image_id", info.parent_image_id},
                             {"request", info.request},
                             {"download", info.download}};
    if (info.service->name != unnamed_service) out.set("service", info.service->name);
    if (!info.root_prompt.empty()) out.set("root_prompt", info.root_prompt);
    if (info.drawn.is_object()) out.set("drawn", info.drawn);
    return out;
}

int int_of(Value const& value, std::string_view key) {
    return static_cast<int>(value.integer(key).value_or(0));
}

/// Returns 0 for a number below it as well.
std::uint64_t number_of(Value const& value, std::string_view key) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(value.integer(key).value_or(0), 0));
}

StepInfo info_from_json(Value const& value) {
    StepInfo info;
    info.job = value.text("job").value_or("");
    info.item = number_of(value, "item");
    info.repeat = int_of(value, "repeat");
    info.path = value.text("path").value_or("");
    if (auto const* variables = value.find("variables"); variables && variables->is_object()) {
        for (auto const& [name, text] : *variables->object()) {
            if (info.variables.size() == variables_max) break;
            info.variables.emplace_back(name, text.text().value_or(""));
        }
    }
    if (auto const* drawn = value.find("drawn"); drawn && drawn->is_object()) info.drawn = *drawn;
    info.prompt = value.text("prompt").value_or("");
    info.root_prompt = value.text("root_prompt").value_or("");
    info.action = value.text("action").value_or("");
    info.mode = value.text("mode").value_or("");
    info.parent_image_id = value.text("parent_image_id").value_or("");
    info.request = value.text("request").value_or("");
    info.download = value.boolean("download").value_or(true);
    auto const* service =
        jobs::find_service_model(value.text("service").value_or(std::string(unnamed_service)));
    if (service != nullptr) info.service = service;
    return info;
}

Submitted submitted_from_json(Value const& value) {
    auto const* info = value.find("info");
    Submitted fact;
    if (info != nullptr) fact.info = info_from_json(*info);
    fact.account = value.text("account").value_or("");
    fact.price = value.integer("price").value_or(0);
    fact.identity = value.text("identity").value_or("");
    fact.attempt = number_of(value, "attempt");
    fact.tag = value.text("tag").value_or("");
    fact.boot = value.text("boot").value_or("");
    fact.sent_after = number_of(value, "sent_after");
    if (auto const ahead = value.integer("service_ahead"))
        fact.service_ahead = std::chrono::milliseconds(*ahead);
    return fact;
}

/// Only texts have a text: the rows of a million pictures need not say that they have none.
Value answer_to_json(Answer const& answer) {
    Value out = json::Object{{"task_id", answer.task_id},
                             {"trace_id", answer.trace_id},
                             {"image_id", answer.image_id},
                             {"url", answer.url},
                             {"width", answer.width},
                             {"height", answer.height},
                             {"actions", texts_of(answer.actions)},
                             {"sub_urls", texts_of(answer.sub_urls)}};
    if (!answer.text.empty()) out.set("text", answer.text);
    return out;
}

Answer answer_from_json(Value const& value) {
    Answer answer;
    answer.task_id = value.text("task_id").value_or("");
    answer.trace_id = value.text("trace_id").value_or("");
    answer.image_id = value.text("image_id").value_or("");
    answer.url = value.text("url").value_or("");
    answer.width = int_of(value, "width");
    answer.height = int_of(value, "height");
    answer.actions = first_texts(value, "actions", actions_max);
    answer.sub_urls = first_texts(value, "sub_urls", links_max);
    answer.text = value.text("text").value_or("");
    return answer;
}

Value problem_to_json(Problem const& problem) {
    Value out = json::Object{{"verdict", name_of(problem.verdict)}, {"code", problem.code},
                             {"message", problem.message},          {"trace_id", problem.trace_id},
                             {"task_id", problem.task_id},          {"status", problem.status}};
    if (!problem.url.empty()) out.set("url", problem.url);
    if (!problem.kept.empty()) out.set("kept", problem.kept);
    return out;
}

Result<Problem> problem_from_json(Value const& value) {
    auto const name = value.text("verdict").value_or("");
    auto const verdict = verdict_named(name);
    if (!verdict)
        return Error(make_error_code(boost::system::errc::not_supported),
                     fmt::format("unknown failure class '{}'", name));
    Problem problem;
    problem.verdict = *verdict;
    problem.code = value.text("code").value_or("");
    problem.message = value.text("message").value_or("");
    problem.trace_id = value.text("trace_id").value_or("");
    problem.task_id = value.text("task_id").value_or("");
    problem.status = int_of(value, "status");
    problem.url = value.text("url").value_or("");
    problem.kept = value.text("kept").value_or("");
    return problem;
}

Value image_to_json(SavedImage const& image) {
    Value out =
        json::Object{{"tile", image.tile},     {"file", image.file},
                     {"url", image.url},       {"sha256", image.sha256},
                     {"format", image.format}, {"bytes", static_cast<std::uint64_t>(image.bytes)},
                     {"width", image.width},   {"height", image.height}};
    if (image.trailing != 0) out.set("trailing", image.trailing);
    return out;
}

SavedImage image_from_json(Value const& value) {
    SavedImage image;
    image.tile = int_of(value, "tile");
    image.file = value.text("file").value_or("");
    image.url = value.text("url").value_or("");
    image.sha256 = value.text("sha256").value_or("");
    image.format = value.text("format").value_or("");
    image.bytes = number_of(value, "bytes");
    image.width = int_of(value, "width");
    image.height = int_of(value, "height");
    image.trailing = number_of(value, "trailing");
    return image;
}

struct Write {
    Value operator()(Submitted const& fact) const {
        Value out = json::Object{
            {"info", info_to_json(fact.info)}, {"account", fact.account}, {"price", fact.price}};
        if (!fact.identity.empty()) out.set("identity", fact.identity);
        if (fact.attempt != 0) out.set("attempt", fact.attempt);
        if (!fact.tag.empty()) out.set("tag", fact.tag);
        if (!fact.boot.empty()) out.set("boot", fact.boot);
        if (fact.sent_after != 0) out.set("sent_after", fact.sent_after);
        if (fact.service_ahead)
            out.set("service_ahead", static_cast<std::int64_t>(fact.service_ahead->count()));
        return out;
    }
    Value operator()(Accepted const& fact) const {
        Value out = json::Object{{"task_id", fact.task_id}, {"by_search", fact.by_search}};
        if (fact.by_person) out.set("by_person", true);
        if (fact.order != 0) out.set("order", fact.order);
        return out;
    }
    Value operator()(Finished const& fact) const {
        Value out = json::Object{{"answer", answer_to_json(fact.answer)}, {"cost", fact.cost}};
        if (fact.account) out.set("account", *fact.account);
        return out;
    }
    Value operator()(Failed const& fact) const {
        Value out = json::Object{{"problem", problem_to_json(fact.problem)}, {"final", fact.final}};
        if (fact.info) out.set("info", info_to_json(*fact.info));
        if (!fact.by_0_1) out.set("left", fact.left); // version 0.1 had no such member
        if (fact.is_absent) out.set("absent", true);
        if (fact.order != 0) out.set("order", fact.order);
        return out;
    }
    Value operator()(ImageSaved const& fact) const {
        return json::Object{{"image", image_to_json(fact.image)}};
    }
    Value operator()(Skipped const& fact) const {
        return json::Object{{"info", info_to_json(fact.info)}, {"why", fact.why}};
    }
    Value operator()(Requeued const&) const { return json::Object{}; }
    Value operator()(SetAside const& fact) const {
        return json::Object{{"task_id", fact.task_id}, {"why", fact.why}};
    }
    Value operator()(ChargedAgain const& fact) const {
        Value out = json::Object{{"task_id", fact.task_id}, {"cost", fact.cost}};
        if (fact.account) out.set("account", *fact.account);
        return out;
    }
};

struct KindVisitor {
    std::string_view operator()(Submitted const&) const { return "submitted"; }
    std::string_view operator()(Accepted const&) const { return "accepted"; }
    std::string_view operator()(Finished const&) const { return "finished"; }
    std::string_view operator()(Failed const&) const { return "failed"; }
    std::string_view operator()(ImageSaved const&) const { return "image_saved"; }
    std::string_view operator()(Skipped const&) const { return "skipped"; }
    std::string_view operator()(Requeued const&) const { return "requeued"; }
    std::string_view operator()(SetAside const&) const { return "set_aside"; }
    std::string_view operator()(ChargedAgain const&) const { return "charged_again"; }
};

Value member(Value const& value, std::string_view key) {
    auto const* found = value.find(key);
    return found == nullptr ? Value() : *found;
}

} // namespace

std::string_view kind_of(Fact const& fact) { return std::visit(KindVisitor{}, fact); }

Value to_json(Fact const& fact) { return std::visit(Write{}, fact); }

Result<Fact> fact_from_json(std::string_view kind, Value const& value) {
    auto const service = member(value, "info").text("service");
    if (service && jobs::find_service_model(*service) == nullptr)
        return Error(make_error_code(boost::system::errc::not_supported),
                     fmt::format("unknown service '{}'; made by another darkroom?", *service));
    if (kind == "submitted") return submitted_from_json(value);
    if (kind == "accepted") {
        Accepted fact{value.text("task_id").value_or(""),
                      value.boolean("by_search").value_or(false)};
        fact.by_person = value.boolean("by_person").value_or(false);
        fact.order = number_of(value, "order");
        return fact;
    }
    if (kind == "finished") {
        Finished fact{answer_from_json(member(value, "answer")), value.integer("cost").value_or(0)};
        fact.account = value.text("account");
        return fact;
    }
    if (kind == "failed") {
        TRY_ASSIGN(auto problem, problem_from_json(member(value, "problem")));
        Failed fact{std::move(problem), value.boolean("final").value_or(false), std::nullopt};
        if (value.find("info") != nullptr) fact.info = info_from_json(member(value, "info"));
        fact.by_0_1 = value.find("left") == nullptr;
        fact.left = value.boolean("left").value_or(false);
        fact.is_absent = value.boolean("absent").value_or(false);
        fact.order = number_of(value, "order");
        return fact;
    }
    if (kind == "image_saved") {
        ImageSaved fact{image_from_json(member(value, "image"))};
        if (fact.image.file.empty() || stays_below(fact.image.file)) return fact;
        return Error(make_error_code(boost::system::errc::not_supported),
                     fmt::format("it names the file '{}', which is not below the run directory",
                                 fact.image.file));
    }
    if (kind == "skipped")
        return Skipped{info_from_json(member(value, "info")), value.text("why").value_or("")};
    if (kind == "requeued") return Requeued{};
    if (kind == "set_aside")
        return SetAside{value.text("task_id").value_or(""), value.text("why").value_or("")};
    if (kind == "charged_again") {
        ChargedAgain fact{value.text("task_id").value_or(""), value.integer("cost").value_or(0)};
        fact.account = value.text("account");
        return fact;
    }
    return Error(make_error_code(boost::system::errc::not_supported),
                 fmt::format("unknown fact '{}'; made by a newer darkroom?", kind));
}

} // namespace darkroom::engine
