// Fault scripts as data. Every key is checked: a typing error must not disable a test silently.
#include "runner/base/text.hpp"
#include "runner/studio/faults/faults.hpp"
#include "runner/studio/faults/named.hpp"
#include "runner/studio/http/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace darkroom::studio {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t pad_max = 64u << 20;

constexpr std::array<Named<FaultKind>, 23> kinds{{
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
    {"change", FaultKind::change},
    {"false_fail", FaultKind::false_fail},
    {"hide", FaultKind::hide},
    {"list", FaultKind::list},
}};

constexpr std::array<Named<FaultTarget>, 12> targets{{
    {"any", FaultTarget::any},
    {"imagine", FaultTarget::imagine},
    {"edits", FaultTarget::edits},
    {"videos", FaultTarget::videos},
    {"text", FaultTarget::text},
    {"callback", FaultTarget::callback},
    {"tasks", FaultTarget::tasks},
    {"file", FaultTarget::file},
    {"listing", FaultTarget::listing},
    {"record", FaultTarget::record},
    {"listed", FaultTarget::listed},
    {"found", FaultTarget::found},
}};

constexpr std::array<Named<ListOrder>, 3> orders{{
    {"newest_first", ListOrder::newest_first},
    {"oldest_first", ListOrder::oldest_first},
    {"shuffled", ListOrder::shuffled},
}};

/// Members of a listing's request that `ignore` may name.
constexpr std::array<std::string_view, 7> ignorable{
    "offset", "limit", "type", "created_at_min", "created_at_max", "user_id", "application_id"};

constexpr std::array<std::string_view, 18> keys{
    "do",      "on",          "prompt",      "action", "nth",     "count",
    "share",   "after_lines", "after_bytes", "bytes",  "time",    "status",
    "headers", "body",        "retry_after", "code",   "message", "retry_after_date"};
constexpr std::array<std::string_view, 7> change_keys{"set",   "drop", "rename", "show",
                                                      "shift", "pad",  "line"};
constexpr std::array<std::string_view, 5> list_keys{"newest", "page", "ignore", "order", "late"};
constexpr std::array<std::string_view, 2> record_keys{"times", "within"};

template <std::size_t N>
bool has(std::array<std::string_view, N> const& list, std::string_view word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

/// Returns where a kind may strike, if not where this rule says; else nothing.
std::string_view misplaced(FaultKind kind, FaultTarget on) {
    constexpr std::string_view records = "record, listed or found";
    if (kind == FaultKind::hide) return is_record(on) ? "" : records;
    if (kind == FaultKind::list) return on == FaultTarget::listing ? "" : "listing";
    if (kind == FaultKind::change) return on == FaultTarget::file ? "anything but file" : "";
    bool const says_an_end = on != FaultTarget::any && on != FaultTarget::tasks &&
                             on != FaultTarget::listing && on != FaultTarget::file;
    if (kind == FaultKind::false_fail)
        return says_an_end ? "" : "imagine, edits, videos, text, callback or a record";
    return is_record(on) ? "requests and callbacks" : "";
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
        check_place(rule);
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
        fault.code = value_.text("code").value_or("api_error");
        bool const late = fault.kind == FaultKind::false_fail && fault.code == "timeout";
        auto const failure = late ? 504u : 500u;
        auto const status = fault.kind == FaultKind::expired ? 403u : failure;
        fault.status =
            static_cast<int>(std::min<std::uint64_t>(whole("status").value_or(status), 599));
        if (fault.status < 200) refuse("status", "'status' is from 200 to 599");
        fault.body = text("body");
        fault.message = value_.text("message").value_or("the generation failed");
        fault.retry_after = time("retry_after");
        fault.retry_after_as_date = value_.boolean("retry_after_date").value_or(false);
        headers(fault.headers);
        fault.times = whole("times").value_or(0);
        fault.within = time("within");
        if (fault.kind == FaultKind::change) fault.change = change();
        fault.line = whole("line");
        if (fault.line == 0u) refuse("line", "'line' is counted from 1");
        if (fault.kind == FaultKind::list) fault.listing = listing();
        return fault;
    }

    Change change() {
        Change change;
        change.drop = list("drop");
        for (auto const& [path, value] : members("set")) change.set.emplace_back(path, value);
        for (auto const& [path, value] : members("rename"))
            change.rename.emplace_back(path, value.text().value_or(""));
        for (auto const& [path, value] : members("show")) show(path, value, change);
        auto text = this->text("shift");
        bool const back = text.starts_with('-');
        auto const by = parse_duration(back ? text.substr(1) : text);
        if (!text.empty() && !by) refuse("shift", "'shift' is a time such as \"8h\" or \"-10m\"");
        change.shift = back ? -by.value_or(Duration()) : by.value_or(Duration());
        change.pad = whole("pad").value_or(0);
        if (change.pad > pad_max) refuse("pad", fmt::format("'pad' is at most {}", pad_max));
        if (change.empty() && value_.find("headers") == nullptr)
            refuse("do", "nothing is changed; say set, drop, rename, show, shift, pad or headers");
        return change;
    }

    /// Reads a form or a list of forms, which are taken one after the other.
    void show(std::string const& path, json::Value const& value, Change& into) {
        auto const* several = value.array();
        auto const forms = several == nullptr ? json::Array{value} : *several;
        for (auto const& each : forms) {
            auto const name = each.text().value_or("");
            auto const form = form_named(name);
            if (!form) refuse("show", "'show': " + unknown_form(name));
            into.show.emplace_back(path, form.value_or(Form::text));
        }
    }

    ListingFault listing() {
        ListingFault listing;
        listing.newest = whole("newest");
        listing.page = whole("page");
        listing.ignore = list("ignore");
        for (auto const& each : listing.ignore)
            if (!has(ignorable, each))
                refuse("ignore", fmt::format("'ignore': '{}' is not known{}", each,
                                             did_you_mean(each, ignorable)));
        listing.order = name("order", orders).value_or(ListOrder::newest_first);
        listing.late = time("late").value_or(Duration::zero());
        return listing;
    }

    /// Reads a text or a list of texts.
    std::vector<std::string> list(std::string_view key) {
        auto const* given = value_.find(key);
        if (given == nullptr) return {};
        if (given->is_string()) return {*given->string()};
        auto texts = value_.texts(key);
        if (given->array() == nullptr || texts.size() != given->array()->size())
            refuse(key, fmt::format("'{}' is a list of texts", key));
        return texts;
    }

    json::Object members(std::string_view key) {
        auto const* given = value_.find(key);
        if (given == nullptr) return {};
        if (given->is_object()) return *given->object();
        refuse(key, fmt::format("'{}' is an object", key));
        return {};
    }

    void check_place(FaultRule const& rule) {
        auto const allowed = misplaced(rule.fault.kind, rule.target);
        auto const kind = text("do");
        if (!allowed.empty()) refuse("on", fmt::format("'{}' is only for {}", kind, allowed));
        for (auto const& member : *value_.object()) {
            std::string_view const key = member.first;
            if (has(change_keys, key) && rule.fault.kind != FaultKind::change)
                refuse(key, fmt::format("'{}' is only for do: change", key));
            if (has(list_keys, key) && rule.fault.kind != FaultKind::list)
                refuse(key, fmt::format("'{}' is only for do: list", key));
            if (has(record_keys, key) && !is_record(rule.target))
                refuse(key, fmt::format("'{}' is only for on: record, listed or found", key));
        }
    }

    void headers(http::Headers& into) {
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
        std::vector<std::string_view> known(keys.begin(), keys.end());
        known.insert(known.end(), change_keys.begin(), change_keys.end());
        known.insert(known.end(), list_keys.begin(), list_keys.end());
        known.insert(known.end(), record_keys.begin(), record_keys.end());
        for (auto const& member : *value_.object()) {
            std::string_view const key = member.first;
            if (std::find(known.begin(), known.end(), key) != known.end()) continue;
            refuse(key, fmt::format("unknown key '{}'{}", key, did_you_mean(key, known)));
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
