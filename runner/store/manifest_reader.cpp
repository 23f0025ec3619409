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

/// Returns the characters of a string that has no escapes.
std::string_view between_quotes(std::string_view value) {
    return value.size() < 2 ? std::string_view() : value.substr(1, value.size() - 2);
}

WallTime time_of(LineColumns const& columns, Column column) {
    return parse_rfc3339(between_quotes(columns.at(column))).value_or(WallTime{});
}

/// Reads the texts of a list, or the names and texts of an object, where all of them stand for just
/// their characters, as most do. False for any other value: reading it as JSON takes longer.
bool read_plain_texts(std::string_view value, bool is_object,
                      std::vector<std::string_view>& texts) {
    texts.clear();
    if (value.size() < 4 || value.front() != (is_object ? '{' : '[')) return false;
    for (std::size_t at = 1; at < value.size();) {
        auto const end = value[at] == '"' ? value.find('"', at + 1) : value.npos;
        if (end == value.npos || end + 1 == value.size()) return false;
        auto const text = value.substr(at + 1, end - at - 1);
        if (!json::is_plain(text)) return false;
        texts.push_back(text);
        at = end + 2;
        auto const next = value[end + 1];
        if (at == value.size() && next == (is_object ? '}' : ']')) break;
        if (next != (is_object && texts.size() % 2 == 1 ? ':' : ',')) return false;
    }
    return !is_object || texts.size() % 2 == 0;
}

/// Returns true if each name comes once.
bool has_distinct_names(std::vector<std::string_view> const& names_and_texts) {
    for (std::size_t i = 2; i < names_and_texts.size(); i += 2)
        for (std::size_t before = 0; before < i; before += 2)
            if (names_and_texts[before] == names_and_texts[i]) return false;
    return true;
}

void read_variables(LineColumns const& columns, jobs::Variables& variables) {
    thread_local std::vector<std::string_view> plain;
    bool const is_plain =
        read_plain_texts(columns.at(Column::variables), true, plain) && has_distinct_names(plain);
    if (is_plain) {
        variables.resize(plain.size() / 2);
        for (std::size_t i = 0; i < variables.size(); ++i) {
            variables[i].first = plain[2 * i];
            variables[i].second = plain[2 * i + 1];
        }
        return;
    }
    variables.clear();
    auto const value = value_of(columns, Column::variables);
    if (auto const* members = value.object())
        for (auto const& [name, text] : *members)
            variables.emplace_back(name, text.text().value_or(""));
}

void read_list(LineColumns const& columns, Column column, std::vector<std::string>& texts) {
    thread_local std::vector<std::string_view> plain;
    if (read_plain_texts(columns.at(column), false, plain)) {
        texts.resize(plain.size());
        std::copy(plain.begin(), plain.end(), texts.begin());
        return;
    }
    texts.clear();
    auto const value = value_of(columns, column);
    if (auto const* values = value.array())
        for (auto const& text : *values)
            if (auto const* string = text.string()) texts.push_back(*string);
}

/// Reads the columns that read_chosen_by() leaves out.
void read_others(LineColumns const& columns, engine::ManifestRow& row) {
    columns.read_text(Column::prompt, row.prompt);
    columns.read_text(Column::mode, row.mode);
    columns.read_text(Column::task_id, row.task_id);
    columns.read_text(Column::trace_id, row.trace_id);
    columns.read_text(Column::url, row.url);
    columns.read_text(Column::same_as, row.same_as);
    columns.read_text(Column::account, row.account);
    row.width = static_cast<int>(columns.number(Column::width));
    row.height = static_cast<int>(columns.number(Column::height));
    row.attempts = static_cast<int>(columns.number(Column::attempts));
    row.cost = columns.money(Column::cost);
    row.submitted_at = time_of(columns, Column::submitted_at);
    row.generated_at = time_of(columns, Column::generated_at);
    row.downloaded_at = time_of(columns, Column::downloaded_at);
    row.result.reset();
    if (!columns.is_null(Column::result)) row.result = columns.text(Column::result);
    row.drawn = value_of(columns, Column::drawn);
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
    std::optional<engine::ManifestRow> row(std::in_place);
    if (!read_manifest_row(columns, *row)) row.reset();
    return row;
}

bool read_manifest_row(LineColumns const& columns, engine::ManifestRow& row) {
    if (!read_chosen_by(columns, row)) return false;
    read_others(columns, row);
    return true;
}

bool read_chosen_by(LineColumns const& columns, engine::ManifestRow& row) {
    if (!from_hex(between_quotes(columns.at(Column::key)), row.key)) return false;
    columns.read_text(Column::job, row.job);
    row.item = static_cast<std::uint64_t>(columns.number(Column::item));
    row.repeat = static_cast<int>(columns.number(Column::repeat));
    columns.read_text(Column::path, row.path);
    columns.read_text(Column::kind, row.kind);
    row.tile = static_cast<int>(columns.number(Column::tile));
    read_variables(columns, row.variables);
    columns.read_text(Column::root_prompt, row.root_prompt);
    columns.read_text(Column::action, row.action);
    columns.read_text(Column::parent_image_id, row.parent_image_id);
    columns.read_text(Column::image_id, row.image_id);
    read_list(columns, Column::actions, row.actions);
    columns.read_text(Column::file, row.file);
    columns.read_text(Column::format, row.format);
    row.bytes = static_cast<std::uint64_t>(columns.number(Column::bytes));
    columns.read_text(Column::sha256, row.sha256);
    return true;
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
