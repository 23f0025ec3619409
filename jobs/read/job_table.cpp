#include "jobs/read/job_table.hpp"

#include "jobs/table/json_pointer.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <glob.h>
#include <set>

namespace darkroom::jobs {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t table_files_max = 100'000;

bool has_ending(std::string_view path, std::initializer_list<std::string_view> endings) {
    auto const small = to_lower(path);
    return std::any_of(endings.begin(), endings.end(),
                       [&small](std::string_view one) { return small.ends_with(one); });
}

/// Returns the files that a glob matches, in their order.
std::vector<std::string> matches_of(std::string const& base, std::string const& pattern) {
    std::string whole;
    for (char const c : pattern.starts_with('/') ? std::string() : base + '/') {
        if (std::string_view("*?[]\\").find(c) != std::string_view::npos) whole += '\\';
        whole += c;
    }
    whole += pattern;
    std::vector<std::string> paths;
    glob_t found{};
    if (::glob(whole.c_str(), 0, nullptr, &found) == 0)
        paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    ::globfree(&found);
    return paths;
}

/// Makes the places of the files that `prompts` names.
class Places {
public:
    Places(TableDraft const& draft, JobContext& context) : draft_(draft), context_(context) {}

    /// Returns nothing, with an error, when a name is wrong.
    std::vector<TablePlace> all() {
        auto const errors = context_.findings.errors();
        for (auto const& file : draft_.files) add(file);
        check_pointers();
        auto const& findings = context_.findings;
        return findings.errors() == errors ? std::move(places_) : std::vector<TablePlace>();
    }
    /// Returns true when rows are to say which file they are from.
    bool has_many() const { return draft_.is_list || is_folder_; }

private:
    void error(Text const& at, std::string text) {
        context_.findings.error(at.where, std::move(text));
    }

    /// In CSV a title may begin with '/'.
    void check_pointers() {
        bool const has_json = std::any_of(places_.begin(), places_.end(), [](auto const& place) {
            return place.format == TableFormat::jsonl || place.format == TableFormat::json;
        });
        for (std::size_t i = 0; has_json && i < draft_.column_wheres.size(); ++i) {
            auto text = wrong_pointer(draft_.reading.columns[i].from);
            if (!text.empty()) context_.findings.error(draft_.column_wheres[i], std::move(text));
        }
    }

    void add(Text const& file) {
        if (file.value == "-") return add_input(file);
        std::error_code ignored; // what is no folder is opened as a file, which says what is wrong
        auto const path = context_.base / file.value;
        if (!draft_.format && fs::is_directory(path, ignored)) return add_folder(file, path);
        bool const is_glob = draft_.is_list && file.value.find_first_of("*?[") != file.value.npos;
        if (!is_glob) return add_file(file, file.value);
        auto const matches = matches_of(context_.base.string(), file.value);
        if (matches.empty()) error(file, fmt::format("no file matches '{}'", file.value));
        for (auto const& match : matches) {
            if (fs::is_directory(match, ignored)) continue;
            add_file(file, fs::path(match).lexically_proximate(context_.base).string());
        }
    }

    void add_input(Text const& file) {
        if (context_.input_is_taken)
            return error(file, "standard input is the job file; it can't be a table too");
        auto const format =
            draft_.format ? format_of("." + draft_.format->value) : TableFormat::txt;
        if (!format) return refuse(*draft_.format);
        put({"-", "<stdin>", *format, stream_bytes_max, draft_.reading}, file);
    }

    /// Adds the texts in a folder: each is one prompt.
    void add_folder(Text const& file, fs::path const& folder) {
        is_folder_ = true;
        std::vector<std::string> names;
        std::error_code failure;
        for (fs::directory_iterator at(folder, failure), end; !failure && at != end;
             at.increment(failure)) {
            auto name = at->path().filename().string();
            bool const is_prompt = !name.starts_with('.') && has_ending(name, {".txt", ".txt.gz"});
            if (is_prompt) names.push_back(std::move(name));
            if (names.size() > table_files_max) break;
        }
        if (failure)
            return error(file,
                         fmt::format("'{}': cannot read it: {}", file.value, failure.message()));
        if (names.empty())
            return error(file, fmt::format("'{}' is a folder without .txt files: in a folder, each "
                                           "of them is a prompt",
                                           file.value));
        std::sort(names.begin(), names.end());
        for (auto const& name : names) {
            put({(folder / name).lexically_normal().string(),
                 (context_.shown_base / file.value / name).lexically_normal().string(),
                 TableFormat::page, stream_bytes_max, draft_.reading},
                file);
        }
    }

    void add_file(Text const& file, std::string const& name) {
        auto const format = format_of(draft_.format ? "." + draft_.format->value : name);
        if (!format) return refuse(draft_.format ? *draft_.format : Text{name, file.where});
        put({(context_.base / name).lexically_normal().string(),
             (context_.shown_base / name).string(), *format, stream_bytes_max, draft_.reading},
            file);
    }

    void put(TablePlace place, Text const& file) {
        bool const has_columns =
            place.format == TableFormat::csv || place.format == TableFormat::tsv;
        if (draft_.delimiter_where && !has_columns)
            return context_.findings.error(*draft_.delimiter_where,
                                           "'delimiter' is for csv and tsv");
        if (places_.size() == table_files_max)
            return error(file, fmt::format("more than {} files", table_files_max));
        if (seen_.insert(place.path).second) places_.push_back(std::move(place));
    }

    void refuse(Text const& name) {
        if (has_ending(name.value, {".xlsx", ".xls", ".xlsm", ".ods", ".numbers"}))
            return error(name, fmt::format("'{}' is a spreadsheet: save it as CSV in UTF-8, or "
                                           "convert it with 'xlsx2csv'",
                                           name.value));
        error(name, fmt::format("'{}' is not a table format: use csv, tsv, jsonl, json or txt",
                                name.value));
    }

    TableDraft const& draft_;
    JobContext& context_;
    std::vector<TablePlace> places_;
    std::set<std::string> seen_; ///< A file that two patterns match is read once.
    bool is_folder_ = false;
};

std::shared_ptr<Table const> open_places(std::vector<TablePlace> places, bool has_many,
                                         TableProblem& problem) {
    if (has_many) return Table::open_all(std::move(places), problem);
    return Table::open(std::move(places.front()), problem);
}

} // namespace

std::shared_ptr<Table const> open_table(TableDraft const& draft, JobContext& context) {
    Places finder(draft, context);
    auto places = finder.all();
    if (places.empty()) return nullptr;
    std::vector<std::string> paths;
    for (auto const& place : places) paths.push_back(place.path);
    TableKey const key{std::move(paths), finder.has_many(), places.front().format, draft.reading};
    if (auto const known = context.tables.find(key); known != context.tables.end())
        return known->second;
    std::vector<std::string> shown;
    for (auto const& place : places) shown.push_back(place.shown);
    TableProblem problem;
    auto table = open_places(std::move(places), finder.has_many(), problem);
    context.tables[key] = table;
    if (table) return table;
    auto& findings = context.findings;
    auto const& name = shown[problem.file];
    if (problem.line > 0)
        findings.error({findings.add_table(name), static_cast<std::size_t>(problem.line)},
                       problem.text);
    else
        findings.error(draft.file().where, fmt::format("'{}': {}", name, problem.text));
    return nullptr;
}

} // namespace darkroom::jobs
