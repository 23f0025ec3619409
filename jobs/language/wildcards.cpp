#include "jobs/language/wildcards.hpp"

#include "jobs/yaml/findings.hpp"
#include "runner/base/text.hpp"
#include "runner/base/utf8.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>

namespace darkroom::jobs {

namespace {

constexpr std::size_t bytes_max = std::size_t{4} << 20;
constexpr std::size_t options_max = 100'000;
constexpr std::size_t files_in_files_max = 16; // files within files

struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

Error wrong(std::string text) { return Error(error_code(), std::move(text)); }

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
    if (text.starts_with(byte_order_mark)) text.erase(0, byte_order_mark.size());
    return text;
}

bool is_option(std::string_view line) { return !line.empty() && !line.starts_with('#'); }

} // namespace

Result<std::shared_ptr<Choice const>> Wildcards::find(std::string_view name) {
    if (auto const known = known_.find(name); known != known_.end()) return known->second;
    if (open_.contains(name))
        return wrong(fmt::format("the wildcard file '{}.txt' contains itself", name));
    if (open_.size() == files_in_files_max)
        return wrong(fmt::format("wildcard files nested deeper than {}", files_in_files_max));
    auto const [place, is_new] = open_.emplace(name);
    auto found = read(*place);
    known_.emplace(*place, found);
    open_.erase(place);
    return found;
}

Result<std::shared_ptr<Choice const>> Wildcards::read(std::string const& name) {
    auto const shown = fmt::format("wildcards/{}.txt", name);
    TRY_ASSIGN(auto const text, content_of(folder_ / (name + ".txt"), shown));
    auto choice = std::make_shared<Choice>();
    std::size_t number = 0;
    for (auto line : split(text, '\n')) {
        ++number;
        line = trim(line);
        if (!is_option(line)) continue;
        std::vector<TextProblem> problems;
        Option option;
        option.text = read_sequence(line, problems, this);
        if (!problems.empty())
            return wrong(fmt::format("{}:{}: {}", shown, number, problems.front().text));
        choice->options.push_back(std::move(option));
        if (choice->options.size() > options_max)
            return wrong(fmt::format("'{}' has more than {} lines", shown, options_max));
    }
    if (choice->options.empty()) return wrong(fmt::format("'{}' has no line to choose", shown));
    choice->close();
    if (findings_ != nullptr) lint(name, text);
    return std::shared_ptr<Choice const>(std::move(choice));
}

void Wildcards::lint(std::string const& name, std::string_view text) {
    auto const source = findings_->add_table((shown_ / (name + ".txt")).string());
    CappedWarnings warnings(*findings_, "lines");
    std::size_t number = 0;
    for (auto const line : split(text, '\n')) {
        ++number;
        auto const option = trim(line);
        if (!is_option(option)) continue;
        warnings.look({source, number}, [&](Where const& where, Findings& findings) {
            lint_line_(option, where, findings);
        });
        if (warnings.is_full()) return;
    }
}

} // namespace darkroom::jobs
