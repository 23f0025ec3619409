#include "runner/studio/tasks/ledger.hpp"

#include "runner/base/sha256.hpp"

namespace darkroom::studio {

namespace {

constexpr std::size_t entries_max = 200'000;
constexpr std::size_t request_max = 8u << 10;

json::Value entry_json(LedgerEntry const& entry) {
    json::Value value;
    value.set("task_id", entry.task_id);
    value.set("request", entry.request);
    if (!entry.account.empty()) value.set("account", entry.account);
    value.set("answered", entry.answered);
    value.set("charges", static_cast<std::uint64_t>(entry.charges));
    value.set("failed", entry.failed);
    value.set("downloads", static_cast<std::uint64_t>(entry.downloads));
    return value;
}

json::Value totals_json(LedgerTotals const& totals) {
    json::Value value;
    value.set("accepted", totals.accepted);
    value.set("charged", totals.charged);
    value.set("failed", totals.failed);
    value.set("answered", totals.answered);
    value.set("files", totals.files);
    value.set("file_bytes", totals.file_bytes);
    return value;
}

} // namespace

void Ledger::asked(std::string const& path_kind, int status) { ++requests_[path_kind][status]; }

void Ledger::accepted(std::string const& task_id, json::Value const& request) {
    ++totals_.accepted;
    auto text = json::write_canonical(request);
    if (text.size() > request_max) text = "sha256:" + to_hex(sha256(text));
    index_[task_id] = dropped_ + entries_.size();
    LedgerEntry entry;
    entry.task_id = task_id;
    entry.request = std::move(text);
    entries_.push_back(std::move(entry));
    if (entries_.size() <= entries_max) return;
    index_.erase(entries_.front().task_id);
    entries_.pop_front();
    ++dropped_;
}

LedgerEntry* Ledger::find(std::string const& task_id) {
    auto const found = index_.find(task_id);
    return found == index_.end() ? nullptr : &entries_[found->second - dropped_];
}

void Ledger::assigned(std::string const& task_id, std::string account) {
    if (auto* entry = find(task_id)) entry->account = std::move(account);
}

void Ledger::answered(std::string const& task_id) {
    ++totals_.answered;
    if (auto* entry = find(task_id)) entry->answered = true;
}

void Ledger::charged(std::string const& task_id) {
    ++totals_.charged;
    if (auto* entry = find(task_id)) ++entry->charges;
}

void Ledger::failed(std::string const& task_id) {
    ++totals_.failed;
    if (auto* entry = find(task_id)) entry->failed = true;
}

void Ledger::served(std::string const& task_id, std::uint64_t bytes, bool whole) {
    totals_.file_bytes += bytes;
    if (!whole) return;
    ++totals_.files;
    if (auto* entry = find(task_id)) ++entry->downloads;
}

std::uint64_t Ledger::requests(std::string const& path_kind) const {
    auto const found = requests_.find(path_kind);
    std::uint64_t sum = 0;
    if (found == requests_.end()) return sum;
    for (auto const& [status, count] : found->second) sum += count;
    return sum;
}

json::Value Ledger::to_json() const {
    json::Value by_path{json::Object()};
    for (auto const& [path, counts] : requests_) {
        json::Value by_status;
        for (auto const& [status, count] : counts) by_status.set(std::to_string(status), count);
        by_path.set(path, std::move(by_status));
    }
    json::Array list;
    for (auto const& entry : entries_) list.push_back(entry_json(entry));
    json::Value value;
    value.set("totals", totals_json(totals_));
    value.set("requests", std::move(by_path));
    value.set("entries", std::move(list));
    return value;
}

} // namespace darkroom::studio
