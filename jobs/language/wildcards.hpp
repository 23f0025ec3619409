// `__name__` in a prompt: a line of the file wildcards/name.txt beside the job file.
#pragma once

#include "runner/base/error.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace darkroom::jobs {

class Findings;
struct Choice;

/// Letters, digits, '-' and single '_', in parts between '/'.
bool is_wildcard_name(std::string_view text);

/// The wildcard files of one job file, each read once. A line is an option, in the prompt language;
/// blank lines and those that begin with '#' are left out.
class Wildcards {
public:
    /// `folder` holds the files; it need not exist.
    explicit Wildcards(std::filesystem::path folder) : folder_(std::move(folder)) {}
    /// With oddities of the lines told to `findings`, which must outlive this, below the name
    /// `shown` for the folder.
    Wildcards(std::filesystem::path folder, std::filesystem::path shown, Findings& findings)
        : folder_(std::move(folder)), shown_(std::move(shown)), findings_(&findings) {}

    /// Errors: no such file, no line in it, a line that is wrong, a file that contains itself; the
    /// detail names the file and the line.
    Result<std::shared_ptr<Choice const>> find(std::string_view name);

private:
    Result<std::shared_ptr<Choice const>> read(std::string const& name);
    void lint(std::string const& name, std::string_view text);

    std::filesystem::path folder_;
    std::filesystem::path shown_;
    Findings* findings_ = nullptr;
    std::map<std::string, Result<std::shared_ptr<Choice const>>, std::less<>> known_;
    std::set<std::string, std::less<>> open_; ///< Those that are being read.
};

} // namespace darkroom::jobs
