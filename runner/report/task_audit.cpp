#include "runner/report/task_audit.hpp"

#include "runner/base/time_text.hpp"
#include "runner/report/terminal_text.hpp"
#include "runner/report/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace darkroom::report {

namespace {

constexpr std::size_t stray_prompt_columns_max = 80;
constexpr int idle_pages_max = 2;

std::string state_of(engine::TaskRecord const& record) {
    if (!record.outcome) return "running";
    return std::holds_alternative<engine::Answer>(*record.outcome) ? "finished" : "failed";
}

/// Returns the action of a request that does not say it.
std::string_view usual_action(jobs::ServiceModel const& model, std::string const& endpoint) {
    auto const& row = endpoint.empty() ? model.endpoints.front() : model.endpoint_at(endpoint);
    return row.action.empty() ? model.first_actions.front().name : row.action;
}

StrayTask stray_of(engine::TaskRecord const& record, jobs::ServiceModel const& model,
                   std::string const& account) {
    StrayTask stray;
    stray.id = record.task_id;
    stray.account = account;
    stray.created_at = record.created_at;
    stray.state = state_of(record);
    auto const request = json::read(record.request);
    auto const text = [&request](std::string_view key) {
        return request.has_value() ? request->text(key).value_or("") : std::string();
    };
    stray.action = text("action");
    stray.prompt = text("prompt");
    if (stray.action.empty()) stray.action = record.marks.action.value_or("");
    if (stray.prompt.empty()) stray.prompt = record.marks.prompt.value_or("");
    if (stray.action.empty()) stray.action = usual_action(model, record.endpoint);
    return stray;
}

json::Value to_json(StrayTask const& stray) {
    bool const has_time = stray.created_at != WallTime();
    json::Value value;
    value.set("task_id", text_or_null(stray.id));
    value.set("account", text_or_null(stray.account));
    value.set("created_at",
              has_time ? json::Value(format_rfc3339(stray.created_at)) : json::Value());
    value.set("action", text_or_null(stray.action));
    value.set("prompt", text_or_null(stray.prompt));
    value.set("state", stray.state);
    value.set("step", text_or_null(stray.step));
    return value;
}

} // namespace

AccountAudit::AccountAudit(jobs::ServiceModel const& model, std::string account, AuditTimes times,
                           OwnerOf owner_of, Unnamed unnamed)
    : model_(model), account_(std::move(account)), times_(times), owner_of_(std::move(owner_of)),
      unnamed_(std::move(unnamed)) {}

Result<bool> AccountAudit::take(engine::TaskPage const& page, Audit& audit) {
    auto const given = std::max(page.given, page.tasks.size());
    if (given == 0) return false;
    offset_ += static_cast<int>(given);
    std::set<std::string> ids;
    bool has_news = page.tasks.size() < given; // a record that cannot be read may be new
    for (auto const& record : page.tasks) {
        bool const is_repeated = !record.task_id.empty() && last_ids_.contains(record.task_id);
        if (!record.task_id.empty()) ids.insert(record.task_id);
        if (is_repeated) continue;
        if (record.created_at == WallTime() || record.created_at >= times_.from) has_news = true;
        if (is_outside(record)) continue;
        TRY(take_record(record, audit));
    }
    last_ids_ = std::move(ids);
    idle_pages_ = has_news ? 0 : idle_pages_ + 1;
    return idle_pages_ < idle_pages_max;
}

/// A record without a time may be of any: it counts.
bool AccountAudit::is_outside(engine::TaskRecord const& record) const {
    if (record.created_at == WallTime()) return false;
    return record.created_at < times_.from || record.created_at > times_.to;
}

Result<> AccountAudit::take_record(engine::TaskRecord const& record, Audit& audit) {
    ++audit.records;
    auto const& id = record.task_id;
    std::string step;
    if (!id.empty()) {
        TRY_ASSIGN(auto const owner, owner_of_(id));
        has_shown_ours_ = has_shown_ours_ || owner.has_value();
        bool const is_done =
            record.outcome && std::holds_alternative<engine::Answer>(*record.outcome);
        if (owner && !(owner->failed && is_done)) return {};
        if (owner) step = owner->step;
        if (listed_.contains(id)) return {};
        if (listed_.size() < strays_max) listed_.insert(id);
    }
    if (step.empty() && takes_unnamed(record)) return {};
    ++audit.all;
    if (audit.strays.size() >= strays_max) return {};
    audit.strays.push_back(stray_of(record, model_, account_));
    audit.strays.back().step = step;
    return {};
}

/// Texts are answered without an id: an equal task is taken for one of theirs, once each.
bool AccountAudit::takes_unnamed(engine::TaskRecord const& record) {
    auto const found = unnamed_.find(engine::key_of(record.marks));
    if (found == unnamed_.end() || found->second == 0) return false;
    --found->second;
    return true;
}

std::string stray_line(StrayTask const& stray) {
    auto const at = stray.created_at == WallTime() ? std::string("(no time)")
                                                   : format_rfc3339(stray.created_at);
    auto const id = stray.id.empty() ? std::string("(no id)") : stray.id;
    auto line = fmt::format("{}  {}  {}  {} {}", id, at, stray.state, stray.action,
                            cut(stray.prompt, stray_prompt_columns_max));
    if (!stray.step.empty()) line += fmt::format("  [{} heard that it failed]", stray.step);
    if (!stray.account.empty()) line += fmt::format("  [account {}]", stray.account);
    return printable(line);
}

std::string audit_text(Audit const& audit) {
    std::string text;
    for (auto const& stray : audit.strays) text += stray_line(stray) + '\n';
    if (audit.all > audit.strays.size())
        text += fmt::format("and {} more\n", audit.all - audit.strays.size());
    text += fmt::format("{}: {} of {} in the run's time {} to no step\n",
                        printable(audit.directory), audit.all, counted(audit.records, "task"),
                        audit.all == 1 ? "belongs" : "belong");
    return text;
}

json::Value to_json(Audit const& audit) {
    json::Array tasks;
    for (auto const& stray : audit.strays) tasks.push_back(to_json(stray));
    json::Array gaps;
    for (auto const& gap : audit.gaps) gaps.emplace_back(gap);
    json::Value out;
    out.set("directory", audit.directory);
    out.set("records", audit.records);
    out.set("strays", audit.all);
    out.set("tasks", std::move(tasks));
    out.set("gaps", std::move(gaps));
    return out;
}

} // namespace darkroom::report
