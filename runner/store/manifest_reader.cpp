#include "runner/store/manifest_reader.hpp"

#include "runner/base/json.hpp"
#include "runner/base/time_text.hpp"
#include "runner/base/try.hpp"
#include "runner/store/error.hpp"
#include "runner/store/file.hpp"
#include "runner/store/line_reader.hpp"
#include "runner/store/manifest_columns.hpp"

#include <fcntl.h>
#include <fmt/format.h>

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

jobs::Variables variables_in(json::Value const& value) {
    jobs::Variables variables;
    if (auto const* members = value.object())
        for (auto const& [name, text] : *members)
            variables.emplace_back(name, text.text().value_or(""));
    return variables;
}

std::vector<std::string> texts_in(json::Value const& value) {
    std::vector<std::string> texts;
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

std::optional<engine::ManifestRow> manifest_row_in(std::string_view line) {
    auto const columns = LineColumns::split(line);
    engine::ManifestRow row;
    if (!columns || !from_hex(columns->text(Column::key), row.key)) return std::nullopt;
    read_texts(*columns, row);
    read_numbers(*columns, row);
    if (!columns->is_null(Column::result)) row.result = columns->text(Column::result);
    row.variables = variables_in(value_of(*columns, Column::variables));
    row.drawn = value_of(*columns, Column::drawn);
    row.actions = texts_in(value_of(*columns, Column::actions));
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
