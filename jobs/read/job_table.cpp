#include "jobs/read/job_table.hpp"

#include <fmt/format.h>

namespace darkroom::jobs {

namespace {

/// Returns nothing, with an error, when `prompts` names no table.
std::optional<Table::Place> place_of(TableDraft const& draft, JobContext const& context) {
    auto const& [where, file, format] = draft;
    bool const is_input = file.value == "-";
    if (is_input && context.input_is_taken) {
        context.findings.error(file.where,
                               "standard input is the job file; it can't be a table too");
        return std::nullopt;
    }
    auto read_as = format_of(format ? "." + format->value : file.value);
    if (is_input && !format) read_as = TableFormat::txt;
    if (!read_as) {
        auto const& wrong = format ? *format : file;
        context.findings.error(
            wrong.where,
            fmt::format("'{}' is not a table format: use csv, tsv, jsonl or txt", wrong.value));
        return std::nullopt;
    }
    if (is_input) return Table::Place{"-", "<stdin>", *read_as};
    return Table::Place{(context.base / file.value).lexically_normal().string(),
                        (context.shown_base / file.value).string(), *read_as};
}

} // namespace

std::shared_ptr<Table const> open_table(TableDraft const& draft, JobContext& context) {
    auto place = place_of(draft, context);
    if (!place) return nullptr;
    auto const key = std::pair(place->path, place->format);
    if (auto const known = context.tables.find(key); known != context.tables.end())
        return known->second;
    auto const shown = place->shown;
    TableProblem problem;
    auto table = Table::open(std::move(*place), problem);
    context.tables[key] = table;
    if (table) return table;
    auto& findings = context.findings;
    if (problem.line > 0)
        findings.error({findings.add_table(shown), static_cast<std::size_t>(problem.line)},
                       problem.text);
    else
        findings.error(draft.file.where, fmt::format("'{}': {}", shown, problem.text));
    return nullptr;
}

} // namespace darkroom::jobs
