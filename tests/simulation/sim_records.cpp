#include "tests/simulation/sim_records.hpp"

#include "runner/base/time_text.hpp"
#include "tests/simulation/sim_answers.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::simulation {

using namespace std::chrono_literals;

namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

std::string squeezed(std::string_view text) {
    std::string out;
    for (char const c : text) {
        bool const blank = c == ' ' || c == '\n' || c == '\t';
        if (!blank)
            out += c;
        else if (!out.ends_with(' '))
            out += ' ';
    }
    return out;
}

std::string trimmed(std::string const& text) {
    auto const first = text.find_first_not_of(" \n\t");
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(" \n\t") - first + 1);
}

std::string shown_prompt(std::string prompt, PromptForm form) {
    switch (form) {
    case PromptForm::as_sent: break;
    case PromptForm::trimmed: return trimmed(prompt);
    case PromptForm::squeezed: return trimmed(squeezed(prompt));
    case PromptForm::long_dash: replace_all(prompt, "--", "\xe2\x80\x94"); break;
    case PromptForm::decomposed: replace_all(prompt, "\xc3\xa9", "e\xcc\x81"); break;
    case PromptForm::escaped:
        replace_all(prompt, "&", "&amp;");
        replace_all(prompt, "'", "&#39;");
        replace_all(prompt, "<", "&lt;");
        break;
    case PromptForm::extended: prompt += " --relax --seed 1234"; break;
    case PromptForm::rewritten: replace_all(prompt, "--v 6", "--v 6.0"); break;
    }
    return prompt;
}

/// Returns `"request":…,`, or "" where the record has none.
std::string request_member(Imperfections const& how, json::Value request) {
    if (how.request == RequestForm::missing) return {};
    if (auto const prompt = request.text("prompt"))
        request.set("prompt", shown_prompt(*prompt, how.prompt));
    if (how.defaults_filled) {
        for (auto const& [key, value] : {std::pair("action", "generate"), std::pair("mode", "fast"),
                                         std::pair("quality", "1")}) {
            if (request.find(key) == nullptr) request.set(key, value);
        }
    }
    auto text = json::write(request);
    if (how.further_members) {
        text.pop_back();
        text += R"(,"stream":false,"timeout":null,"version":"1.0","trace_id":"t",)"
                R"("check_image":null,"retry_times":null,"check_prompt":null,)"
                R"("image_origin":null,"application_id":"app"})";
    }
    if (how.request == RequestForm::text) text = json::write(json::Value(text));
    return fmt::format(R"("request":{},)", text);
}

std::string time_member(Imperfections const& how, std::string_view key, WallTime at) {
    auto const ms = at.time_since_epoch().count();
    switch (how.time) {
    case TimeForm::seconds: return fmt::format(R"("{}":{}.{:03},)", key, ms / 1000, ms % 1000);
    case TimeForm::milliseconds: return fmt::format(R"("{}":{},)", key, ms);
    case TimeForm::microseconds: return fmt::format(R"("{}":{}000,)", key, ms);
    case TimeForm::iso: return fmt::format(R"("{}":"{}",)", key, format_rfc3339(at));
    case TimeForm::empty: return fmt::format(R"("{}":"",)", key);
    case TimeForm::missing: break;
    }
    return {};
}

std::string_view type_of(Task const& task) {
    constexpr std::string_view root = "/midjourney/";
    return std::string_view(task.path).substr(root.size());
}

WallTime shown_creation(Imperfections const& how, Task const& task) {
    bool const other_zone = how.two_zones && task.number % 2 == 0;
    auto const ahead = std::chrono::floor<std::chrono::milliseconds>(how.records_ahead);
    return other_zone ? task.created_at : task.created_at + ahead;
}

/// The part of a record that never changes.
std::string const& start_of(SimService const& service, Task& task) {
    if (!task.record.empty()) return task.record;
    auto const& how = service.imperfections;
    task.record = fmt::format(
        R"({{"{}":"{}","type":"{}","trace_id":"trace-{}",{}{})",
        how.id_as_task_id ? "task_id" : "id", task.id, type_of(task), task.number,
        time_member(how, "created_at", shown_creation(how, task)), request_member(how, task.sent));
    return task.record;
}

std::string response_of(SimService const& service, Task const& task) {
    auto const error = task.error_at(service.clock().now());
    if (!error.empty())
        return fmt::format(R"({{"success":false,"task_id":"{}",)"
                           R"("error":{{"code":"{}","message":"no picture"}},"trace_id":"t"}})",
                           task.id, error);
    return fmt::format(R"({{"success":{},"task_id":"{}",{}{}}})",
                       !service.imperfections.success_is_false, task.id,
                       good_error(service.imperfections.error), answer_members(service, task));
}

/// Records of others that are not quite JSON of our kind.
std::string broken_stranger(int number, WallTime at) {
    auto const ms = at.time_since_epoch().count();
    auto const prompt = number % 2 == 0 ? std::string(R"(half a pair \ud83d of others)")
                                        : std::string("a bad \xff byte of others");
    return fmt::format(R"({{"id":"stranger-{}","type":"imagine","created_at":{}.{:03},)"
                       R"("finished_at":null,"request":{{"prompt":"{}"}}}})",
                       number, ms / 1000, ms % 1000, prompt);
}

std::vector<Task*> select(SimService& service, json::Value const& query,
                          std::string const& account) {
    std::vector<Task*> found;
    auto const& how = service.imperfections;
    auto const now = service.clock().now();
    auto ids = query.texts("ids");
    if (auto const id = query.text("id")) ids.push_back(*id);
    for (auto const& id : ids) {
        auto* task = service.task_of_id(id);
        bool const is_shown = task && task->taken_at + how.shown_after <= now;
        if (is_shown && task->account == account) found.push_back(task);
    }
    if (!ids.empty()) return found;
    if (how.lists_nothing) return found;
    bool const lacks_crowd = how.servers_differ && service.chance().of(50);
    for (auto& task : service.tasks()) {
        bool const is_behind = lacks_crowd && task.is_crowd && task.taken_at + 10s > now;
        bool const is_shown = !service.is_hidden(task) && !is_behind;
        if (is_shown && task.account == account && task.listed_from <= now) found.push_back(&task);
    }
    auto const place = [&](Task const& task) {
        bool const has_moved = how.is_by_change && task.has_ended(now);
        auto const since = has_moved ? task.ends_at - task.taken_at : Duration();
        return task.created_at + std::chrono::floor<std::chrono::milliseconds>(since);
    };
    std::stable_sort(found.begin(), found.end(),
                     [&place](Task* a, Task* b) { return place(*a) > place(*b); });
    if (how.is_unordered) std::rotate(found.begin(), found.begin() + found.size() / 3, found.end());
    if (how.list_cap > 0 && found.size() > static_cast<std::size_t>(how.list_cap))
        found.resize(static_cast<std::size_t>(how.list_cap));
    return found;
}

/// Records of others come while a list is read.
void let_others_come(SimService& service, std::string const& account) {
    int const crowd = service.imperfections.crowd;
    constexpr int crowd_max = 60; ///< In all.
    if (crowd == 0 || service.crowd >= crowd_max || !service.chance().of(40)) return;
    for (int i = 0; i < crowd; ++i) {
        json::Value const sent = json::Object{{"prompt", "entirely other words of somebody else"}};
        service.add_foreign(sent, account, service.service_wall()).is_crowd = true;
    }
    service.crowd += crowd;
}

} // namespace

std::string record_of(SimService const& service, Task& task) {
    if (!task.whole_record.empty()) return task.whole_record;
    auto const now = service.clock().now();
    auto record = start_of(service, task);
    if (!task.has_ended(now)) return record + R"("started_at":1.5,"finished_at":null})";
    task.link_age = std::max(task.link_age, task.dead_below);
    auto const end = task.created_at.time_since_epoch() +
                     std::chrono::floor<std::chrono::milliseconds>(task.ends_at - task.taken_at);
    auto const ms = end.count();
    char const* const quote = service.imperfections.finished_as_text ? "\"" : "";
    record += fmt::format(R"("finished_at":{}{}.{:03}{},"elapsed":1.5,"response":{}}})", quote,
                          ms / 1000, ms % 1000, quote, response_of(service, task));
    bool const is_final = task.says_failed_until <= now && service.link_life == Duration();
    if (is_final) task.whole_record = record;
    return record;
}

Listing list_tasks(SimService& service, json::Value const& query, std::string const& account) {
    auto const& how = service.imperfections;
    bool const by_id = query.find("id") != nullptr || !query.texts("ids").empty();
    if (!by_id) let_others_come(service, account);
    auto const found = select(service, query, account);
    if (query.text("action").value_or("retrieve") == "retrieve")
        return {found.empty() ? "{}" : record_of(service, *found.front()), false};
    auto const size = static_cast<std::int64_t>(found.size());
    auto const offset = how.ignores_offset ? 0 : query.integer("offset").value_or(0);
    auto limit = query.integer("limit").value_or(12);
    if (!by_id && how.page_max > 0) limit = std::min<std::int64_t>(limit, how.page_max);
    auto const last = std::min(size, offset + limit);
    Listing listing;
    listing.body = R"({"items":[)";
    for (auto i = std::min(size, offset); i < last; ++i) {
        if (listing.body.back() != '[') listing.body += ',';
        listing.body += record_of(service, *found[static_cast<std::size_t>(i)]);
    }
    for (int i = 0; !by_id && offset == 0 && i < how.broken_strangers; ++i) {
        if (listing.body.back() != '[') listing.body += ',';
        listing.body += broken_stranger(i, service.service_wall());
    }
    listing.body += fmt::format(R"(],"count":{}}})", size);
    auto const shown = static_cast<std::size_t>(std::max<std::int64_t>(0, last - offset));
    listing.is_too_large = !by_id && how.too_large_from > 0 && shown >= how.too_large_from;
    return listing;
}

} // namespace darkroom::simulation
