// The service's own count of requests, charges and downloads, which tests compare with the
// runner's.
#pragma once

#include "runner/base/json.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>

namespace darkroom::studio {

/// One accepted request, which is one task.
struct LedgerEntry {
    std::string task_id;
    std::string request;    ///< Canonical JSON; above 8 KiB "sha256:…" of it.
    std::string account;    ///< The account that did it; empty without accounts.
    bool answered = false;  ///< The client has received the whole outcome (or acknowledgement).
    unsigned charges = 0;   ///< 1 after a success. More would be a defect of the service.
    bool failed = false;    ///< Ended without a charge.
    unsigned downloads = 0; ///< Files of it sent whole, previews and thumbnails included.
};

/// Sums over everything, also over entries that were dropped.
struct LedgerTotals {
    std::uint64_t accepted = 0;
    std::uint64_t charged = 0;
    std::uint64_t failed = 0;
    std::uint64_t answered = 0;
    std::uint64_t files = 0;      ///< File answers sent whole.
    std::uint64_t file_bytes = 0; ///< Bytes of files sent, cut ones included.
};

/// Append-only; keeps the newest 200,000 entries.
class Ledger {
public:
    /// Counts any request by its path's kind ("/midjourney/imagine", "/files") and the answer's
    /// status; 0: closed without an answer.
    void asked(std::string const& path_kind, int status);
    void accepted(std::string const& task_id, json::Value const& request);
    void assigned(std::string const& task_id, std::string account);
    void answered(std::string const& task_id);
    void charged(std::string const& task_id);
    void failed(std::string const& task_id);
    /// Counts a file's answer. `whole`: all requested bytes were sent.
    void served(std::string const& task_id, std::uint64_t bytes, bool whole);

    LedgerTotals const& totals() const { return totals_; }
    /// Returns the number of requests of a path kind.
    std::uint64_t requests(std::string const& path_kind) const;
    std::deque<LedgerEntry> const& entries() const { return entries_; }
    /// Returns `{"totals": {…}, "requests": {path: {status: n}}, "entries": […]}`.
    json::Value to_json() const;

private:
    LedgerEntry* find(std::string const& task_id);

    LedgerTotals totals_;
    std::map<std::string, std::map<int, std::uint64_t>> requests_;
    std::deque<LedgerEntry> entries_;
    std::uint64_t dropped_ = 0;                            // entries_[i] is number dropped_ + i
    std::unordered_map<std::string, std::uint64_t> index_; // task id to number
};

} // namespace darkroom::studio
