#include "runner/store/manifest_reader.hpp"

#include "runner/base/json.hpp"
#include "runner/base/time_text.hpp"
#include "runner/base/try.hpp"
#include "runner/store/error.hpp"
#include "runner/store/file.hpp"
#include "runner/store/line_reader.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

namespace darkroom::store {

namespace {

json::Value value_of(LineColumns const& columns, Column column) {
    auto const text = columns.at(column);
    if (text == "{}") return json::Object{};
    auto value = json::read(text);
    return value.has_value() ? std::move(*value) : json::Value();
}

WallTime time_of(LineColumns const& columns, Column column) {
    return parse_rfc3339(columns.text(column)).value_or(WallTime{});
}

/// Reads the texts of a list, or the names and texts of an object, where all of them stand for just
/// their characters, as most do. Nothing for any other value: reading it as JSON takes longer.
std::optional<std::vector<std::string_view>> plain_texts_in(std::string_view value,
                                                            bool is_object) {
    std::vector<std::string_view> texts;
    if (value.size() < 4 || value.front() != (is_object ? '{' : '[')) return std::nullopt;
    for (std::size_t at = 1; at < value.size();) {
        auto const end = value[at] == '"' ? value.find('"', at + 1) : value.npos;
        if (end == value.npos || end + 1 == value.size()) return std::nullopt;
        auto const text = value.substr(at + 1, end - at - 1);
        bool const is_plain = std::all_of(
            text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f && c != '\\'; });
        if (!is_plain) return std::nullopt;
        texts.push_back(text);
        at = end + 2;
        auto const next = value[end + 1];
        if (at == value.size() && next == (is_object ? '}' : ']')) break;
        if (next != (is_object && texts.size() % 2 == 1 ? ':' : ',')) return std::nullopt;
    }
    if (is_object && texts.size() % 2 == 1) return std::nullopt;
    return texts;
}

bool has_name(jobs::Variables const& variables, std::string_view name) {
    return std::any_of(variables.begin(), variables.end(),
                       [name](auto const& one) { return one.first == name; });
}

jobs::Variables variables_in(LineColumns const& columns) {
    jobs::Variables variables;
    auto const plain = plain_texts_in(columns.at(Column::variables), true);
    for (std::size_t i = 0; plain && i < plain->size(); i += 2) {
        if (has_name(variables, (*plain)[i])) break;
        variables.emplace_back((*plain)[i], (*plain)[i + 1]);
    }
    if (plain && variables.size() == plain->size() / 2) return variables;
    variables.clear();
    auto const value = value_of(columns, Column::variables);
    if (auto const* members = value.object())
        for (auto const& [name, text] : *members)
            variables.emplace_back(name, text.text().value_or(""));
    return variables;
}

std::vector<std::string> texts_in(LineColumns const& columns, Column column) {
    if (auto const plain = plain_texts_in(columns.at(column), false))
        return {plain->begin(), plain->end()};
    std::vector<std::string> texts;
    auto const value = value_of(columns, column);
    if (auto const* values = value.array())
        for (auto const& text : *values)
            if (auto const* string = text.string()) texts.push_back(*string);
    return texts;
}

void read_texts(LineColumns const& columns, engine::ManifestRow& row) {
    row.job = columns.text(Column::job);
    row.path = columns.text(Column::path);
    row.kind = columns.text(Column::kind);
    row.prompt = columns.text(Column::prompt);
    row.root_prompt = columns.text(Column::root_prompt);
    row.action = columns.text(Column::action);
    row.mode = columns.text(Column::mode);
    row.parent_image_id = columns.text(Column::parent_image_id);
    row.task_id = columns.text(Column::task_id);
    row.trace_id = columns.text(Column::trace_id);
    row.image_id = columns.text(Column::image_id);
    row.url = columns.text(Column::url);
    row.file = columns.text(Column::file);
    row.same_as = columns.text(Column::same_as);
    row.format = columns.text(Column::format);
    row.sha256 = columns.text(Column::sha256);
    row.account = columns.text(Column::account);
}

void read_numbers(LineColumns const& columns, engine::ManifestRow& row) {
    row.item = static_cast<std::uint64_t>(columns.number(Column::item));
    row.repeat = static_cast<int>(columns.number(Column::repeat));
    row.tile = static_cast<int>(columns.number(Column::tile));
    row.width = static_cast<int>(columns.number(Column::width));
    row.height = static_cast<int>(columns.number(Column::height));
    row.bytes = static_cast<std::uint64_t>(columns.number(Column::bytes));
    row.attempts = static_cast<int>(columns.number(Column::attempts));
    row.cost = columns.money(Column::cost);
    row.submitted_at = time_of(columns, Column::submitted_at);
    row.generated_at = time_of(columns, Column::generated_at);
    row.downloaded_at = time_of(columns, Column::downloaded_at);
}

} // namespace

ImageKey image_of(engine::ManifestRow const& row) {
    bool const counts_from_one = row.kind == "video"; // of several videos of a step
    return {row.key, counts_from_one ? std::max(row.tile - 1, 0) : row.tile};
}

std::optional<engine::ManifestRow> manifest_row_in(std::string_view line) {
    auto const columns = LineColumns::split(line);
    return columns ? manifest_row_in(*columns) : std::nullopt;
}

std::optional<engine::ManifestRow> manifest_row_in(LineColumns const& columns) {
    engine::ManifestRow row;
    if (!from_hex(columns.text(Column::key), row.key)) return std::nullopt;
    read_texts(columns, row);
    read_numbers(columns, row);
    if (!columns.is_null(Column::result)) row.result = columns.text(Column::result);
    row.variables = variables_in(columns);
    row.drawn = value_of(columns, Column::drawn);
    row.actions = texts_in(columns, Column::actions);
    return row;
}

Result<> for_each_manifest_row(std::string const& path,
                               std::function<Result<>(engine::ManifestRow)> const& take) {
    TRY_ASSIGN(auto const file, File::own(path, O_RDONLY));
    TRY_ASSIGN(auto const size, file.size());
    Result<> taken;
    std::uint64_t number = 0;
    LineReader lines([&](std::string_view line) {
        ++number;
        if (taken.has_error()) return;
        auto row = manifest_row_in(line);
        if (row)
            taken = take(std::move(*row));
        else
            taken = Error(Errc::damaged_manifest, fmt::format("{}, line {}", path, number));
    });
    return file.read(size, [&](std::string_view piece) -> Result<> {
        TRY(lines(piece));
        return taken;
    });
}

} // namespace darkroom::store
