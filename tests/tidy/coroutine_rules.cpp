// Rule R1 of docs/coroutines.md: an await stands in a statement of the form
// `[type name =] co_await callee(names, std::move(names), calls());`
// GCC 12 compiles most other shapes without a warning into a program that crashes.
#include "tests/tidy/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>

namespace darkroom::tidy {

namespace {

constexpr std::string_view blanks = " \t\n";

std::string_view trimmed(std::string_view text) {
    auto const from = text.find_first_not_of(blanks);
    if (from == std::string_view::npos) return {};
    return text.substr(from, text.find_last_not_of(blanks) - from + 1);
}

bool ends_with_word(std::string_view text, std::string_view word) {
    return text.ends_with(word) && is_word_at(text, text.size() - word.size(), word);
}

bool starts_with_word(std::string_view text, std::string_view word) {
    return is_word_at(text, 0, word);
}

/// Returns the name directly before an open parenthesis: "if", "switch", "send", …
std::string_view name_before(std::string_view code, std::size_t parenthesis) {
    auto head = trimmed(code.substr(0, parenthesis));
    if (ends_with_word(head, "constexpr")) head = trimmed(head.substr(0, head.size() - 9));
    auto begin = head.size();
    while (begin > 0 && (std::isalnum(static_cast<unsigned char>(head[begin - 1])) != 0 ||
                         head[begin - 1] == '_'))
        --begin;
    return head.substr(begin);
}

bool is_condition(std::string_view word) {
    return word == "if" || word == "while" || word == "for" || word == "switch";
}

/// True when the brace at `at` opens a block rather than a value, judged by the text before it.
bool opens_block(std::string_view code, std::size_t at) {
    auto const previous = code.find_last_of(";{}", at == 0 ? 0 : at - 1);
    auto const from = previous == std::string_view::npos || previous >= at ? 0 : previous + 1;
    auto const head = trimmed(code.substr(from, at - from));
    if (head.empty() || head.ends_with(')') || head.ends_with(':')) return true;
    for (auto const word :
         {"else", "try", "do", "const", "noexcept", "mutable", "override", "final"})
        if (ends_with_word(head, word)) return true;
    auto const arrow = head.rfind("->"); // the return type of a lambda
    auto const close = head.rfind(')');
    return arrow != std::string_view::npos && close != std::string_view::npos && close < arrow;
}

/// The surroundings of an await.
struct Place {
    std::size_t begin = 0;      ///< Offset of its statement.
    std::size_t end = 0;        ///< At the ';' that ends it.
    std::string_view condition; ///< "if", "while", … or "" outside conditions.
    bool inside_call = false;   ///< Within the parentheses of something else.
    bool inside_braces = false; ///< Within a braced value, on either side.
};

/// Walks back from the await to the start of its statement.
class Backward {
public:
    Backward(std::string_view code, std::size_t await) : code_(code), at_(await) {}

    Place run() {
        while (at_ > 0 && step(code_[at_ - 1])) --at_;
        place_.begin = at_;
        return place_;
    }

private:
    /// False at the start of the statement.
    bool step(char c) {
        if (c == ')') return close_parenthesis();
        if (c == '(') return open_parenthesis();
        if (c == '{') return open_brace();
        if (c == '}') return close_brace();
        return c != ';' || depth_ + braces_ > 0 || is_in_for_header();
    }

    bool close_parenthesis() {
        // At the statement's own level it may end `if (…)`: then the statement begins here.
        if (depth_ + braces_ == 0 && outward_ == 0 && is_condition(name_before_match()))
            return false;
        ++depth_;
        return true;
    }

    bool open_parenthesis() {
        if (depth_ > 0) {
            --depth_;
            return true;
        }
        ++outward_;
        place_.inside_call = true;
        auto const word = name_before(code_, at_ - 1);
        if (is_condition(word)) place_.condition = word;
        return place_.condition.empty();
    }

    bool open_brace() {
        if (braces_ > 0) {
            --braces_;
            return true;
        }
        if (opens_block(code_, at_ - 1)) return false;
        place_.inside_braces = true;
        return true;
    }

    bool close_brace() {
        auto const next = code_.find_first_not_of(blanks, at_);
        bool const is_value =
            next != std::string_view::npos &&
            std::string_view(",).+-*/|&=<>").find(code_[next]) != std::string_view::npos;
        if (depth_ + braces_ + outward_ == 0 && !is_value) return false; // the block before
        ++braces_;
        place_.inside_braces = true;
        return true;
    }

    /// True when the ';' before this point is one of those in `for (…; …; …)`.
    bool is_in_for_header() const {
        std::size_t level = 0;
        for (std::size_t i = at_; i-- > 0 && code_[i] != '{' && code_[i] != '}';) {
            if (code_[i] == ')') ++level;
            if (code_[i] == '(' && level-- == 0) return name_before(code_, i) == "for";
        }
        return false;
    }

    std::string_view name_before_match() const {
        std::size_t level = 0;
        for (std::size_t i = at_; i-- > 0;) {
            if (code_[i] == ')') ++level;
            if (code_[i] == '(' && --level == 0) return name_before(code_, i);
        }
        return {};
    }

    std::string_view code_;
    std::size_t at_;
    std::size_t depth_ = 0;   // parentheses that closed and have not opened yet
    std::size_t braces_ = 0;  // braces that closed and have not opened yet
    std::size_t outward_ = 0; // parentheses around the await
    Place place_;
};

/// Walks forward to the end of the statement and notes braces.
void find_end(std::string_view code, std::size_t await, Place& place) {
    int depth = 0;
    for (place.end = await; place.end < code.size(); ++place.end) {
        char const c = code[place.end];
        // The block after `if (…)` is not part of the statement.
        if (depth < 0 && c == '{' && !place.condition.empty()) return;
        if (c == ';' && depth <= 0) return;
        if (c == '(' || c == '{') ++depth;
        if (c == ')' || c == '}') --depth;
        if (c == '{') place.inside_braces = true;
        if (c == '}' && depth < 0 && !place.inside_braces) return;
    }
}

/// `co_await asio::this_coro::…` never suspends, and may stand anywhere.
bool asks_the_coroutine(std::string_view operand) {
    for (auto const prefix : {"boost::", "asio::"})
        if (operand.starts_with(prefix)) operand.remove_prefix(std::string_view(prefix).size());
    return operand.starts_with("this_coro::");
}

/// True when only a variable for the result, or co_return, stands before the await.
bool stands_alone(std::string_view prefix) {
    prefix = trimmed(prefix);
    if (prefix.empty() || prefix.ends_with(':') || prefix == "(void)") return true;
    for (auto const word : {"co_return", "else", "do"})
        if (ends_with_word(prefix, word))
            return prefix == word || word != std::string_view("co_return");
    if (!prefix.ends_with('=') || prefix.size() < 2) return false;
    return std::string_view("=!<>+-*/|&^%").find(prefix[prefix.size() - 2]) ==
           std::string_view::npos;
}

/// Returns the problem with the await at this offset, or "".
std::optional<std::string_view> await_objection(std::string_view code, std::size_t await) {
    auto const operand = trimmed(code.substr(await + std::string_view("co_await").size()));
    if (operand.starts_with("true") || operand.starts_with("false"))
        return "co_await of a bool sets a flag; use co_await this_coro::throw_if_cancelled(…)";
    auto place = Backward(code, await).run();
    find_end(code, await, place);
    auto const statement = code.substr(place.begin, place.end - place.begin);
    if (!place.condition.empty()) return "co_await in a condition; use a const local and test that";
    if (starts_with_word(trimmed(statement), "throw"))
        return "co_await in a throw; use two statements";
    if (place.inside_braces) {
        bool const lambda = statement.find('[') != std::string_view::npos &&
                            statement.find("](") != std::string_view::npos;
        if (lambda) return "a lambda in the await's statement; use a named one and std::move";
        return "braces in the await's statement; use a named object and std::move";
    }
    if (statement.find('?') != std::string_view::npos)
        return "?: in the await's statement; use if and else";
    if (asks_the_coroutine(operand)) return std::nullopt;
    if (place.inside_call) return "co_await among arguments; use a named local for its result";
    if (!stands_alone(code.substr(place.begin, await - place.begin)))
        return "co_await in an expression; use a named local for its result";
    return std::nullopt;
}

/// True when the parameter list of a coroutine has a reference that binds to a temporary without a
/// warning. A view is allowed: its type says that it borrows, as a buffer's does.
std::optional<std::string_view> borrowed(std::string_view parameters) {
    for (auto const kind : {"string const&", "path const&", "&&"})
        if (parameters.find(kind) != std::string_view::npos) return kind;
    for (auto const container : {"vector<", "map<", "optional<", "function<"}) {
        auto const at = parameters.find(container);
        if (at == std::string_view::npos) continue;
        auto const next =
            std::min(parameters.find(',', parameters.find('>', at)), parameters.size());
        if (parameters.substr(at, next - at).find("const&") != std::string_view::npos)
            return container;
    }
    return std::nullopt;
}

/// Returns the offset after the '>' that closes the '<' at `open`.
std::size_t after_angle(std::string_view code, std::size_t open) {
    std::size_t level = 0;
    for (auto at = open; at < code.size(); ++at) {
        if (code[at] == '<') ++level;
        if (code[at] == '>' && --level == 0) return at + 1;
        if (code[at] == ';' || code[at] == '{') break;
    }
    return std::string_view::npos;
}

/// Returns the parameter list of the coroutine whose return type begins at `at`, or "".
std::string_view parameters_of(std::string_view code, std::size_t at) {
    auto const type_end = after_angle(code, at + std::string_view("awaitable").size());
    if (type_end == std::string_view::npos) return {};
    auto const open = code.find_first_of("(;{}=,)", type_end);
    if (open == std::string_view::npos || code[open] != '(') return {};
    if (trimmed(code.substr(type_end, open - type_end)).empty()) return {}; // a cast or a lambda
    std::size_t level = 0;
    for (auto end = open; end < code.size(); ++end) {
        if (code[end] == '(') ++level;
        if (code[end] == ')' && --level == 0) return code.substr(open, end - open);
    }
    return {};
}

} // namespace

Findings check_awaits(SourceFile const& file) {
    Findings found;
    if (!file.is_code()) return found;
    for (std::size_t at = 0; (at = file.code.find("co_await", at)) != std::string::npos; ++at) {
        if (!is_word_at(file.code, at, "co_await")) continue;
        auto const why = await_objection(file.code, at);
        if (why) found.push_back(finding(file, file.line_of(at), *why));
    }
    return found;
}

Findings check_coroutine_parameters(SourceFile const& file) {
    Findings found;
    if (!file.is_code()) return found;
    for (std::size_t at = 0; (at = file.code.find("awaitable<", at)) != std::string::npos; ++at) {
        if (!is_word_at(file.code, at, "awaitable")) continue;
        auto const kind = borrowed(parameters_of(file.code, at));
        if (kind)
            found.push_back(
                finding(file, file.line_of(at),
                        fmt::format("a coroutine borrows a parameter ({}); use a value", *kind)));
    }
    return found;
}

} // namespace darkroom::tidy
