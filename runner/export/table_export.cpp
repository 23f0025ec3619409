#include "runner/export/table_export.hpp"

#include "runner/export/csv.hpp"

#include <set>
#include <string>

namespace darkroom::exports {

namespace {

constexpr std::size_t piece_bytes = 64u << 10;

/// Drops all but the first of equal pictures.
class FirstPictures {
public:
    explicit FirstPictures(bool is_on) : is_on_(is_on) {}
    bool is_new(engine::ManifestRow const& row) {
        Digest digest{};
        return !is_on_ || !from_hex(row.sha256, digest) || seen_.insert(digest).second;
    }

private:
    bool is_on_;
    std::set<Digest> seen_;
};

std::vector<std::string> columns_of_manifest() {
    std::vector<std::string> names;
    auto const row = engine::to_json(engine::ManifestRow());
    for (auto const& [name, value] : *row.object()) names.push_back(name);
    return names;
}

std::string cell_of(json::Value const& value) {
    if (value.is_null()) return {};
    if (auto text = value.text()) return std::move(*text);
    return json::write(value);
}

/// Makes the cells of a CSV.
class CsvRows {
public:
    CsvRows(bool has_directory, std::set<std::string> variables)
        : has_directory_(has_directory), variables_(std::move(variables)) {}

    std::vector<std::string> title() const {
        std::vector<std::string> cells;
        if (has_directory_) cells.emplace_back("directory");
        for (auto const& column : columns_) {
            if (column != "variables") cells.push_back(column);
            if (column == "variables")
                for (auto const& name : variables_) cells.push_back("variables." + name);
        }
        return cells;
    }

    Result<std::vector<std::string>> cells_of(ListedRow const& listed,
                                              std::string const& directory) const {
        TRY_ASSIGN(auto const line, json::read(listed.line));
        std::vector<std::string> cells;
        if (has_directory_) cells.push_back(directory);
        for (auto const& column : columns_) {
            auto const* value = line.find(column);
            if (column == "variables")
                add_variables(cells, value);
            else
                cells.push_back(value != nullptr ? cell_of(*value) : "");
        }
        return cells;
    }

private:
    void add_variables(std::vector<std::string>& cells, json::Value const* values) const {
        for (auto const& name : variables_) {
            auto const* value = values != nullptr ? values->find(name) : nullptr;
            cells.push_back(value != nullptr ? cell_of(*value) : "");
        }
    }

    bool has_directory_;
    std::set<std::string> variables_;
    std::vector<std::string> columns_ = columns_of_manifest();
};

Result<std::set<std::string>> variables_of_all(Sources const& sources, Filter const& filter) {
    std::set<std::string> names;
    TRY(for_each_row(sources, filter, [&names](ChosenRow const& chosen) -> Result<> {
        if (chosen.is_chosen)
            for (auto const& [name, value] : chosen.listed.row.variables) names.insert(name);
        return {};
    }));
    return names;
}

} // namespace

std::string with_directory(std::string const& line, std::string const& directory) {
    std::string text = "{\"directory\":";
    json::append_text(text, directory);
    return text + "," + line.substr(1);
}

Result<TableTally> export_table(Sources const& sources, Options const& options,
                                std::function<Result<>(std::string_view)> const& write) {
    bool const is_csv = options.format == Format::csv;
    bool const has_directory = sources.size() > 1;
    auto const kind = options.safe_cells ? Cells::safe : Cells::as_they_are;
    std::set<std::string> variables;
    if (is_csv) {
        TRY_ASSIGN(variables, variables_of_all(sources, options.filter));
    }
    CsvRows const rows(has_directory, std::move(variables));
    FirstPictures first(options.dedup);
    TableTally tally;
    std::string text;
    if (is_csv) append_csv_row(text, rows.title(), kind);
    TRY(for_each_row(sources, options.filter, [&](ChosenRow const& chosen) -> Result<> {
        auto const& listed = chosen.listed;
        if (!chosen.is_chosen) return {};
        if (!first.is_new(listed.row)) {
            ++tally.duplicates;
            return {};
        }
        auto const& directory = sources[chosen.source]->directory();
        if (is_csv) {
            TRY_ASSIGN(auto const cells, rows.cells_of(listed, directory));
            append_csv_row(text, cells, kind);
        } else {
            text += has_directory ? with_directory(listed.line, directory) : listed.line;
            text += '\n';
        }
        ++tally.rows;
        if (text.size() < piece_bytes) return {};
        TRY(write(text));
        text.clear();
        return {};
    }));
    TRY(write(text));
    return tally;
}

} // namespace darkroom::exports
