// A recording, and which of its answers belongs to a request.
#pragma once

#include "runner/base/json.hpp"
#include "runner/http/exchange.hpp"

#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::studio {

/// The exchanges of a file that `run --record` has made. Only their keys are in memory; the rest is
/// read from the file when it is played.
class ReplayBook {
public:
    /// Errors: the system's; Errc::bad_recording with file and line.
    static Result<ReplayBook> open(std::string const& path);

    /// Returns the next exchange that was recorded for this request: same method, address and body,
    /// the callback's address left out. Pages of /tasks and files may be requested more often than
    /// in the recording; the last one is then repeated. Returns nothing when there is none.
    /// Errors: the file has changed.
    Result<std::optional<json::Value>> take(http::Request const& request);

    /// Returns the text of an answer with its links leading to `base`, so that no other host is
    /// contacted.
    std::string with_links_to(std::string const& base, std::string text) const;

    std::size_t size() const { return entries_.size(); }

private:
    struct Entry {
        std::uint64_t number = 0;
        std::string method;
        std::size_t host = 0; ///< Index into hosts_.
        std::string target;
        std::string body; ///< Canonical, without a callback's address.
        std::streamoff offset = 0;
        bool used = false;
    };

    Result<> read_all();
    Result<> add(json::Value const& line, std::streamoff offset);
    std::size_t host_of(std::string const& origin);
    Entry* find(Entry const& wanted);

    std::string path_;
    std::ifstream file_;
    std::vector<std::string> hosts_; ///< "https://host:port", as the answers' links begin.
    std::vector<Entry> entries_;     ///< In the order of their beginning.
};

} // namespace darkroom::studio
