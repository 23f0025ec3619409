// JSON pointers, lists and rows: a line with a pointer, then a JSON text. A pointer leads to one
// value or to none, as its steps do one by one; the elements of a list are those of a reader of the
// whole; a row that JSON allows is read as JSON.
#include "jobs/table/json_list.hpp"
#include "jobs/table/json_pointer.hpp"
#include "jobs/table/json_row.hpp"
#include "runner/base/utf8.hpp"
#include "tests/fuzz/support.hpp"

#include <algorithm>

using namespace darkroom;
using namespace darkroom::fuzz;
using namespace darkroom::jobs;

namespace {

std::string written(PointerSteps const& steps) {
    std::string text;
    for (auto const& step : steps) {
        text += '/';
        for (char const c : step) text += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    }
    return text;
}

void check_pointer(std::string_view pointer, json::Value const& root) {
    auto const steps = read_pointer(pointer);
    auto const meant = pointer_meant(pointer);
    require(meant.empty() || read_pointer(meant), "a pointer that is meant is one");
    require(!steps || wrong_pointer(pointer).empty(), "a pointer is not wrong");
    if (!steps) return;
    require(written(*steps) == pointer, "a pointer is written as it was read");
    auto const* value = &root;
    for (auto const& step : *steps) value = value != nullptr ? value_at(*value, {step}) : nullptr;
    require(value == value_at(root, *steps), "a pointer leads where its steps lead");
}

/// Returns the elements of a list that comes in pieces of this size; nothing when it is none.
std::optional<std::vector<std::string>> elements(std::string_view text, std::size_t piece) {
    JsonList list;
    std::vector<std::string> found;
    std::size_t begin = 0;
    std::size_t end = 0;
    for (;;) {
        bool const is_last = end == text.size();
        auto const step = list.next(text.substr(begin, end - begin), is_last);
        require(step.begin <= step.end && begin + step.end <= end, "a step is within the text");
        if (step.found == JsonList::Found::end) return found;
        if (step.found == JsonList::Found::wrong) return std::nullopt;
        if (step.found == JsonList::Found::element)
            found.emplace_back(text.substr(begin + step.begin, step.end - step.begin));
        bool const is_part = step.found == JsonList::Found::part;
        require(!is_part || !is_last, "the last piece leaves nothing open");
        begin += is_part ? step.begin : step.end;
        if (is_part) end = std::min(end + piece, text.size());
    }
}

void check_list(std::string_view text, json::Value const& root) {
    auto const found = elements(text, text.size() + 1);
    require(found == elements(text, 1), "pieces make no difference");
    // The mark of a file is taken away before its list is read.
    if (root.array() == nullptr || text.starts_with(byte_order_mark)) return;
    require(found && found->size() == root.array()->size(), "a list has its elements");
    for (std::size_t i = 0; i < found->size(); ++i) {
        auto const element = json::read((*found)[i]);
        require(element.has_value() && *element == (*root.array())[i], "an element is itself");
    }
}

void check_row(std::string_view text, Result<json::Value> const& root) {
    auto const row = read_json_row(text);
    if (root.has_value()) return require(row.has_value() && *row == *root, "a row is JSON");
    // What is read beyond JSON is odd, or has a number that is too large.
    auto const odd = text.find_first_of("0123456789NI\\[{") != text.npos;
    require(odd || row.has_error(), "what is not JSON is no row");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = text_of(data, std::min<std::size_t>(size, 4096));
    auto const end = std::min(text.find('\n'), text.size());
    auto const json_text = text.substr(std::min(end + 1, text.size()));
    auto const root = json::read(json_text);
    check_pointer(text.substr(0, end), root.has_value() ? *root : json::Value());
    check_row(json_text, root);
    check_list(json_text, root.has_value() ? *root : json::Value());
    return 0;
}
