#include "runner/studio/replay_book.hpp"

#include "runner/base/whole_file.hpp"
#include "runner/studio/http/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace darkroom::studio {

namespace {

/// Fits a picture of 16 MiB in base64, or lines as long, escaped.
constexpr json::ReadLimits line_limits{64u << 20};
constexpr std::string_view host_path = "/__replay/";
constexpr std::string_view listing_path = "/midjourney/tasks";

Error unusable(std::string const& path, std::string const& why) {
    return {Errc::bad_recording, path + ": " + why};
}

/// Returns a body without the callback's address, which differs in every run.
std::string asked_for(std::string const& body) {
    auto value = json::read(body, line_limits);
    if (!value) return body;
    value->erase("callback_url");
    return json::write_canonical(*value);
}

/// Splits a URL into "https://host:port" and the rest.
std::pair<std::string, std::string> halves_of(std::string const& url) {
    auto const host = url.find("://");
    auto const slash = host == std::string::npos ? host : url.find('/', host + 3);
    if (slash == std::string::npos) return {url, "/"};
    return {url.substr(0, slash), url.substr(slash)};
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
}

std::string escaped(std::string text) {
    replace_all(text, "/", "\\/");
    return text;
}

bool may_repeat(std::string_view method, std::string_view target) {
    return method == "GET" || target.ends_with(listing_path);
}

} // namespace

Result<ReplayBook> ReplayBook::open(std::string const& path) {
    ReplayBook book;
    book.path_ = path;
    book.file_.open(path, std::ios::binary);
    if (!book.file_) return system_error_of(errno, "reading the recording " + path);
    TRY(book.read_all());
    return book;
}

Result<> ReplayBook::read_all() {
    std::string line;
    std::streamoff offset = 0;
    for (std::size_t number = 1;; ++number) {
        auto const end = read_line(file_, line, line_limits.bytes);
        if (end == LineEnd::end_of_file) break; // the recording may have ended in the middle of it
        auto const value = json::read(line, line_limits);
        bool const is_first = number == 1;
        bool const is_whole = end == LineEnd::found && value.has_value();
        if (!is_whole || (is_first && value->integer("darkroom_recording") != 1))
            return unusable(path_, fmt::format("line {} is not of a recording by 'darkroom run "
                                               "--record'",
                                               number));
        auto const added = is_first ? Result<>() : add(*value, offset);
        if (!added)
            return unusable(path_, fmt::format("line {}: {}", number, added.error().detail));
        offset += static_cast<std::streamoff>(line.size()) + 1;
    }
    if (offset == 0) return unusable(path_, "there is nothing in it");
    std::sort(entries_.begin(), entries_.end(),
              [](Entry const& a, Entry const& b) { return a.number < b.number; });
    return {};
}

Result<> ReplayBook::add(json::Value const& line, std::streamoff offset) {
    auto const url = line.text("url");
    if (!url || !line.text("method")) return Error(Errc::bad_recording, "no 'url' or 'method'");
    Entry entry;
    auto [origin, target] = halves_of(*url);
    entry.number = static_cast<std::uint64_t>(line.integer("n").value_or(0));
    entry.method = *line.text("method");
    entry.host = host_of(origin);
    entry.target = std::move(target);
    entry.body = asked_for(line.text("body").value_or(""));
    entry.offset = offset;
    entries_.push_back(std::move(entry));
    return {};
}

std::size_t ReplayBook::host_of(std::string const& origin) {
    auto const found = std::find(hosts_.begin(), hosts_.end(), origin);
    if (found != hosts_.end()) return static_cast<std::size_t>(found - hosts_.begin());
    hosts_.push_back(origin);
    return hosts_.size() - 1;
}

/// Prefers, in this order: an unused exchange of exactly this request; for /tasks, whose times and
/// batches differ between runs, an unused one of any body; the last that fits.
ReplayBook::Entry* ReplayBook::find(Entry const& wanted) {
    Entry* any = nullptr;
    Entry* last = nullptr;
    bool const tasks = wanted.target.ends_with(listing_path);
    for (auto& entry : entries_) {
        bool const near = entry.method == wanted.method && entry.target == wanted.target &&
                          (wanted.host == hosts_.size() || entry.host == wanted.host);
        bool const same = near && entry.body == wanted.body;
        if (same && !entry.used) return &entry;
        if (near && tasks && !entry.used && any == nullptr) any = &entry;
        if (same || (near && tasks)) last = &entry;
    }
    if (any != nullptr) return any;
    return may_repeat(wanted.method, wanted.target) ? last : nullptr;
}

Result<std::optional<json::Value>> ReplayBook::take(http::Request const& request) {
    std::string target = request.path;
    if (!request.query.empty()) target += "?" + request.query;
    Entry wanted{0, request.method, hosts_.size(), "", "", 0, false};
    if (target.starts_with(host_path)) {
        auto const* begin = target.data() + host_path.size();
        auto const read = std::from_chars(begin, target.data() + target.size(), wanted.host);
        if (read.ec == std::errc())
            target.erase(0, static_cast<std::size_t>(read.ptr - target.data()));
    }
    wanted.target = std::move(target);
    auto body = request.body;
    auto const mark = body.find(host_path); // links of earlier answers are restored
    if (mark != std::string::npos)
        for (std::size_t i = hosts_.size(); i-- > 0;) {
            auto const ours = fmt::format("http://{}{}{}", request.header("host"), host_path, i);
            replace_all(body, ours, hosts_[i]);
        }
    wanted.body = asked_for(body);
    auto* const found = find(wanted);
    if (found == nullptr) return std::optional<json::Value>();
    found->used = true;
    file_.clear();
    file_.seekg(found->offset);
    std::string line;
    read_line(file_, line, line_limits.bytes);
    auto value = json::read(line, line_limits);
    if (!value) return unusable(path_, "the file has changed while it was played");
    return std::optional<json::Value>(std::move(*value));
}

std::string ReplayBook::with_links_to(std::string const& base, std::string text) const {
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
        auto const ours = fmt::format("{}{}{}", base, host_path, i);
        replace_all(text, hosts_[i] + "/", ours + "/");
        replace_all(text, escaped(hosts_[i] + "/"), escaped(ours + "/"));
    }
    return text;
}

} // namespace darkroom::studio
