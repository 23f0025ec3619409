// Reads `__name__` in a prompt: a line of the file wildcards/name.txt next to the job file.
#pragma once

#include "jobs/language/prompt_reader.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::jobs {

class Findings;
struct Where;

/// Reads the wildcard files of one job file, each once. A line is an option in the prompt language,
/// perhaps with a weight; blank lines and lines that begin with '#' are skipped. A name with a `*`
/// stands for the lines of all files that match, in the order of their names.
class Wildcards : public ChoiceSource {
public:
    /// `folder` holds the files; it need not exist.
    explicit Wildcards(std::filesystem::path folder) : folder_(std::move(folder)) {}
    /// Adds warnings about a line to the findings.
    using LineLint = std::function<void(std::string_view line, Where const&, Findings&)>;
    /// Calls `lint_line` for each line of a file. Its warnings are added to `findings`, which must
    /// outlive this; they show the folder as `shown`.
    Wildcards(std::filesystem::path folder, std::filesystem::path shown, Findings& findings,
              LineLint lint_line)
        : folder_(std::move(folder)), shown_(std::move(shown)), findings_(&findings),
          lint_line_(std::move(lint_line)) {}

    /// Errors: the file is missing, has no line, has a line with an error, or contains itself. The
    /// detail names the file and the line.
    Result<std::shared_ptr<Choice const>> find(std::string_view name) override;
    Result<std::shared_ptr<Choice const>> pick(std::string_view name,
                                               LinePick const& pick) override;

    /// Returns the paths of the files that were read so far.
    std::vector<std::string> files() const;

private:
    Result<std::shared_ptr<Choice const>> read(std::string const& name);
    Result<std::shared_ptr<Choice const>> read_glob(std::string const& pattern);
    Option read_line(std::string_view line, std::vector<TextProblem>& problems);
    void lint(std::string const& name, std::string_view text);

    std::filesystem::path folder_;
    std::filesystem::path shown_;
    Findings* findings_ = nullptr;
    LineLint lint_line_;
    std::map<std::string, Result<std::shared_ptr<Choice const>>, std::less<>> known_;
    std::set<std::string, std::less<>> open_;       ///< Those that are being read.
    std::set<std::string, std::less<>> empty_;      ///< Those without a line.
    std::optional<std::vector<std::string>> names_; ///< The names of all files, sorted.
    std::map<std::string, std::shared_ptr<Choice const>> picks_; ///< Each by its name and size.
    std::size_t pick_work_ = 0;                                  ///< Numbers held for all picks.
};

} // namespace darkroom::jobs
