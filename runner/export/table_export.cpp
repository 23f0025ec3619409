#include "runner/export/table_export.hpp"

#include "runner/export/csv.hpp"

#include <boost/system/errc.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
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

/// Returns what a cell shows of a value, which is given as JSON: a text as it is, nothing for null,
/// numbers, lists and objects as they are written.
std::string cell_of(std::string_view value) {
    if (value == "null") return {};
    if (!value.starts_with('"')) return std::string(value);
    auto const inner = value.substr(1, value.size() - 2);
    if (inner.find('\\') == inner.npos) return std::string(inner);
    auto const read = json::read(value);
    return read.has_value() ? read->text().value_or("") : std::string(inner);
}

/// Gives the values of a line of a manifest, which has its columns in their order.
class LineValues {
public:
    explicit LineValues(std::string_view line) : rest_(line) {}

    /// Returns the value of the next column; nothing if that has another name.
    std::optional<std::string_view> next(std::string_view name) {
        auto const is_named = rest_.size() > name.size() + 4 && rest_[1] == '"' &&
                              rest_.substr(2, name.size()) == name &&
                              rest_.substr(2 + name.size(), 2) == "\":";
        if (!is_named) return std::nullopt;
        rest_.remove_prefix(name.size() + 4);
        auto const value = rest_.substr(0, end_of_value());
        rest_.remove_prefix(value.size());
        return value;
    }

private:
    /// Returns where a comma or the end of the line follows, outside of texts, lists and objects.
    std::size_t end_of_value() const {
        int depth = 0;
        bool is_in_text = false;
        for (std::size_t at = 0; at < rest_.size(); ++at) {
            auto const c = rest_[at];
            if (is_in_text) {
                if (c == '\\') ++at;
                is_in_text = c != '"';
                continue;
            }
            if (depth == 0 && (c == ',' || c == '}')) return at;
            is_in_text = c == '"';
            depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
        }
        return rest_.size();
    }

    std::string_view rest_; ///< Begins with what stands between two columns.
};

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

    /// Returns the cells of a row, which are valid until the next call.
    Result<std::vector<std::string> const*> cells_of(ListedRow const& listed,
                                                     std::string const& directory) {
        cells_.clear();
        if (has_directory_) cells_.push_back(directory);
        LineValues values(listed.line);
        for (auto const& column : columns_) {
            auto const value = values.next(column);
            if (!value)
                return Error(make_error_code(boost::system::errc::invalid_argument),
                             fmt::format("a line of {} has no '{}'", directory, column));
            if (column == "variables")
                add_variables(listed.row.variables);
            else
                cells_.push_back(cell_of(*value));
        }
        return &cells_;
    }

private:
    void add_variables(jobs::Variables const& variables) {
        for (auto const& name : variables_) {
            auto const found = std::find_if(variables.begin(), variables.end(),
                                            [&name](auto const& one) { return one.first == name; });
            cells_.push_back(found == variables.end() ? std::string() : found->second);
        }
    }

    bool has_directory_;
    std::set<std::string> variables_;
    std::vector<std::string> columns_ = columns_of_manifest();
    std::vector<std::string> cells_;
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
    CsvRows rows(has_directory, std::move(variables));
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
            append_csv_row(text, *cells, kind);
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
