#include "jobs/language/wildcards.hpp"

#include "jobs/language/marks.hpp"
#include "jobs/yaml/findings.hpp"
#include "runner/base/glob.hpp"
#include "runner/base/text.hpp"
#include "runner/base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace darkroom::jobs {

namespace {

constexpr std::size_t bytes_max = std::size_t{4} << 20;
constexpr std::size_t options_max = 100'000;
constexpr std::size_t files_in_files_max = 16; // files within files
constexpr std::size_t entries_max = 100'000;   // of the folder
constexpr std::size_t glob_lines_max = 1'000'000;
constexpr std::size_t pick_work_max = 4'000'000; // numbers held for all picks of lines
constexpr std::string_view ending = ".txt";

struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

Error wrong(std::string text) { return Error(error_code(), std::move(text)); }

/// Makes LF of every CR LF and every CR, which are line ends in tables, too.
void end_lines_with_lf(std::string& text) {
    auto to = std::find(text.begin(), text.end(), '\r');
    for (auto from = to; from != text.end(); ++from) {
        bool const is_pair = *from == '\r' && from + 1 != text.end() && from[1] == '\n';
        if (!is_pair) *to++ = *from == '\r' ? '\n' : *from;
    }
    text.erase(to, text.end());
}

Result<std::string> content_of(std::filesystem::path const& path, std::string const& shown) {
    std::unique_ptr<std::FILE, Close> const file(std::fopen(path.c_str(), "rbe"));
    if (!file) return system_error_of(errno, fmt::format("no wildcard file '{}'", shown));
    std::string text(bytes_max + 1, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file.get()));
    if (std::ferror(file.get()) != 0)
        return system_error_of(errno, fmt::format("cannot read '{}'", shown));
    if (text.size() > bytes_max)
        return wrong(fmt::format("'{}' is bigger than {}", shown, format_bytes(bytes_max)));
    if (!is_valid_utf8(text)) return wrong(fmt::format("'{}' is not UTF-8", shown));
    if (text.find('\0') != std::string::npos)
        return wrong(
            fmt::format("'{}' has a zero byte: it is not a text file, or it is UTF-16", shown));
    if (text.starts_with(byte_order_mark)) text.erase(0, byte_order_mark.size());
    end_lines_with_lf(text);
    return text;
}

bool is_option(std::string_view line) { return !line.empty() && !line.starts_with('#'); }

/// Returns the names of all files in `folder` and below it, without what is hidden.
Result<std::vector<std::string>> names_in(std::filesystem::path const& folder) {
    namespace fs = std::filesystem;
    std::vector<std::string> names;
    std::error_code failure;
    std::size_t entries = 0;
    fs::recursive_directory_iterator at(folder, failure);
    for (fs::recursive_directory_iterator const end; !failure && at != end; at.increment(failure)) {
        auto const file = at->path().filename().string();
        if (++entries > entries_max)
            return wrong(fmt::format("'wildcards' has more than {} files", entries_max));
        if (file.starts_with('.') || at.depth() >= static_cast<int>(files_in_files_max)) {
            at.disable_recursion_pending();
            continue;
        }
        auto name = at->path().lexically_relative(folder).generic_string();
        if (!name.ends_with(ending) || !at->is_regular_file(failure)) continue;
        name.resize(name.size() - ending.size());
        names.push_back(std::move(name));
    }
    if (failure && failure != std::errc::no_such_file_or_directory)
        return system_error_of(failure.value(), "cannot read the folder 'wildcards'");
    std::sort(names.begin(), names.end());
    return names;
}

std::uint64_t weight_of_all(Choice const& choice) {
    return choice.options.back().weight_before + choice.options.back().weight;
}

/// Returns the lines of a file, or of all the files of a glob.
std::vector<Option> lines_of(Choice const& choice, bool is_glob) {
    if (!is_glob) return choice.options;
    std::vector<Option> lines;
    for (auto const& file : choice.options) {
        auto const& inside = file.text.parts.front().choice->options;
        lines.insert(lines.end(), inside.begin(), inside.end());
    }
    return lines;
}

std::size_t count_lines(Choice const& choice, bool is_glob) {
    if (!is_glob) return choice.options.size();
    std::size_t lines = 0;
    for (auto const& file : choice.options) lines += file.text.parts.front().choice->options.size();
    return lines;
}

int characters_before(std::string_view text, std::size_t offset) {
    auto const begins = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
    auto const before = text.substr(0, offset);
    return static_cast<int>(std::count_if(before.begin(), before.end(), begins));
}

bool is_glob_name(std::string_view name) { return name.find('*') != std::string_view::npos; }

} // namespace

Result<std::shared_ptr<Choice const>> Wildcards::find(std::string_view name) {
    if (auto const known = known_.find(name); known != known_.end()) return known->second;
    if (open_.contains(name))
        return wrong(fmt::format("the wildcard file '{}.txt' contains itself", name));
    if (open_.size() == files_in_files_max)
        return wrong(fmt::format("wildcard files nested deeper than {}", files_in_files_max));
    auto const [place, is_new] = open_.emplace(name);
    auto found = is_glob_name(name) ? read_glob(*place) : read(*place);
    known_.emplace(*place, found);
    open_.erase(place);
    return found;
}

Result<std::shared_ptr<Choice const>> Wildcards::read(std::string const& name) {
    auto const shown = fmt::format("wildcards/{}.txt", name);
    TRY_ASSIGN(auto const text, content_of(folder_ / (name + ".txt"), shown));
    auto choice = std::make_shared<Choice>();
    std::size_t number = 0;
    for (auto const whole : split(text, '\n')) {
        ++number;
        auto const line = trim(whole);
        if (!is_option(line)) continue;
        auto const indent = static_cast<std::size_t>(line.data() - whole.data());
        std::vector<TextProblem> problems;
        auto option = read_line(line, problems);
        if (!problems.empty()) {
            auto const& first = problems.front();
            return wrong(fmt::format("{}:{}:{}: {}", shown, number,
                                     characters_before(whole, indent + first.offset) + 1,
                                     first.text));
        }
        option.line = number;
        choice->options.push_back(std::move(option));
        if (choice->options.size() > options_max)
            return wrong(fmt::format("'{}' has more than {} lines", shown, options_max));
    }
    if (choice->options.empty()) empty_.insert(name);
    if (choice->options.empty()) return wrong(fmt::format("'{}' has no line to choose", shown));
    choice->close();
    if (findings_ != nullptr) lint(name, text);
    return std::shared_ptr<Choice const>(std::move(choice));
}

std::vector<std::string> Wildcards::files() const {
    std::vector<std::string> paths;
    for (auto const& [name, choice] : known_) {
        if (!is_glob_name(name)) paths.push_back(folder_ / (name + ".txt"));
    }
    return paths;
}

/// Reads a line, without blanks around it.
Option Wildcards::read_line(std::string_view line, std::vector<TextProblem>& problems) {
    Option option;
    auto const mark = weight_at(line);
    if (mark && !mark->weight) problems.push_back({0, not_a_weight(mark->number)});
    if (!problems.empty()) return option;
    if (mark) option.weight = *mark->weight;
    auto const skipped = mark ? mark->length : 0;
    option.text = read_sequence(trim(line.substr(skipped)), problems, this);
    auto const blanks = line.substr(skipped).find_first_not_of(" \t");
    auto const before = skipped + (blanks == std::string_view::npos ? 0 : blanks);
    for (auto& problem : problems) problem.offset += before;
    return option;
}

Result<std::shared_ptr<Choice const>> Wildcards::read_glob(std::string const& pattern) {
    if (!names_) {
        TRY_ASSIGN(names_, names_in(folder_));
    }
    auto choice = std::make_shared<Choice>();
    std::size_t lines = 0;
    bool matches = false;
    for (auto const& name : *names_) {
        if (!glob_match(pattern, name)) continue;
        matches = true;
        auto found = find(name);
        if (found.has_error() && empty_.contains(name)) continue;
        TRY_ASSIGN(auto file, std::move(found));
        lines += file->options.size();
        if (lines > glob_lines_max)
            return wrong(fmt::format("the files of '__{}__' have more than {} lines", pattern,
                                     glob_lines_max));
        Option option;
        option.weight = weight_of_all(*file);
        TextPart part;
        part.kind = TextPart::Kind::choice;
        part.text = name;
        part.choice = std::move(file);
        option.text.add(std::move(part));
        choice->options.push_back(std::move(option));
    }
    if (!matches) return wrong(fmt::format("no wildcard file matches 'wildcards/{}.txt'", pattern));
    if (choice->options.empty())
        return wrong(fmt::format("the files of '__{}__' have no line to choose", pattern));
    choice->close();
    return std::shared_ptr<Choice const>(std::move(choice));
}

Result<std::shared_ptr<Choice const>> Wildcards::pick(std::string_view name, LinePick const& pick) {
    TRY_ASSIGN(auto const from, find(name));
    bool const is_glob = is_glob_name(name);
    auto const all = count_lines(*from, is_glob);
    auto const most = pick.most.value_or(all);
    if (auto text = wrong_pick(pick.least, most, all); !text.empty()) return wrong(std::move(text));
    auto const key = fmt::format("{}-{} {}/{}", pick.least, most, name, pick.separator);
    if (auto const known = picks_.find(key); known != picks_.end()) return known->second;
    pick_work_ += all * (most + 8);
    if (pick_work_ > pick_work_max)
        return wrong(
            fmt::format("'__{}__' has {} lines, and this job file picks several lines of it and of "
                        "other files: that is too much to compute",
                        name, all));
    auto choice = std::make_shared<Choice>();
    choice->options = lines_of(*from, is_glob);
    choice->least = pick.least;
    choice->most = most;
    choice->separator = pick.separator;
    choice->close();
    picks_.emplace(key, choice);
    return std::shared_ptr<Choice const>(std::move(choice));
}

void Wildcards::lint(std::string const& name, std::string_view text) {
    auto const source = findings_->add_table((shown_ / (name + ".txt")).string());
    CappedWarnings warnings(*findings_, "line");
    std::size_t number = 0;
    for (auto const line : split(text, '\n')) {
        ++number;
        auto const option = trim(line);
        if (!is_option(option)) continue;
        warnings.look({source, number}, [&](Where const& where, Findings& findings) {
            lint_line_(option, where, findings);
        });
    }
    warnings.close();
}

} // namespace darkroom::jobs
