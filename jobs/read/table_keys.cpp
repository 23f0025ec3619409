#include "jobs/read/table_keys.hpp"

#include "jobs/table/text_source.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <array>
#include <cctype>

namespace darkroom::jobs {

namespace {

constexpr std::array<std::string_view, 9> table_keys{"file",     "files",   "prompt",
                                                     "format",   "expand",  "delimiter",
                                                     "encoding", "columns", "skip_empty"};

std::optional<Text> place_text(Member const* member, Findings& findings) {
    if (!member) return std::nullopt;
    auto value = text_of(*member, findings);
    return value ? std::optional(Text{std::move(*value), member->value->where}) : std::nullopt;
}

/// Returns the character that `delimiter` names, if any; `auto` is none.
std::optional<char> delimiter_of(Member const& member, Findings& findings) {
    auto const text = text_of(member, findings).value_or("auto");
    if (text == "auto") return std::nullopt;
    if (text == "tab" || text == "\\t") return '\t';
    auto const c = static_cast<unsigned char>(text.empty() ? '"' : text.front());
    bool const is_mark = c < 0x80 && c != '"' && (c == '\t' || std::isprint(c) != 0);
    if (text.size() == 1 && is_mark && std::isalnum(c) == 0) return text.front();
    needs(member, "one character such as ';', or 'tab', or 'auto'", findings);
    return std::nullopt;
}

void read_columns(Member const& map, TableDraft& table, Findings& findings) {
    auto& columns = table.reading.columns;
    auto const members = members_of(map, findings);
    if (members.size() > columns_max)
        findings.error(map.where, fmt::format("'columns' has {} keys; {} are the most",
                                              members.size(), columns_max));
    for (auto const& member : members) {
        if (columns.size() == columns_max) break;
        if (!is_variable_name(member.key))
            findings.error(member.where, fmt::format("'{}' is not a variable name: it has letters, "
                                                     "digits, '_' and '-'",
                                                     member.key));
        auto from = text_of(member, findings);
        if (from && from->empty()) needs(member, "the title of a column, or '/key/key'", findings);
        if (!from || from->empty()) continue;
        columns.push_back({member.key, std::move(*from)});
        table.column_wheres.push_back(member.value->where);
    }
}

void read_files(TableDraft& table, Section const& section, Member const& prompts,
                Findings& findings) {
    auto const* file = section.find("file");
    auto const* files = section.find("files");
    if (file && files) findings.error(files->where, "'file' and 'files' together: write one");
    if (!file && !files) findings.error(prompts.where, "'prompts' needs a 'file'");
    if (auto path = place_text(file, findings)) table.files.push_back(std::move(*path));
    if (!files) return;
    table.is_list = true;
    for (auto const& element : elements_of(*files, findings)) {
        if (auto path = place_text(&element, findings)) table.files.push_back(std::move(*path));
    }
    if (files->value->is_list() && files->value->items.empty())
        needs(*files, "at least one file", findings);
}

} // namespace

std::optional<TableDraft> read_table(Member const& prompts, Findings& findings) {
    TableDraft table;
    table.where = prompts.where;
    if (!prompts.value->is_map()) {
        auto file = place_text(&prompts, findings);
        if (!file) return std::nullopt;
        table.files.push_back(std::move(*file));
        return table;
    }
    Section const section(prompts, findings, table_keys);
    read_files(table, section, prompts, findings);
    table.format = place_text(section.find("format"), findings);
    if (auto const* delimiter = section.find("delimiter")) {
        table.reading.delimiter = delimiter_of(*delimiter, findings);
        table.delimiter_where = delimiter->where;
    }
    if (auto encoding = place_text(section.find("encoding"), findings)) {
        table.encoding_where = encoding->where;
        auto const known = check_encoding(encoding->value);
        if (known.has_error())
            findings.error(encoding->where, known.error().message());
        else
            table.reading.encoding = std::move(encoding->value);
    }
    if (auto const* columns = section.find("columns")) {
        table.columns_where = columns->where;
        read_columns(*columns, table, findings);
    }
    section.read("skip_empty", table.skip_empty);
    return table.files.empty() ? std::nullopt : std::optional(std::move(table));
}

} // namespace darkroom::jobs
