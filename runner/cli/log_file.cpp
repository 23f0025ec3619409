#include "runner/cli/log_file.hpp"

#include "runner/cli/exit_code.hpp"
#include "runner/report/make_progress.hpp"

#include <fmt/format.h>

#include <fcntl.h>

namespace darkroom::cli {

LogFile::LogFile(std::string const& path, Clock& clock) : path_(path) {
    if (path.empty()) return;
    auto file = store::File::open(path, O_WRONLY | O_CREAT | O_APPEND);
    if (file.has_error()) throw Quit(ExitCode::disk, "--log: " + file.error().message());
    file_ = std::move(*file);
    out_ = std::make_unique<report::Output>(file_.descriptor());
    lines_ = report::make_progress(*out_, clock, {report::Form::plain, false, false}, {});
}

Error LogFile::failure() const {
    if (!out_ || out_->failure() == 0) return {};
    return system_error_of(out_->failure(), fmt::format("cannot write '{}'", path_));
}

} // namespace darkroom::cli
