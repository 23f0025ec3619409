#include "tests/tidy/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace darkroom::tidy {

namespace {

constexpr std::size_t file_lines_max = 400;
constexpr std::size_t test_file_lines_max = 600;
constexpr std::size_t function_lines_max = 70;
constexpr std::size_t columns_max = 100;

struct Ban {
    std::string_view what, cure;
    std::vector<std::string_view> but_in = {}; ///< Path prefixes where it is allowed.
};

std::vector<Ban> const& bans() {
    static std::vector<Ban> const list = {
        {"asio::detached", "TaskGroup::spawn"},
        {"awaitable_operators", "with_deadline or TaskGroup"},
        {"experimental/channel", "a queue and a Gate"},
        {"experimental/concurrent_channel", "a queue and a Gate"},
        {"experimental::channel", "a queue and a Gate"},
        {"experimental::concurrent_channel", "a queue and a Gate"},
        {"steady_clock::now",
         "Clock::now",
         {"runner/base/clock.cpp", "runner/net/", "tests/net/", "tests/bench/",
          "tests/end_to_end/"}},
        {"system_clock::now",
         "Clock::wall",
         {"runner/base/clock.cpp", "tests/base/clock_test.cpp", "tests/bench/",
          "tests/end_to_end/"}},
        {"this_thread::sleep", "Clock::sleep_for, or wait for what you wait for"},
        {"std::format", "fmt::format"},
        {"std::expected", "Result"},
        {"<boost/asio.hpp>", "the Asio headers you need, one by one"},
        {"<boost/beast.hpp>", "the Beast headers you need, one by one"},
        // What opens, replaces and removes files must not follow links to files of others.
        {" ::open(",
         "File::own or File::open",
         {"tests/", "runner/net/", "runner/studio/tasks/own_file.cpp", "jobs/table/"}},
        {"ofstream", "File::own", {"tests/"}},
        {"std::fopen",
         "File::own or read_whole_file",
         {"tests/", "jobs/", "runner/base/whole_file.cpp"}},
        {"::unlink(",
         "remove_file or Directory::remove",
         {"tests/", "runner/store/", "jobs/table/"}},
        {"std::rename(",
         "AtomicFile or Directory::take_over",
         {"tests/", "runner/store/", "runner/net/recording.cpp"}},
        {"remove_all(",
         "Directory::remove",
         {"tests/", "runner/cli/merge_output.cpp", "runner/studio/tasks/clip_encoder.cpp"}},
    };
    return list;
}

/// Blanks preprocessor lines, so that their braces don't count.
std::string without_directives(SourceFile const& file) {
    std::string code = file.code;
    bool goes_on = false;
    for (std::size_t number = 1; number <= file.starts.size(); ++number) {
        auto const line = file.line(number);
        bool const directive = goes_on || line.starts_with('#');
        goes_on = directive && line.ends_with('\\');
        if (directive)
            std::fill_n(code.begin() + static_cast<std::ptrdiff_t>(file.starts[number - 1]),
                        line.size(), ' ');
    }
    return code;
}

bool has_word(std::string_view text, std::string_view word) {
    for (std::size_t at = 0; (at = text.find(word, at)) != std::string_view::npos; ++at) {
        if (is_word_at(text, at, word)) return true;
    }
    return false;
}

enum class Scope { names, function, block };

/// Returns the scope that a '{' opens, judged by the text between it and the ';', '{' or '}'
/// before.
Scope scope_of(std::string_view head, Scope outer) {
    if (outer != Scope::names) return Scope::block;
    if (has_word(head, "namespace") || has_word(head, "extern")) return Scope::names;
    auto const call = head.find('(');
    bool const type = has_word(head, "class") || has_word(head, "struct") ||
                      has_word(head, "union") || has_word(head, "enum");
    if (call == std::string_view::npos) return type ? Scope::names : Scope::block;
    bool const assigned = head.substr(0, call).find('=') != std::string_view::npos;
    return assigned && !has_word(head, "operator") ? Scope::block : Scope::function;
}

struct Open {
    Scope scope;
    std::size_t from; ///< Offset of its head.
};

std::size_t characters(std::string_view line) {
    auto const continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
    return line.size() -
           static_cast<std::size_t>(std::count_if(line.begin(), line.end(), continues));
}

} // namespace

std::string finding(SourceFile const& file, std::size_t line, std::string_view what) {
    return fmt::format("{}:{}: {}", file.path, line, what);
}

bool is_word_at(std::string_view code, std::size_t at, std::string_view word) {
    auto const is_letter = [code](std::size_t i) {
        return i < code.size() &&
               (std::isalnum(static_cast<unsigned char>(code[i])) != 0 || code[i] == '_');
    };
    return code.substr(at, word.size()) == word && (at == 0 || !is_letter(at - 1)) &&
           !is_letter(at + word.size());
}

Findings check_file_length(SourceFile const& file) {
    if (!file.is_code()) return {};
    auto const limit = file.is_under("tests/") ? test_file_lines_max : file_lines_max;
    auto const lines = file.starts.size();
    if (lines <= limit) return {};
    return {finding(file, lines, fmt::format("{} lines, limit {}; use two files", lines, limit))};
}

Findings check_function_length(SourceFile const& file) {
    Findings found;
    if (!file.is_code()) return found;
    std::string const code = without_directives(file);
    std::vector<Open> open;
    std::size_t head = 0; // offset of the current statement
    for (std::size_t at = 0; at < code.size(); ++at) {
        if (code[at] == '{') {
            auto const text = std::string_view(code).substr(head, at - head);
            auto const blank = std::min(text.find_first_not_of(" \n"), text.size());
            auto const outer = open.empty() ? Scope::names : open.back().scope;
            open.push_back({scope_of(text, outer), head + blank});
        } else if (code[at] == '}' && !open.empty()) {
            auto const lines = file.line_of(at) - file.line_of(open.back().from) + 1;
            if (open.back().scope == Scope::function && lines > function_lines_max)
                found.push_back(finding(file, file.line_of(open.back().from),
                                        fmt::format("function of {} lines, limit {}; use two",
                                                    lines, function_lines_max)));
            open.pop_back();
        }
        if (code[at] == '{' || code[at] == '}' || code[at] == ';') head = at + 1;
    }
    return found;
}

Findings check_columns(SourceFile const& file) {
    Findings found;
    bool const script = file.path.ends_with(".sh") || file.path.ends_with(".cmake") ||
                        file.path.ends_with("CMakeLists.txt");
    if (!file.is_code() && !script) return found;
    for (std::size_t number = 1; number <= file.starts.size(); ++number) {
        auto const line = file.line(number);
        if (characters(line) <= columns_max || line.find("://") != std::string_view::npos) continue;
        found.push_back(finding(
            file, number,
            fmt::format("{} columns, limit {}; use a line break", characters(line), columns_max)));
    }
    return found;
}

Findings check_bans(SourceFile const& file) {
    Findings found;
    if (!file.is_code()) return found;
    for (auto const& ban : bans()) {
        bool const allowed = std::any_of(ban.but_in.begin(), ban.but_in.end(),
                                         [&](auto prefix) { return file.is_under(prefix); });
        if (allowed) continue;
        for (std::size_t at = 0; (at = file.code.find(ban.what, at)) != std::string::npos; ++at)
            found.push_back(
                finding(file, file.line_of(at),
                        fmt::format("{} is not used here; use {}", ban.what, ban.cure)));
    }
    return found;
}

Findings check_catch_all(SourceFile const& file) {
    Findings found;
    if (!file.is_code()) return found;
    for (std::size_t at = 0; (at = file.code.find("catch (...)", at)) != std::string::npos; ++at) {
        auto const number = file.line_of(at);
        if (file.line(number).find("//") != std::string_view::npos) continue;
        found.push_back(finding(file, number,
                                "catch (...) may hide an error; use a type, or say why on this "
                                "line"));
    }
    return found;
}

Findings check_words(SourceFile const& file) {
    struct Word {
        std::string_view word, why;
    };
    // In two halves, so that this file does not contain the words.
    static constexpr std::array<Word, 10> words{{
        {"TO"
         "DO",
         "unfinished work; use an issue"},
        {"FIX"
         "ME",
         "unfinished work; use an issue"},
        {"XX"
         "X",
         "unfinished work; use an issue"},
        {"/wo"
         "rk",
         "a path of one machine; use a relative one"},
        {"/ho"
         "me/",
         "a path of one machine; use a relative one"},
        {"/ro"
         "ot/",
         "a path of one machine; use a relative one"},
        {"cla"
         "ude",
         "the name of a tool; use none"},
        {"anthr"
         "opic",
         "the name of a tool; use none"},
        {"chat"
         "gpt",
         "the name of a tool; use none"},
        {"copi"
         "lot",
         "the name of a tool; use none"},
    }};
    std::string lower = file.text;
    for (auto& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    Findings found;
    for (auto const& [word, why] : words) {
        bool const exact = std::isupper(static_cast<unsigned char>(word[0])) != 0;
        std::string_view const text = exact ? file.text : lower;
        for (std::size_t at = 0; (at = text.find(word, at)) != std::string_view::npos; ++at) {
            if (exact && !is_word_at(text, at, word)) continue;
            // A path begins at its slash; "$out/…" and "net/…" are relative.
            bool const inner =
                word[0] == '/' && at > 0 &&
                (std::isalnum(static_cast<unsigned char>(text[at - 1])) != 0 ||
                 std::string_view("_-.}\")").find(text[at - 1]) != std::string_view::npos);
            bool const longer = word[0] == '/' && word.back() != '/' &&
                                at + word.size() < text.size() &&
                                std::isalnum(static_cast<unsigned char>(text[at + word.size()]));
            if (inner || longer) continue;
            found.push_back(finding(file, file.line_of(at), fmt::format("'{}': {}", word, why)));
        }
    }
    return found;
}

} // namespace darkroom::tidy
