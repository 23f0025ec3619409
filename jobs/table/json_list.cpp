#include "jobs/table/json_list.hpp"

namespace darkroom::jobs {

namespace {

constexpr auto not_yet = std::string_view::npos;
constexpr std::string_view blanks = " \t\r\n";

/// Returns the position behind the closing mark of the text at the front.
std::size_t text_end(std::string_view text) {
    for (auto at = text.find_first_of("\"\\", 1); at != not_yet;
         at = text.find_first_of("\"\\", at + 2)) {
        if (text[at] == '"') return at + 1;
    }
    return not_yet;
}

} // namespace

std::size_t json_value_end(std::string_view text, bool is_last) {
    constexpr std::string_view ends = " \t\r\n,]}";
    if (text.starts_with('"')) return text_end(text);
    if (!text.starts_with('{') && !text.starts_with('[')) {
        auto const stop = text.find_first_of(ends);
        return stop == not_yet && is_last ? text.size() : stop;
    }
    std::size_t depth = 0;
    for (auto at = text.find_first_of("[]{}\""); at != not_yet;
         at = text.find_first_of("[]{}\"", at)) {
        char const c = text[at];
        if (c == '"') {
            auto const length = text_end(text.substr(at));
            if (length == not_yet) return not_yet;
            at += length;
            continue;
        }
        ++at;
        if (c == '[' || c == '{') ++depth;
        if ((c == ']' || c == '}') && --depth == 0) return at;
    }
    return not_yet;
}

JsonList::Step JsonList::next(std::string_view text, bool is_last) {
    auto const wrong = [](std::size_t at, std::string_view problem) {
        return Step{Found::wrong, at, at, problem};
    };
    for (std::size_t at = 0;; ++at) {
        at = text.find_first_not_of(blanks, at);
        if (at == not_yet) at = text.size();
        if (at == text.size()) {
            if (!is_last) return {Found::part, at, at};
            if (wants_ == Wants::nothing) return {Found::end, at, at};
            return wrong(at, wants_ == Wants::opening ? "empty: a list in brackets is missing"
                                                      : "the list has no ']' at its end");
        }
        char const c = text[at];
        switch (wants_) {
        case Wants::opening:
            if (c != '[')
                return wrong(at, "a table in JSON is a list of objects or of texts, in brackets; "
                                 "objects on lines of their own are 'format: jsonl'");
            wants_ = Wants::first;
            continue;
        case Wants::nothing: return wrong(at, "text behind the ']' of the list");
        case Wants::comma:
            if (c != ',' && c != ']') return wrong(at, "a ',' is missing between two elements");
            wants_ = c == ',' ? Wants::element : Wants::nothing;
            continue;
        case Wants::first:
            if (c == ']') {
                wants_ = Wants::nothing;
                continue;
            }
            break;
        case Wants::element: break;
        }
        auto const length = json_value_end(text.substr(at), is_last);
        if (length == not_yet && is_last) return wrong(at, "the last element is not complete");
        if (length == not_yet) return {Found::part, at, at};
        if (length == 0) return wrong(at, "an element is missing");
        wants_ = Wants::comma;
        return {Found::element, at, at + length};
    }
}

} // namespace darkroom::jobs
