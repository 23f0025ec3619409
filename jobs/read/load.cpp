#include "jobs/read/load.hpp"

#include "jobs/model/job_spec.hpp"
#include "jobs/read/accounts.hpp"
#include "jobs/read/hooks.hpp"
#include "jobs/read/include.hpp"
#include "jobs/read/job_text.hpp"
#include "jobs/read/jobs.hpp"
#include "jobs/read/layout_check.hpp"
#include "jobs/read/ledger.hpp"
#include "jobs/read/mask_file.hpp"
#include "jobs/read/schedule.hpp"
#include "jobs/read/settings.hpp"
#include "jobs/read/text_lint.hpp"
#include "jobs/yaml/node.hpp"
#include "runner/base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <filesystem>
#include <memory>

namespace darkroom::jobs {

namespace fs = std::filesystem;

namespace {

constexpr std::array<std::string_view, 13> top_keys{
    "version", "name",     "schedule", "service", "limits", "retry", "budget",
    "prices",  "defaults", "jobs",     "output",  "hooks",  "ledger"};
constexpr std::array<std::string_view, 1> include_key{"include"}; // removed once it is followed

constexpr std::string_view budget = "budget.";
/// An override of `null` removes them. An empty value in a file stays an error: whoever writes
/// `per_day:` has a limit in mind.
constexpr std::array<std::string_view, 5> optional_keys{
    "budget.generations", "budget.cost", "budget.per_day", "budget.per_month", "budget.timezone"};

NodePtr without_budget(NodePtr const& root, std::string_view key) {
    auto const* section = root->find("budget");
    if (section == nullptr || section->value->find(key) == nullptr) return root;
    auto copy = std::make_shared<Node>(*root);
    auto inner = std::make_shared<Node>(*section->value);
    std::erase_if(inner->members, [key](auto const& member) { return member.key == key; });
    copy->members[static_cast<std::size_t>(section - root->members.data())].value = inner;
    return copy;
}

/// Applies the overrides. Each is a source of its own, named by its flag. The value is not part of
/// the name: it might be a token.
NodePtr apply_overrides(NodePtr root, std::vector<Override> const& overrides, Findings& findings) {
    for (auto const& given : overrides) {
        auto const name = given.flag.empty() ? "--set " + given.path : given.flag;
        auto const source = findings.add_source(name, given.value, false);
        auto const value = read_yaml(given.value, source, findings);
        bool const is_removed = value && value->is_null() && !given.value.empty() &&
                                std::find(optional_keys.begin(), optional_keys.end(), given.path) !=
                                    optional_keys.end();
        if (is_removed)
            root = without_budget(root, std::string_view(given.path).substr(budget.size()));
        else if (value)
            root = replace_at(root, given.path, value, findings);
    }
    return root;
}

/// Returns the directory of relative paths, as messages show it.
fs::path shown_base_of(std::string const& path) {
    return path == "-" ? fs::path() : fs::path(path).parent_path();
}

std::string absolute(fs::path const& base, std::string const& path) {
    return path.empty() ? path : (base / path).lexically_normal().string();
}

void check_version(Section const& top, Where const& start, Findings& findings) {
    auto const* version = top.find("version");
    if (!version) {
        findings.error(start, "'version: 1' is missing");
        return;
    }
    auto const& node = *version->value;
    if (node.is_text() && !node.quoted && node.text == "1") return;
    needs(*version, "1, the version of this language", findings);
}

std::optional<DatedName> dated_name_of(Member const& member, std::string const& text,
                                       Findings& findings) {
    auto dated = DatedName::read(text);
    if (dated.has_value()) return *dated;
    findings.error(member.value->where, fmt::format("'name' {}", dated.error().detail));
    return std::nullopt;
}

/// `dated`: set for a name that has a date in it.
std::string name_of(Section const& top, std::string const& path, std::optional<DatedName>& dated,
                    Findings& findings) {
    auto const* member = top.find("name");
    if (!member) return path == "-" ? "stdin" : make_slug(fs::path(path).stem().string());
    auto name = text_of(*member, findings).value_or("run");
    bool const is_dated = DatedName::has_dates(name);
    if (is_dated) dated = dated_name_of(*member, name, findings);
    bool const is_wrong = is_dated ? dated && !is_slug(dated->at({})) : !is_slug(name);
    if (is_wrong)
        needs(*member, "letters, digits, '.', '_' and '-', beginning with a letter or digit",
              findings);
    return name;
}

void make_path_absolute(TokenSource& token, fs::path const& base) {
    if (token.kind == TokenSource::Kind::file)
        token.words.front() = absolute(base, token.words.front());
}

void make_paths_absolute(JobFile& file, fs::path const& base) {
    file.output.directory = absolute(base, file.output.directory);
    file.service.ca_file = absolute(base, file.service.ca_file);
    make_path_absolute(file.service.token, base);
    for (auto& account : file.service.accounts) make_path_absolute(account.token, base);
    for (auto* hook : {&file.hooks.on_finish, &file.hooks.on_failure})
        if (*hook) make_path_absolute((*hook)->secret, base);
}

std::vector<Branch> without_inner_images(std::vector<Branch> branches,
                                         ServiceModel const& service) {
    for (auto& branch : branches) {
        branch.download = branch.download && is_leaf(branch.then, service);
        branch.then = without_inner_images(std::move(branch.then), service);
    }
    return branches;
}

/// Applies `output.images: leaves`: an image that others follow is not kept, unless a person has to
/// see it.
void keep_leaves_only(JobFile& file) {
    for (auto& job : file.jobs) {
        JobSpec changed = *job;
        changed.download = changed.download && is_leaf(*changed.then, *job->service);
        changed.then = std::make_shared<std::vector<Branch> const>(
            without_inner_images(*changed.then, *job->service));
        job = std::make_shared<JobSpec const>(std::move(changed));
    }
}

/// Reads the keys of the whole file.
JobFile read_file(Member const& root, std::string const& path, Findings& findings) {
    std::vector<std::string_view> keys(top_keys.begin(), top_keys.end());
    keys.insert(keys.end(), include_key.begin(), include_key.end());
    Section const top(root, findings, keys);
    JobFile file;
    file.path = path;
    check_version(top, root.where, findings);
    file.name = name_of(top, path, file.dated_name, findings);
    auto const take = [&](std::string_view key, auto reader, auto& into) {
        if (auto const* member = top.find(key)) into = reader(*member, findings);
    };
    take("schedule", read_schedule, file.schedule);
    if (file.dated_name && file.schedule)
        check_name_of_starts(*top.find("name"), *file.dated_name, file.schedule->cron, findings);
    take("service", read_service, file.service);
    take("limits", read_limits, file.limits);
    share_limits(file.service.accounts, file.limits, top.find("limits"));
    take("retry", read_retry, file.retry);
    take("budget", read_budget, file.budget);
    if (auto const* ledger = top.find("ledger")) read_ledger(*ledger, file, findings);
    file.prices.service = file.service.model;
    if (auto const* prices = top.find("prices"))
        file.prices = read_prices(*prices, *file.service.model, findings);
    take("output", read_output, file.output);
    take("hooks", read_hooks, file.hooks);
    auto const* jobs = top.find("jobs");
    if (jobs) {
        fs::path const base = folder_of(path);
        auto const shown = shown_base_of(path);
        auto const& service = *file.service.model;
        auto const lint_line = [&service](std::string_view line, Where const& where,
                                          Findings& found) {
            lint_part(line, {TextOrigin::prompt}, where, service.params, found);
        };
        JobContext context{findings,
                           service,
                           Wildcards(base / "wildcards", shown / "wildcards", findings, lint_line),
                           base,
                           shown,
                           path == "-"};
        file.jobs = read_jobs(*jobs, top.find("defaults"), context);
        file.files = context.wildcards.files();
    }
    if (!jobs) findings.error(root.where, "'jobs' is missing: a list of what to make");
    auto const* output = top.find("output");
    if (output && findings.errors() == 0) check_layout_variables(*output, file, findings);
    make_paths_absolute(file, folder_of(path));
    if (file.output.leaves_only) keep_leaves_only(file);
    return file;
}

/// Returns what to do with a table that was given instead of a job file; nothing for a job file.
std::optional<Finding> table_taken_for_job(std::string const& path, Node const* tree) {
    auto const format = format_of(path);
    // Not every list of YAML is one: only a file that says so in its name.
    bool const is_table = format && (*format != TableFormat::json || (tree && tree->is_list()));
    bool const is_job = tree && (tree->find("version") || tree->find("jobs"));
    if (!is_table || is_job) return std::nullopt;
    auto const name = fs::path(path).filename().string();
    Finding finding;
    finding.file = path;
    finding.text =
        fmt::format("this is a table of prompts, not a job file. Write one, as in '{{version: 1, "
                    "jobs: [{{prompts: {}}}]}}', or have it written: 'darkroom init job.yaml "
                    "--from {}'",
                    name, path);
    return finding;
}

Finding archive_taken_for_job(std::string const& path) {
    Finding finding;
    finding.file = path;
    finding.text =
        "this is a spreadsheet (.xlsx, .ods) or another archive, not a job file: save the "
        "table as CSV, and have a job file written by 'darkroom init job.yaml --from "
        "TABLE.csv'";
    return finding;
}

} // namespace

Loaded load_job_text(std::string const& text, std::string const& path, LoadOptions const& options) {
    auto body = std::string_view(text);
    body = without_byte_order_mark(body);
    std::deque<std::string> included; // the findings look into these texts
    std::vector<std::string> files;
    Findings findings;
    if (options.all) findings.list_all();
    if (body.starts_with("PK\3\4")) return {std::nullopt, {archive_taken_for_job(path)}};
    auto const source = findings.add_source(path == "-" ? "<stdin>" : path, body, true);
    Loaded loaded;
    auto tree = read_yaml(body, source, findings);
    if (auto found = table_taken_for_job(path, tree.get())) return {std::nullopt, {*found}};
    if (tree) {
        Where const start{source, 0};
        if (tree->is_map())
            tree = with_included(tree, {findings, included, files, path, options.user_config});
        tree = apply_overrides(tree, options.overrides, findings);
        if (!tree->is_map()) {
            findings.error(start, tree->is_null() ? "the file is empty: it needs 'version: 1' and "
                                                    "'jobs'"
                                                  : "a job file is a mapping: it begins with "
                                                    "'version: 1'");
        } else {
            tree = with_masks_read(tree, folder_of(path), findings);
            auto file = read_file({"", start, tree}, path, findings);
            file.files.insert(file.files.end(), files.begin(), files.end());
            if (options.strict) findings.refuse_warnings();
            if (findings.errors() == 0) loaded.file = std::move(file);
        }
    }
    loaded.findings = findings.sorted();
    return loaded;
}

Result<Loaded> load_job_file(std::string const& path, LoadOptions const& options) {
    TRY_ASSIGN(auto const text, read_job_text(path));
    return load_job_text(text, path, options);
}

} // namespace darkroom::jobs
