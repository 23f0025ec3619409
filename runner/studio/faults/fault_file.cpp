// Fault scripts as data. Every key is checked: a typing error must not disable a test silently.
#include "runner/base/text.hpp"
#include "runner/studio/faults/faults.hpp"
#include "runner/studio/http/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace darkroom::studio {

namespace {

using namespace std::chrono_literals;

template <class T>
struct Named {
    std::string_view name;
    T value;
};

constexpr std::array<Named<FaultKind>, 19> kinds{{
    {"reset_before", FaultKind::reset_before},
    {"reset_after", FaultKind::reset_after},
    {"cut", FaultKind::cut},
    {"end", FaultKind::end},
    {"stall", FaultKind::stall},
    {"status", FaultKind::status},
    {"status_after", FaultKind::status_after},
    {"fail", FaultKind::fail},
    {"dribble", FaultKind::dribble},
    {"long_line", FaultKind::long_line},
    {"short_body", FaultKind::short_body},
    {"corrupt", FaultKind::corrupt},
    {"html", FaultKind::html},
    {"empty", FaultKind::empty},
    {"wrong_size", FaultKind::wrong_size},
    {"redirect_loop", FaultKind::redirect_loop},
    {"lost", FaultKind::lost},
    {"doubled", FaultKind::doubled},
    {"expired", FaultKind::expired},
}};

constexpr std::array<Named<FaultTarget>, 8> targets{{
    {"any", FaultTarget::any},
    {"imagine", FaultTarget::imagine},
    {"edits", FaultTarget::edits},
    {"videos", FaultTarget::videos},
    {"text", FaultTarget::text},
    {"callback", FaultTarget::callback},
    {"tasks", FaultTarget::tasks},
    {"file", FaultTarget::file},
}};

constexpr std::array<std::string_view, 17> keys{
    "do",      "on",          "prompt",      "action", "nth",    "count",
    "share",   "after_lines", "after_bytes", "bytes",  "time",   "status",
    "headers", "body",        "retry_after", "code",   "message"};
constexpr std::string_view date_key = "retry_after_date";

template <class T, std::size_t N>
std::optional<T> by_name(std::array<Named<T>, N> const& table, std::string_view name) {
    auto const found =
        std::find_if(table.begin(), table.end(), [&](auto const& row) { return row.name == name; });
    if (found == table.end()) return std::nullopt;
    return found->value;
}

template <class T, std::size_t N>
std::string unknown_name(std::array<Named<T>, N> const& table, std::string_view name) {
    std::vector<std::string_view> names;
    for (auto const& row : table) names.push_back(row.name);
    return fmt::format("'{}' is not known{}", name, did_you_mean(name, names));
}

/// Reads one rule's members; keeps the first error.
class RuleReader {
public:
    RuleReader(json::Value const& value, std::size_t number, FaultLocator const& locate)
        : value_(value), number_(number), locate_(locate) {}

    Result<FaultRule> read() {
        if (!value_.is_object()) return wrong("", "a rule is an object");
        check_keys();
        FaultRule rule;
        rule.target = name("on", targets).value_or(FaultTarget::any);
        rule.prompt = text("prompt");
        rule.action = text("action");
        rule.nth = whole("nth").value_or(0);
        rule.count = whole("count").value_or(0);
        rule.share = value_.number("share").value_or(1);
        rule.fault = fault();
        if (!(rule.share >= 0 && rule.share <= 1)) refuse("share", "'share' is from 0 to 1");
        if (failure_) return *failure_;
        return rule;
    }

private:
    Fault fault() {
        Fault fault;
        auto const kind = name("do", kinds);
        if (!kind) refuse("do", "'do' says what goes wrong; it is missing");
        fault.kind = kind.value_or(FaultKind::cut);
        fault.after_lines = whole("after_lines");
        fault.after_bytes = whole("after_bytes");
        fault.bytes = whole("bytes").value_or(fault.kind == FaultKind::long_line ? 3u << 20 : 1);
        auto const stall = fault.kind == FaultKind::stall ? Duration(10min) : Duration(10ms);
        fault.time = time("time").value_or(stall);
        auto const status = fault.kind == FaultKind::expired ? 403u : 500u;
        fault.status =
            static_cast<int>(std::min<std::uint64_t>(whole("status").value_or(status), 599));
        if (fault.status < 200) refuse("status", "'status' is from 200 to 599");
        fault.body = text("body");
        fault.code = value_.text("code").value_or("api_error");
        fault.message = value_.text("message").value_or("the generation failed");
        fault.retry_after = time("retry_after");
        fault.retry_after_as_date = value_.boolean(date_key).value_or(false);
        headers(fault.headers);
        return fault;
    }

    void headers(Headers& into) {
        auto const* given = value_.find("headers");
        if (given == nullptr) return;
        if (!given->is_object()) return refuse("headers", "'headers' is an object of texts");
        for (auto const& [key, value] : *given->object()) {
            auto const content = value.text().value_or("");
            if (content.find_first_of("\r\n") != std::string::npos ||
                key.find_first_of("\r\n: ") != std::string::npos)
                return refuse("headers", "header '" + key + "' would break the message");
            into.push_back({to_lower(key), content});
        }
    }

    void check_keys() {
        for (auto const& member : *value_.object()) {
            std::string_view const key = member.first;
            if (key == date_key || std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
            refuse(key, fmt::format("unknown key '{}'{}", key, did_you_mean(key, keys)));
        }
    }

    std::string text(std::string_view key) { return value_.text(key).value_or(std::string()); }

    std::optional<std::uint64_t> whole(std::string_view key) {
        if (value_.find(key) == nullptr) return std::nullopt;
        auto const number = value_.integer(key);
        if (!number || *number < 0) refuse(key, fmt::format("'{}' is a whole number from 0", key));
        return static_cast<std::uint64_t>(std::max<std::int64_t>(number.value_or(0), 0));
    }

    std::optional<Duration> time(std::string_view key) {
        auto const given = value_.text(key);
        if (!given) return std::nullopt;
        auto const length = parse_duration(*given);
        if (!length) refuse(key, fmt::format("'{}' is a time such as \"250ms\" or \"3s\"", key));
        return length;
    }

    template <class T, std::size_t N>
    std::optional<T> name(std::string_view key, std::array<Named<T>, N> const& table) {
        auto const given = value_.text(key);
        if (!given) return std::nullopt;
        auto const found = by_name(table, *given);
        if (!found) refuse(key, fmt::format("'{}': {}", key, unknown_name(table, *given)));
        return found;
    }

    void refuse(std::string_view key, std::string const& what) {
        if (!failure_) failure_ = wrong(key, what);
    }

    Error wrong(std::string_view key, std::string const& what) const {
        auto const where = locate_ ? locate_(number_, key) + ": " : std::string();
        return {Errc::bad_fault_script, fmt::format("{}fault {}: {}", where, number_ + 1, what)};
    }

    json::Value const& value_;
    std::size_t number_;
    FaultLocator const& locate_;
    std::optional<Error> failure_;
};

} // namespace

Result<FaultScript> read_fault_script(json::Value const& value, FaultLocator const& locate) {
    auto const* list = value.find("faults");
    if (list == nullptr || !list->is_array())
        return Error(Errc::bad_fault_script, "the script has no list 'faults'");
    std::vector<FaultRule> rules;
    for (auto const& item : *list->array()) {
        auto rule = RuleReader(item, rules.size(), locate).read();
        if (!rule) return rule.error();
        rules.push_back(std::move(*rule));
    }
    auto const seed = static_cast<std::uint64_t>(value.integer("seed").value_or(1));
    return FaultScript(std::move(rules), seed);
}

} // namespace darkroom::studio
